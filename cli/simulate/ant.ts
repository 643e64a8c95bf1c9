/** `modemlab simulate ant` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Ant, AntFault, ObserveLan, TelnetServer } from '../../simulator/index.ts';
import {
  createAnt,
  createLossyLan,
  createObservedLan,
  createRandom,
  createScheduler,
  createUdpLan,
  isAntFault,
  listAntFaults,
  listProfiles,
  serveTelnet,
} from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { httpUrl, jsonOption, positiveNumber, wholeNumber } from '../support/options.ts';
import { recordDatagramsOption, withDatagrams } from '../support/record-option.ts';
import { writeJson, writeTable } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';

const LISTS = ['faults', 'profiles'] as const;

interface SimulateAntOptions {
  readonly list?: (typeof LISTS)[number];
  readonly profile: readonly string[];
  readonly count: number;
  readonly first: number;
  readonly iface: string;
  readonly configure?: string;
  readonly group: string;
  readonly port: number;
  readonly bootpServer: string;
  readonly bootpPort: number;
  readonly tftpPort: number;
  readonly clientPort: number;
  readonly fault?: readonly string[];
  /** Percent. */
  readonly loss: number;
  readonly duplicates: number;
  /** Simulated milliseconds. */
  readonly jitter: number;
  readonly acs?: string;
  readonly telnet?: number;
  readonly record?: string;
  readonly seed: string;
  readonly speed: number;
  readonly json: boolean;
}

const port = (name: string, what: string, fallback: number): Option =>
  new Option(`--${name} <port>`, what).argParser(wholeNumber(0, 65_535)).default(fallback);

const percent = (name: string, what: string): Option =>
  new Option(`--${name} <percent>`, what).argParser(wholeNumber(0, 90)).default(0);

const options = (): readonly Option[] => [
  new Option('--list <what>', 'tells what there is, and does nothing else').choices(LISTS),
  new Option('--profile <names...>', 'what the ants are, in turn: NAME, NAME@FIRMWARE, or a file').default([
    'st585v6',
  ]),
  new Option('--count <number>', 'how many ants; all of them have the same address')
    .argParser(wholeNumber(1, 1000))
    .default(1),
  new Option('--first <number>', 'place of the first in its fleet')
    .argParser(wholeNumber(0, 100_000_000))
    .default(0),
  new Option('--iface <address>', 'address of the interface that they are plugged into').default('127.0.0.1'),
  new Option('--configure <name>', 'name of an interface that is given the addresses of the ant, by ip(8)'),
  new Option('--group <address>', 'group of MDAP').default('224.0.0.103'),
  port('port', 'port of MDAP', 3235),
  new Option('--bootp-server <address>', 'where BOOTP requests go').default('255.255.255.255'),
  port('bootp-port', 'port of BOOTP servers', 67),
  port('client-port', 'port of BOOTP clients; 0: any', 68),
  port('tftp-port', 'port of TFTP servers', 69),
  new Option('--fault <names...>', 'what goes wrong with them'),
  percent('loss', 'datagrams that are lost, each way'),
  percent('duplicates', 'datagrams that come twice, each way'),
  new Option('--jitter <ms>', 'simulated milliseconds by which a datagram may be late, and so overtaken')
    .argParser(wholeNumber(0, 60_000))
    .default(0),
  new Option('--acs <url>', 'the ACS that the factory set; without one CWMP is off').argParser(httpUrl),
  new Option('--telnet <port>', 'the command line of the first by telnet; 0 picks a free port').argParser(
    wholeNumber(0, 65_535),
  ),
  recordDatagramsOption(),
  new Option('--seed <text>', 'the same seed gives the same ants').default('0'),
  new Option('--speed <number>', 'simulated seconds a second').argParser(positiveNumber(0, 1000)).default(1),
  jsonOption(),
];

export function addSimulateAnt(simulate: Command, cli: CliContext): void {
  command(simulate, {
    usage: 'ant',
    summary: 'simulated modems as their LAN side shows them: MDAP, command line, boot mode',
    more: 'They answer searches and commands of MDAP, and go into boot mode, where they fetch an image by BOOTP and TFTP. They stay until interrupted.',
    options: options(),
    examples: [
      ['simulate ant --list faults', 'what can go wrong with them'],
      ['simulate ant --count 6 --profile st585v6 st780wl', 'six ants of two models on this machine'],
      [
        'simulate ant --count 3 --fault power-cut --telnet 2323',
        'three that lose their power once while they are flashed',
      ],
    ],
  }).action(async (given: SimulateAntOptions) => {
    if (given.list !== undefined) writeList(cli, given.list, given.json);
    else await withDatagrams(cli.io, given.record, (observe) => runAnts(cli, given, observe));
  });
}

function writeList({ io }: CliContext, list: (typeof LISTS)[number], json: boolean): void {
  const rows =
    list === 'faults' ? listAntFaults() : listProfiles().map(({ name, title }) => ({ name, title }));
  if (json) writeJson(io, rows);
  else
    writeTable(
      io,
      [
        { title: list === 'faults' ? 'FAULT' : 'PROFILE', cell: ({ name }) => name },
        { title: 'WHAT', cell: ({ title }) => title },
      ],
      rows,
    );
}

function faultsOf({ fault = [] }: SimulateAntOptions): AntFault[] {
  return fault
    .flatMap((text) => text.split(','))
    .map((text) => {
      if (isAntFault(text)) return text;
      throw new ModemlabError(
        'E_USAGE',
        `--fault ${text}: there is no such fault; see simulate ant --list faults`,
      );
    });
}

async function runAnts(
  cli: CliContext,
  given: SimulateAntOptions,
  observe: ObserveLan | undefined,
): Promise<void> {
  const { io } = cli;
  const { iface, configure, count, first, profile, seed, speed } = given;
  const faults = faultsOf(given);
  const scheduler = createScheduler({ speed });
  const boot = {
    servers: { address: given.bootpServer, port: given.bootpPort },
    ...{ clientPort: given.clientPort, tftpPort: given.tftpPort },
  };
  const ants = Array.from({ length: count }, (_, at) => {
    const name = profile[(first + at) % profile.length] ?? 'st585v6';
    const udp = createUdpLan({ iface, ...(configure === undefined ? {} : { configure }) });
    const wire = observe === undefined ? udp : createObservedLan(udp, observe);
    const { loss, duplicates, jitter } = given;
    const share = {
      ...{ loss: loss / 100, duplication: duplicates / 100 },
      ...(jitter === 0 ? {} : { jitter: { ms: jitter, scheduler } }),
    };
    return createAnt({
      ...{ profile: name, seed, index: first + at, scheduler, faults },
      lan: createLossyLan(wire, share, createRandom(`${seed}/${first + at}/wire`)),
      ant: { group: { address: given.group, port: given.port }, boot },
      ...(given.acs === undefined ? {} : { acs: given.acs }),
    });
  });
  let telnet: TelnetServer | undefined;
  const stop = async (): Promise<void> => {
    await telnet?.close();
    await Promise.all(ants.map((ant) => ant.stop()));
    scheduler.stop();
  };
  try {
    telnet = await telnetOf(given, ants[0], scheduler);
    const trouble = new Promise<never>((_, reject) => {
      for (const ant of ants) ant.events.on('problem', reject);
    });
    for (const ant of ants) watch(cli, ant, given.json);
    const { group, port } = given;
    const serials = ants.map(({ modem }) => modem.device.unit.boardSerial);
    say(
      cli,
      given.json,
      { event: 'listening', pid: process.pid, iface, group, port, ants: serials },
      `${count} ants on ${iface}, group ${group}:${port}`,
    );
    if (telnet !== undefined)
      say(cli, given.json, { event: 'telnet', port: telnet.port }, `telnet on port ${telnet.port}`);
    for (const ant of ants) ant.start();
    await Promise.race([untilStopped(io, async () => undefined), trouble]);
  } finally {
    await stop();
  }
}

async function telnetOf(
  { telnet, iface }: SimulateAntOptions,
  ant: Ant | undefined,
  scheduler: ReturnType<typeof createScheduler>,
): Promise<TelnetServer | undefined> {
  if (telnet === undefined || ant === undefined) return undefined;
  return serveTelnet(ant.box, {
    host: iface,
    port: telnet,
    scheduler,
    perform: (effect) => ant.perform(effect),
  });
}

function say({ io }: CliContext, json: boolean, event: object, text: string): void {
  io.out(json ? `${JSON.stringify(event)}\n` : `${text}\n`);
}

/** One line for each thing that happens to an ant. */
function watch(cli: CliContext, ant: Ant, json: boolean): void {
  const serial = ant.modem.device.unit.boardSerial;
  const firmware = (): string => ant.modem.device.firmware;
  ant.events.on('mode', (mode) => {
    if (mode !== 'off')
      say(
        cli,
        json,
        { event: 'mode', ant: serial, mode, firmware: firmware() },
        `${serial} ${firmware()}: ${mode}`,
      );
  });
  ant.events.on('command', (line, user) =>
    say(cli, json, { event: 'command', ant: serial, line, user }, `${serial}: ${line}`),
  );
  ant.events.on('loader', (event) => {
    if (event.is === 'progress' || event.is === 'asked') return;
    const { is, ...more } = event;
    say(
      cli,
      json,
      { event: 'loader', ant: serial, is, ...more },
      `${serial} loader: ${is}${'why' in event ? ` (${event.why})` : ''}`,
    );
  });
}
