/** The definition of `modemlab capture replay`. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import { ALWAYS_IGNORED } from '../../replay/ignored.ts';
import type { CliContext } from '../support/cli-context.ts';
import { subcommand } from '../support/help.ts';
import {
  collect,
  httpUrl,
  jsonOption,
  listenAt,
  multicastAddress,
  positiveNumber,
  recordOption,
  speed,
  tlsServerOptions,
  wholeNumber,
} from '../support/options.ts';
import type { ReplayOptions } from './replay-roles.ts';

const options = (): readonly Option[] => [
  new Option('--acs <url>', 'play the modems of the capture against this ACS').argParser(httpUrl),
  new Option(
    '--listen <host:port>',
    'play the ACS of the capture to modems that connect here; port 0 picks a free one',
  )
    .argParser(listenAt)
    .conflicts('acs'),
  new Option('--as <side>', 'play MDAP: the host to ants on a line, or the ants to a host')
    .choices(['host', 'ant'] as const)
    .conflicts(['acs', 'listen']),
  new Option('--iface <address>', 'with --as: address of the interface').default('127.0.0.1'),
  new Option('--group <address>', 'with --as: the multicast group')
    .argParser(multicastAddress)
    .default(MDAP_GROUP),
  new Option('--port <number>', 'with --as: the UDP port')
    .argParser(wholeNumber(1, 65535))
    .default(MDAP_PORT),
  new Option('--session <number>', 'only this CWMP session').argParser(wholeNumber(1, 1e9)),
  new Option('--device <key>', 'only sessions of this device: its key or serial number'),
  new Option('--ignore <path>', 'another field that may differ, with * for any text; repeatable')
    .argParser(collect)
    .default([]),
  new Option('--speed <number>', 'recorded seconds per second, or max').argParser(speed).default(1),
  new Option('--timeout <seconds>', 'how long to wait for each message from the peer')
    .argParser(positiveNumber(0, 86_400))
    .default(30),
  new Option(
    '--profile <name>',
    'what answers if the capture cannot, instead of a clone: NAME, NAME@FIRMWARE, or a file',
  ),
  new Option('--username <name>', 'the user name of the modem or the host'),
  new Option('--password <text>', 'the password of the modem or the host'),
  new Option('--ca <file>', 'the CA certificates for the certificate of the ACS (PEM)'),
  new Option('--cert <file>', 'the certificate of the modem (PEM)'),
  new Option('--key <file>', 'the private key of the modem (PEM)'),
  new Option('--insecure', 'accept any certificate of the ACS').default(false),
  ...tlsServerOptions(),
  recordOption(),
  jsonOption(),
];

export function defineReplay(capture: Command, cli: CliContext): void {
  subcommand(capture, {
    usage: 'replay <file>',
    summary: 'replay one side of a packet capture, and show where the other side now differs',
    more: [
      'With --listen, replays the ACS: modems that connect are asked what the recorded ones were asked, ' +
        'and their answers are compared. Each Inform of a device gets its next recorded session; a device ' +
        'that is not in the capture stands in for one that is.',
      'With --acs, replays the modems: what they sent is sent again, byte for byte except for target, ' +
        'Host, cookies, credentials and the cwmp:ID of answers. What this ACS actually asks is answered ' +
        'from the capture, from recorded values, or by a clone of the modem (made as by "capture clone" ' +
        'from these sessions) or the modem of --profile; otherwise the answer is fault 9002, which is ' +
        'reported.',
      'With --as host or --as ant, replays MDAP: an ant with another ANT-ID stands in for a recorded ' +
        'one. --username and --password replace the recorded credentials of a host.',
      'FILE is a pcap or pcapng file, plain or gzipped; - is standard input. The exit code is 1 if ' +
        `anything differs. Never compared: ${ALWAYS_IGNORED.join(', ')}.`,
    ].join('\n\n'),
    options: options(),
    examples: [
      [
        'capture replay session.pcapng --acs http://localhost:7547/',
        'the modems again, at their recorded pace',
      ],
      [
        'capture replay session.pcapng --acs http://localhost:7547/ --speed max --ignore "*.HTTP.*" --json',
        'as fast as possible, ignoring all HTTP header fields; for programs',
      ],
      [
        'capture replay session.pcapng --listen 127.0.0.1:7548',
        'for a modem whose ACS URL is http://127.0.0.1:7548/',
      ],
      [
        'capture replay bench.pcapng --as host --iface 127.0.0.1',
        'the searches and commands again, to the ants here',
      ],
    ],
  }).action(async (file: string, given: ReplayOptions) => {
    const { replay } = await import('./replay.ts');
    await replay(cli, file, given);
  });
}
