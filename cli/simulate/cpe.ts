/** `modemlab simulate cpe` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { httpUrl, jsonOption, positiveNumber, speed, wholeNumber } from '../support/options.ts';
import { record, recordOption } from '../support/record-option.ts';
import { LISTS, writeList } from './list.ts';
import type { Run, SimulateOptions } from './options.ts';
import { playScenario } from './scenario.ts';
import { simulateSwarm } from './swarm.ts';

/** A scenario says these itself. */
const NOT_WITH_SCENARIO = [
  ...['sessions', 'interval', 'rampUp', 'maxOpen', 'retries', 'boot', 'param', 'quirk', 'fault', 'listen'],
];

const options = (): readonly Option[] => [
  new Option('--acs <url>', 'where the modems POST to').argParser(httpUrl),
  new Option('--list <what>', 'tells what there is, and does nothing else').choices(LISTS),
  new Option(
    '--profile <names...>',
    'what the modems are, in turn: NAME, NAME@FIRMWARE, or a file (default: st780wl)',
  ),
  new Option('--count <number>', 'how many modems (default: 1)').argParser(wholeNumber(1, 1_000_000)),
  new Option('--first <number>', 'place of the first in its fleet, where several processes share one')
    .argParser(wholeNumber(0, 100_000_000))
    .default(0),
  new Option('--sessions <number>', 'good sessions that each is to have; 0: until it is interrupted')
    .argParser(wholeNumber(0, 1_000_000))
    .default(1),
  new Option('--interval <seconds>', 'PeriodicInformInterval of the modems, switched on').argParser(
    wholeNumber(1, 4294967295),
  ),
  new Option('--rate <number>', 'modems switched on a second; all at once when not given').argParser(
    positiveNumber(0, 100_000),
  ),
  new Option('--ramp-up <seconds>', 'instead of --rate: spread over so long')
    .argParser(positiveNumber(0, 1_000_000))
    .conflicts('rate'),
  new Option('--max-open <number>', 'sessions open at once, at most').argParser(wholeNumber(1, 1_000_000)),
  new Option('--retries <number>', 'failed sessions in a row after which a modem is given up')
    .argParser(wholeNumber(0, 1_000_000))
    .default(3),
  new Option('--seed <text>', 'the same seed gives the same modems').default('0'),
  new Option('--speed <number>', 'simulated seconds a second, or max (default: 1)').argParser(speed),
  new Option('--boot <seconds>', 'from power-up to the first Inform, simulated').argParser(
    wholeNumber(0, 86_400),
  ),
  new Option('--param <name=value...>', 'parameters that the factory sets otherwise, below the root'),
  new Option('--quirk <ids...>', 'what the modems do wrong: Q-NS-03,Q-HT-06'),
  new Option('--fault <faults...>', 'what their line does: latency:200,reset:4000'),
  new Option('--scenario <name>', 'what happens to them, and how it should end: NAME or a file').conflicts(
    NOT_WITH_SCENARIO,
  ),
  new Option('--with <name=value...>', 'what a scenario leaves open'),
  new Option('--username <name>', 'what the modems say when they are asked who they are'),
  new Option('--password <text>', 'and the password to it'),
  new Option('--listen <address>', 'where they take connection requests: HOST, HOST:PORT, or none').default(
    '127.0.0.1',
  ),
  new Option('--ca <file>', 'certificates that sign those of the server (PEM)'),
  new Option('--cert <file>', 'certificate of the modems (PEM)'),
  new Option('--key <file>', 'the key to it (PEM)'),
  new Option('--insecure', 'any certificate of the server will do').default(false),
  recordOption(),
  jsonOption(),
];

export function addSimulateCpe(simulate: Command, cli: CliContext): void {
  command(simulate, {
    usage: 'cpe',
    summary: 'simulated modems that contact a server and do what it asks',
    more: [
      'They boot, inform, retry as TR-069 wants it, inform periodically when their interval says so, and can be called.',
      'Several processes share one fleet by --first and --count. It ends with 0 when all modems came to a good end.',
      'A file as a profile: one of modemlab, a device exported from its ACS, a tree as CSV, or a data model as XML.',
    ].join('\n'),
    options: options(),
    examples: [
      ['simulate cpe --list profiles', 'what they can be; also: quirks, faults, scenarios'],
      ['simulate cpe --acs http://localhost:7547/ --count 10', 'ten modems, one session each'],
      [
        'simulate cpe --acs http://localhost:7547/ --profile st706 st585v6@6.1.0.5 --count 100 --rate 20 --sessions 3 --interval 60 --speed 60',
        'a hundred of two models, 20 a second, three sessions each, a minute a second',
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
    if (given.list !== undefined) return writeList(cli.io, given.list, given.json);
    const { acs } = given;
    if (acs === undefined)
      throw new ModemlabError('E_USAGE', '--acs URL is wanted: where the modems POST to');
    if ((given.username === undefined) !== (given.password === undefined))
      throw new ModemlabError('E_USAGE', '--username and --password go together');
    if ((given.cert === undefined) !== (given.key === undefined))
      throw new ModemlabError('E_USAGE', '--cert and --key go together');
    if (given.with !== undefined && given.scenario === undefined)
      throw new ModemlabError('E_USAGE', '--with sets what a --scenario leaves open');
    const recording = given.record === undefined ? undefined : await record(given.record, 'client');
    const run: Run = { ...given, acs, ...(recording === undefined ? {} : { onSocket: recording.onSocket }) };
    try {
      await (given.scenario === undefined ? simulateSwarm(cli, run) : playScenario(cli, given.scenario, run));
    } finally {
      await recording?.close(cli.io);
    }
  });
}
