/** `simulate cpe` without a scenario: modems that have sessions, with a live view. */
import { counted } from '../../protocol/counted.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type {
  ConnectionRequestListener,
  Modem,
  SessionReport,
  SwarmResult,
  SwarmStats,
} from '../../simulator/index.ts';
import { createSwarm } from '../../simulator/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeFields, writeJson } from '../support/table.ts';
import { tlsClientOf } from '../support/tls-files.ts';
import type { RunOptions } from './run-options.ts';
import { credentialsOf, DEFAULT_PROFILE, listenerOf, quirksOf, settingsOf } from './run-options.ts';

/** Failed sessions that get a line each; the others are only counted. */
const MAX_FAILURE_LINES = 10;

/** Ends when every modem has had its sessions or has given up, or at a signal. */
export async function simulateSwarm(cli: CliContext, given: RunOptions): Promise<void> {
  const listener = await listenerOf(given);
  try {
    await watchSwarm(cli, given, listener);
  } finally {
    await listener?.close();
  }
}

async function watchSwarm(
  cli: CliContext,
  given: RunOptions,
  listener: ConnectionRequestListener | undefined,
): Promise<void> {
  const { io } = cli;
  const quirks = quirksOf(given);
  const endless = given.sessions === 0;
  let failures = 0;
  const onSession = (modem: Modem, { ok, why }: SessionReport): void => {
    if (ok || stopping) return;
    failures += 1;
    if (failures <= MAX_FAILURE_LINES) io.err(`${safe(modem.id.SerialNumber)}: a session failed: ${why}\n`);
    else if (failures === MAX_FAILURE_LINES + 1) io.err('more sessions failed; see the counts below\n');
  };
  let stopping = false;
  const {
    acs,
    profile = [DEFAULT_PROFILE],
    count = 1,
    first,
    rate,
    rampUp,
    maxOpen,
    retries,
    seed,
    speed = 1,
  } = given;
  const swarm = createSwarm({
    acs,
    profile,
    count,
    first,
    retries,
    seed,
    speed,
    settings: settingsOf(given),
    onSession,
    sessions: endless ? Number.POSITIVE_INFINITY : given.sessions,
    thenOff: true,
    ...(rate === undefined ? {} : { rate }),
    ...(rampUp === undefined ? {} : { rampUpSeconds: rampUp }),
    ...(maxOpen === undefined ? {} : { maxOpen }),
    ...(given.boot === undefined ? {} : { bootSeconds: given.boot }),
    ...(quirks.length === 0 ? {} : { quirks }),
    ...(given.fault === undefined ? {} : { line: given.fault.join(',') }),
    ...(listener === undefined ? {} : { connectionRequests: { listener } }),
    ...credentialsOf(given),
    ...tlsClientOf(given),
    ...(given.onSocket === undefined ? {} : { onSocket: given.onSocket }),
  });
  const stop = (): void => {
    stopping = true;
    swarm.stop().catch((error: unknown) => io.err(`${String(error)}\n`));
  };
  const forget = io.onSignal(stop);
  const progress = createProgress(io, () => view(swarm.stats()).join('\n'));
  const result = await swarm.done;
  progress.stop();
  forget();
  stopping = true;
  await swarm.stop();

  const ok = endless ? result.givenUp === 0 : result.ok;
  // How many are open or waiting matters only during the run.
  const { open, waiting, ...figures } = result;
  if (given.json) writeJson(io, { ...figures, ok, seed });
  else writeResult(io, result, seed);
  if (!ok) cli.exitCode = EXIT.failed;
  if (result.sessionsOk === 0 && result.sessionsFailed > 0) throw new ModemlabError('E_CONNECT', acs);
}

const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)} ms`;

const latency = ({ latencyMs: { p50, p95, p99, max } }: SwarmStats): string =>
  Object.entries({ p50, p95, p99, max })
    .map(([name, value]) => `${name} ${milliseconds(value)}`)
    .join(', ');

const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');

/** The live view. */
function view(stats: SwarmStats): string[] {
  const { modems, started, good, givenUp, open, waiting, sessionsOk, sessionsFailed, recentPerSecond } =
    stats;
  const ended = `${good + givenUp} of ${counted(modems, 'modem')} done`;
  const lines = [
    `${ended}, ${started} switched on, ${counted(open, 'session')} open${waiting > 0 ? `, ${waiting} waiting` : ''}`,
    `${counted(sessionsOk, 'session')}, ${recentPerSecond}/s, ${sessionsFailed} failed`,
  ];
  if (sessionsOk > 0) lines.push(latency(stats));
  if (Object.keys(stats.faults).length > 0) lines.push(`faults: ${counts(stats.faults)}`);
  if (Object.keys(stats.failures).length > 0) lines.push(`failures: ${counts(stats.failures)}`);
  return lines;
}

function writeResult(io: Io, result: SwarmResult, seed: string): void {
  const optional = (text: string): string | undefined => (text === '' ? undefined : text);
  writeFields(io, [
    ['modems', result.modems],
    ['modems that gave up', result.givenUp],
    ['successful sessions', result.sessionsOk],
    ['failed sessions', result.sessionsFailed],
    ['failures', optional(counts(result.failures))],
    ['sessions per second', result.sessionsPerSecond.toFixed(1)],
    ['latency', result.sessionsOk > 0 ? latency(result) : undefined],
    ['requests carried out', result.requests],
    ['faults returned', optional(counts(result.faults))],
    ['restarts', result.restarts > 0 ? result.restarts : undefined],
    ['seed', seed],
    ['seconds', (result.ms / 1000).toFixed(1)],
  ]);
}
