/** The definitions of `modemlab mdap flash` and `mdap serve`, which give images to modems in boot mode. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { BOOTP_SERVER_PORT } from '../../protocol/bootp/message.ts';
import { MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { CliContext } from '../support/cli-context.ts';
import { subcommand } from '../support/help.ts';
import { collect, eventsOption, jsonOption, recordDatagramsOption, wholeNumber } from '../support/options.ts';
import type { FlashOptions } from './flash.ts';
import type { ServeOptions } from './serve.ts';

const TFTP_PORT = 69;

const port = wholeNumber(0, 65_535);

const bootPortOptions = (): readonly Option[] => [
  new Option('--bootp-port <number>', 'the BOOTP port; 0 picks a free one')
    .argParser(port)
    .default(BOOTP_SERVER_PORT),
  new Option('--tftp-port <number>', 'the TFTP port; 0 picks a free one').argParser(port).default(TFTP_PORT),
];

const ifaceOption = (): Option =>
  new Option(
    '--iface <interface>',
    'name or address of the interface that the modems are on',
  ).makeOptionMandatory();

const flashOptions = (): readonly Option[] => [
  new Option('--plan <file>', 'the plan; see docs/flash-plan.md for its format').makeOptionMandatory(),
  ifaceOption(),
  new Option('--expect <number>', 'how many modems there are; the search stops when all are found').argParser(
    wholeNumber(1, 4096),
  ),
  new Option('--dry-run', 'show what would be done to each modem, and change nothing').default(false),
  new Option('--resume', 'continue the previous run; modems that are done are left alone').default(false),
  new Option('--journal <file>', 'what happened to each modem (default: the name of the plan with .journal)'),
  new Option('--report <file>', 'write the report to this file, as JSON'),
  new Option('--group <address>', 'the multicast group for MDAP').default(MDAP_GROUP),
  new Option('--port <number>', 'the UDP port for MDAP').argParser(port).default(MDAP_PORT),
  ...bootPortOptions(),
  new Option('--any-mac', 'serve modems of all makers').default(false),
  new Option('--force', 'proceed even on an interface that leads to other networks').default(false),
  recordDatagramsOption(),
  jsonOption(),
];

export function defineFlash(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'flash',
    summary: 'flash, renumber and configure all modems on the line at once',
    more:
      'Finds the modems by MDAP, sends those that need it into boot mode, gives each the image from the ' +
      'plan by BOOTP and TFTP, waits until it is back, runs the commands of the plan on it, and checks ' +
      'that it is as planned. A modem that fails is left alone, with the reason, and does not hold up ' +
      'the others. Modems already in boot mode are served too.\n\n' +
      'The whole plan is checked first. The first SIGINT stops the run gently: transfers in progress are ' +
      'completed; --resume continues later.',
    options: flashOptions(),
    examples: [
      [
        'mdap flash --plan plan.yaml --iface 127.0.0.1 --expect 2 --dry-run',
        'show what would be done to each modem',
      ],
      [
        'mdap flash --plan plan.yaml --iface 127.0.0.1 --expect 2 --bootp-port 0 --tftp-port 0 --report ' +
          'report.json',
        'do it, on free ports of this machine, for simulated modems',
      ],
    ],
  }).action(async (given: FlashOptions) => {
    const { flash } = await import('./flash.ts');
    await flash(cli, given);
  });
}

const serveOptions = (): readonly Option[] => [
  ifaceOption(),
  new Option(
    '--image <board=file>',
    'the image for a board; also mac:..=, serial:..=, prefix:..=, default=; repeatable',
  ).argParser(collect),
  new Option('--root <dir>', 'a folder whose files may be fetched in addition to the images'),
  ...bootPortOptions(),
  new Option('--pool <first-last>', "addresses for modems (default: 64 from the interface's own network)"),
  new Option('--router <address>', 'the router address that modems are given'),
  new Option('--dhcp', 'answer DHCP too').default(false),
  new Option('--reply-mode <mode>', 'how to reach a modem that has no address yet')
    .choices(['broadcast', 'subnet-broadcast', 'unicast-arp'])
    .default('broadcast'),
  new Option('--any-mac', 'answer modems of all makers').default(false),
  new Option(
    '--allow <network>',
    'a network that may fetch files without a lease, such as 192.168.1.0/24; repeatable',
  ).argParser(collect),
  new Option('--upload <dir>', 'accept uploads into this folder; without it uploads are refused'),
  new Option('--netascii', 'convert text files for clients that ask for it').default(false),
  new Option(
    '--force',
    'accept images made for other boards, and an interface with the default route',
  ).default(false),
  recordDatagramsOption(),
  eventsOption(),
];

export function defineServe(mdap: Command, cli: CliContext): void {
  subcommand(mdap, {
    usage: 'serve',
    summary: 'give addresses and images to modems in boot mode (BOOTP and TFTP)',
    more:
      'Modems in boot mode name their board: they get an address and the image for that board. Binding ' +
      'ports 67 and 69 needs privileges. Runs until SIGINT or SIGTERM.',
    options: serveOptions(),
    examples: [
      [
        'mdap serve --iface 127.0.0.1 --bootp-port 0 --tftp-port 0 --image BANT-R=bant-r.bli',
        'on free ports of this machine, for simulated modems',
      ],
      [
        'mdap serve --iface lo --bootp-port 0 --tftp-port 0 --root . --json',
        'serve every file in this folder, and print events as JSON',
      ],
    ],
  }).action(async (given: ServeOptions) => {
    const { serve } = await import('./serve.ts');
    await serve(cli, given);
  });
}
