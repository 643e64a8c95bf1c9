/** `modemlab simulate ant` */
import { counted } from '../../protocol/counted.ts';
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
import { withDatagrams } from '../support/recording.ts';
import { writeJson, writeTable } from '../support/table.ts';
import { untilStopped } from '../support/until-stopped.ts';

type List = 'faults' | 'profiles';

export interface SimulateAntOptions {
  readonly list?: List;
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

export async function simulateAnt(cli: CliContext, given: SimulateAntOptions): Promise<void> {
  if (given.list !== undefined) writeList(cli, given.list, given.json);
  else await withDatagrams(cli.io, given.record, (observe) => runAnts(cli, given, observe));
}

function writeList({ io }: CliContext, list: List, json: boolean): void {
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
  const { iface, count } = given;
  const faults = faultsOf(given);
  const scheduler = createScheduler({ speed: given.speed });
  const ants = Array.from({ length: count }, (_, at) => makeAnt(given, at, faults, scheduler, observe));
  let telnet: TelnetServer | undefined;
  const stop = async (): Promise<void> => {
    await telnet?.close();
    await Promise.all(ants.map((ant) => ant.stop()));
    scheduler.stop();
  };
  try {
    telnet = await telnetOf(given, ants[0], scheduler);
    const problem = new Promise<never>((_, reject) => {
      for (const ant of ants) ant.events.on('problem', reject);
    });
    for (const ant of ants) watch(cli, ant, given.json);
    const { group, port } = given;
    const serials = ants.map(({ modem }) => modem.device.unit.boardSerial);
    report(
      cli,
      given.json,
      { event: 'listening', pid: process.pid, iface, group, port, ants: serials },
      `${counted(count, 'ant')} on ${iface}, group ${group}:${port}`,
    );
    if (telnet !== undefined)
      report(cli, given.json, { event: 'telnet', port: telnet.port }, `telnet on port ${telnet.port}`);
    for (const ant of ants) ant.start();
    await Promise.race([untilStopped(io, async () => undefined), problem]);
  } finally {
    await stop();
  }
}

type Scheduler = ReturnType<typeof createScheduler>;

/** `at`: its place among the ants of this process. */
function makeAnt(
  given: SimulateAntOptions,
  at: number,
  faults: readonly AntFault[],
  scheduler: Scheduler,
  observe: ObserveLan | undefined,
): Ant {
  const { configure, duplicates, iface, jitter, loss, profile, seed } = given;
  const index = given.first + at;
  const udp = createUdpLan({ iface, ...(configure === undefined ? {} : { configure }) });
  const wire = observe === undefined ? udp : createObservedLan(udp, observe);
  const share = {
    loss: loss / 100,
    duplication: duplicates / 100,
    ...(jitter === 0 ? {} : { jitter: { ms: jitter, scheduler } }),
  };
  const boot = {
    servers: { address: given.bootpServer, port: given.bootpPort },
    clientPort: given.clientPort,
    tftpPort: given.tftpPort,
  };
  return createAnt({
    profile: profile[index % profile.length] ?? 'st585v6',
    seed,
    index,
    scheduler,
    faults,
    lan: createLossyLan(wire, share, createRandom(`${seed}/${index}/wire`)),
    ant: { group: { address: given.group, port: given.port }, boot },
    ...(given.acs === undefined ? {} : { acs: given.acs }),
  });
}

async function telnetOf(
  { telnet, iface }: SimulateAntOptions,
  ant: Ant | undefined,
  scheduler: Scheduler,
): Promise<TelnetServer | undefined> {
  if (telnet === undefined || ant === undefined) return undefined;
  return serveTelnet(ant.box, {
    host: iface,
    port: telnet,
    scheduler,
    perform: (effect) => ant.perform(effect),
  });
}

function report({ io }: CliContext, json: boolean, event: object, text: string): void {
  io.out(json ? `${JSON.stringify(event)}\n` : `${text}\n`);
}

/** Prints one line for each event of an ant. */
function watch(cli: CliContext, ant: Ant, json: boolean): void {
  const serial = ant.modem.device.unit.boardSerial;
  const firmware = (): string => ant.modem.device.firmware;
  ant.events.on('mode', (mode) => {
    if (mode !== 'off')
      report(
        cli,
        json,
        { event: 'mode', ant: serial, mode, firmware: firmware() },
        `${serial} ${firmware()}: ${mode}`,
      );
  });
  ant.events.on('command', (line, user) =>
    report(cli, json, { event: 'command', ant: serial, line, user }, `${serial}: ${line}`),
  );
  ant.events.on('loader', (event) => {
    if (event.is === 'progress' || event.is === 'asked') return;
    const { is, ...more } = event;
    report(
      cli,
      json,
      { event: 'loader', ant: serial, is, ...more },
      `${serial} loader: ${is}${'why' in event ? ` (${event.why})` : ''}`,
    );
  });
}
