/** The definition of `modemlab lab`. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { CliContext } from '../support/cli-context.ts';
import { describeCommand } from '../support/help.ts';
import { dataOption, multicastAddress, positiveNumber, wholeNumber } from '../support/options.ts';
import type { LabOptions } from './run.ts';

/**
 * A group of the local scope (RFC 2365 section 6.1) that no modem is in. Linux gives a socket every datagram
 * sent to its group, whichever interface it arrived at: in MDAP's own group the ant would answer a bench host
 * on another interface.
 */
const ANT_GROUP = '239.255.75.47';

const options = (): readonly Option[] => [
  new Option(
    '--port <number>',
    'the port of the ACS; 0 picks a free one (default: 7547, or 0 with --once)',
  ).argParser(wholeNumber(0, 65535)),
  dataOption(),
  new Option('--no-ant', 'without the modem that is found by MDAP'),
  new Option('--mdap-group <address>', 'the multicast group for MDAP, on the loopback interface only')
    .argParser(multicastAddress)
    .default(ANT_GROUP),
  new Option(
    '--mdap-port <number>',
    `the UDP port for MDAP; 0 picks a free one (default: ${MDAP_PORT}, or 0 with --once)`,
  ).argParser(wholeNumber(0, 65535)),
  new Option('--once', 'exit when all modems are discovered, and show what was stored').default(false),
  new Option('--timeout <seconds>', 'with --once: how long to wait')
    .argParser(positiveNumber(0, 86_400))
    .default(300),
  new Option('--json', 'print events as JSON, one per line; with --once one document').default(false),
];

export function defineLab(command: Command, cli: CliContext): void {
  describeCommand(command, {
    more:
      'Three modems boot, contact the ACS and are discovered; then they send an Inform every few ' +
      'seconds, so that other commands can act on them from another terminal. The fourth comes from the ' +
      'factory with CWMP off: it is found by MDAP, given the address of the ACS, and becomes a modem ' +
      'like the others. The lab runs until interrupted.',
    options: options(),
    examples: [
      ['lab', 'the lab on port 7547, with everything it learns in ./modemlab-data'],
      ['lab --once --json', 'discover the modems, print all of their parameters, and exit'],
    ],
  }).action(async (given: LabOptions) => {
    const { runLab } = await import('./run.ts');
    cli.exitCode = await runLab(cli, given);
  });
}
