/** `modemlab simulate`: simulated modems. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, subcommand } from '../support/help.ts';
import {
  httpUrl,
  jsonOption,
  positiveNumber,
  recordDatagramsOption,
  recordOption,
  speed,
  wholeNumber,
} from '../support/options.ts';
import type { SimulateAntOptions } from './ant.ts';
import type { SimulateOptions } from './run-options.ts';

export function defineSimulate(simulate: Command, cli: CliContext): void {
  describeGroup(simulate);
  defineCpe(simulate, cli);
  defineAnt(simulate, cli);
}

const CPE_LISTS: readonly NonNullable<SimulateOptions['list']>[] = [
  'profiles',
  'quirks',
  'scenarios',
  'faults',
];

/** Options for what a scenario decides by itself. */
const NOT_WITH_SCENARIO = [
  'sessions',
  'interval',
  'rampUp',
  'maxOpen',
  'retries',
  'boot',
  'param',
  'quirk',
  'fault',
  'listen',
];

const fleetOptions = (): readonly Option[] => [
  new Option('--acs <url>', 'the URL that the modems POST to').argParser(httpUrl),
  new Option('--list <what>', 'list what is available, and do nothing else').choices(CPE_LISTS),
  new Option(
    '--profile <names...>',
    'what the modems are, in turn: NAME, NAME@FIRMWARE, or a file (default: st780wl)',
  ),
  new Option('--count <number>', 'how many modems (default: 1)').argParser(wholeNumber(1, 1_000_000)),
  new Option('--first <number>', 'index of the first modem, if several processes share one fleet')
    .argParser(wholeNumber(0, 100_000_000))
    .default(0),
  new Option('--sessions <number>', 'successful sessions for each modem; 0 means until interrupted')
    .argParser(wholeNumber(0, 1_000_000))
    .default(1),
  new Option('--interval <seconds>', 'turn periodic Informs on, with this PeriodicInformInterval').argParser(
    wholeNumber(1, 4294967295),
  ),
  new Option('--rate <number>', 'modems switched on per second (default: all at once)').argParser(
    positiveNumber(0, 100_000),
  ),
  new Option('--ramp-up <seconds>', 'instead of --rate: switch all modems on over this time')
    .argParser(positiveNumber(0, 1_000_000))
    .conflicts('rate'),
  new Option('--max-open <number>', 'the most sessions that may be open at once').argParser(
    wholeNumber(1, 1_000_000),
  ),
  new Option('--retries <number>', 'failed sessions in a row before a modem gives up')
    .argParser(wholeNumber(0, 1_000_000))
    .default(3),
  new Option('--seed <text>', 'the same seed gives the same modems').default('0'),
  new Option('--speed <number>', 'simulated seconds per second, or max (default: 1)').argParser(speed),
  new Option('--boot <seconds>', 'simulated time from power-on to the first Inform').argParser(
    wholeNumber(0, 86_400),
  ),
];

const modemOptions = (): readonly Option[] => [
  new Option('--param <name=value...>', 'factory settings to change; names are relative to the root object'),
  new Option('--quirk <ids...>', 'misbehaviour of the modems, such as Q-NS-03,Q-HT-06'),
  new Option('--fault <faults...>', 'misbehaviour of their line, such as latency:200,reset:4000'),
  new Option(
    '--scenario <name>',
    'what happens to the modems, and how it should end: NAME or a file',
  ).conflicts(NOT_WITH_SCENARIO),
  new Option('--with <name=value...>', 'values for what the scenario leaves open'),
  new Option('--username <name>', 'the user name for HTTP authentication'),
  new Option('--password <text>', 'the password for HTTP authentication'),
  new Option(
    '--listen <address>',
    'where the modems accept connection requests: HOST, HOST:PORT, or none',
  ).default('127.0.0.1'),
  new Option('--ca <file>', "the CA certificates for the server's certificate (PEM)"),
  new Option('--cert <file>', 'the certificate of the modems (PEM)'),
  new Option('--key <file>', 'the private key of the modems (PEM)'),
  new Option('--insecure', 'accept any server certificate').default(false),
  recordOption(),
  jsonOption(),
];

function defineCpe(simulate: Command, cli: CliContext): void {
  subcommand(simulate, {
    usage: 'cpe',
    summary: 'run modems that contact a server and do what it asks',
    more: [
      'They boot, send Informs, retry as TR-069 requires, inform periodically if their interval says so, ' +
        'and accept',
      'connection requests. Several processes share one fleet by --first and --count. Shows progress, ' +
        'and exits with 0 if',
      'every modem succeeded. A profile file is a modemlab profile, a device exported from its ACS, a ' +
        'tree as CSV, or a data',
      'model as XML.',
    ].join(' '),
    options: [...fleetOptions(), ...modemOptions()],
    examples: [
      ['simulate cpe --list profiles', 'the modems available; likewise: quirks, faults, scenarios'],
      ['simulate cpe --acs http://localhost:7547/ --count 10', 'ten modems, one session each'],
      [
        'simulate cpe --acs http://localhost:7547/ --profile st706 st585v6@6.1.0.5 --count 100 --rate 20 ' +
          '--sessions 3 --interval 60 --speed 60',
        'a hundred modems of two models, 20 per second, three sessions each, at a minute per second',
      ],
      [
        'simulate cpe --acs http://localhost:7547/ --quirk Q-NS-03,Q-HT-06 --fault latency:50,slice:100',
        'a modem with two quirks on a bad line',
      ],
      [
        'simulate cpe --acs http://localhost:7547/ --scenario boot-storm --count 50',
        'fifty modems after a power cut',
      ],
    ],
  }).action(async (given: SimulateOptions) => {
    const { simulateCpe } = await import('./cpe.ts');
    await simulateCpe(cli, given);
  });
}

const ANT_LISTS: readonly NonNullable<SimulateAntOptions['list']>[] = ['faults', 'profiles'];

const port = (name: string, what: string, fallback: number): Option =>
  new Option(`--${name} <port>`, what).argParser(wholeNumber(0, 65_535)).default(fallback);

const percent = (name: string, what: string): Option =>
  new Option(`--${name} <percent>`, what).argParser(wholeNumber(0, 90)).default(0);

const antOptions = (): readonly Option[] => [
  new Option('--list <what>', 'list what is available, and do nothing else').choices(ANT_LISTS),
  new Option('--profile <names...>', 'what the ants are, in turn: NAME, NAME@FIRMWARE, or a file').default([
    'st585v6',
  ]),
  new Option('--count <number>', 'how many ants; all of them have the same address')
    .argParser(wholeNumber(1, 1000))
    .default(1),
  new Option('--first <number>', 'index of the first ant in its fleet')
    .argParser(wholeNumber(0, 100_000_000))
    .default(0),
  new Option('--iface <address>', 'address of the interface that they are connected to').default('127.0.0.1'),
  new Option('--configure <name>', "name of an interface that is given the ant's addresses, using ip(8)"),
  new Option('--group <address>', 'the multicast group for MDAP').default('224.0.0.103'),
  port('port', 'the UDP port for MDAP', 3235),
  new Option('--bootp-server <address>', 'where BOOTP requests are sent').default('255.255.255.255'),
  port('bootp-port', 'the port of BOOTP servers', 67),
  port('client-port', 'the port of BOOTP clients; 0 picks any', 68),
  port('tftp-port', 'the port of TFTP servers', 69),
  new Option('--fault <names...>', 'what goes wrong with them'),
  percent('loss', 'share of datagrams lost in each direction'),
  percent('duplicates', 'share of datagrams that arrive twice, in each direction'),
  new Option(
    '--jitter <ms>',
    'longest delay of a datagram in simulated milliseconds; later ones may overtake it',
  )
    .argParser(wholeNumber(0, 60_000))
    .default(0),
  new Option('--acs <url>', 'the ACS set at the factory; without one CWMP is off').argParser(httpUrl),
  new Option(
    '--telnet <port>',
    'offer the command line of the first ant by telnet; 0 picks a free port',
  ).argParser(wholeNumber(0, 65_535)),
  recordDatagramsOption(),
  new Option('--seed <text>', 'the same seed gives the same ants').default('0'),
  new Option('--speed <number>', 'simulated seconds per second')
    .argParser(positiveNumber(0, 1000))
    .default(1),
  jsonOption(),
];

function defineAnt(simulate: Command, cli: CliContext): void {
  subcommand(simulate, {
    usage: 'ant',
    summary: 'run modems as seen from their LAN side: MDAP, command line, boot mode',
    more:
      'They answer MDAP searches and commands, and go into boot mode, where they fetch an image by BOOTP ' +
      'and TFTP. They run until interrupted.',
    options: antOptions(),
    examples: [
      ['simulate ant --list faults', 'what can go wrong with them'],
      ['simulate ant --count 6 --profile st585v6 st780wl', 'six ants of two models on this machine'],
      [
        'simulate ant --count 3 --fault power-cut --telnet 2323',
        'three that lose power once while they are being flashed',
      ],
    ],
  }).action(async (given: SimulateAntOptions) => {
    const { simulateAnt } = await import('./ant.ts');
    await simulateAnt(cli, given);
  });
}
