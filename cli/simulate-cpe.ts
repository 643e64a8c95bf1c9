/** `modemlab simulate cpe` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { ModemlabError } from '../protocol/errors.ts';
import type { Modem, SessionReport, SwarmOptions } from '../simulator/index.ts';
import { createSwarm, profileNames } from '../simulator/index.ts';
import { command } from './help.ts';
import type { Io } from './io.ts';
import { httpUrl, jsonOption, positiveNumber, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';
import { EXIT } from './report.ts';
import type { Cli } from './shell.ts';
import { safe, writeFields, writeJson } from './table.ts';

interface SimulateOptions {
  readonly acs: string;
  readonly profile: readonly string[];
  readonly count: number;
  readonly sessions: number;
  /** Simulated seconds. */
  readonly interval?: number;
  /** Modems a real second. */
  readonly rate?: number;
  readonly retries: number;
  readonly seed: string;
  readonly speed: number;
  readonly username?: string;
  readonly password?: string;
  readonly json: boolean;
}

const options = (): readonly Option[] => [
  new Option('--acs <url>', 'where the modems POST to').argParser(httpUrl).makeOptionMandatory(),
  new Option('--profile <names...>', 'what the modems are, in turn: names, or files of your own').default([
    'st780wl',
  ]),
  new Option('--count <number>', 'how many modems').argParser(wholeNumber(1, 100_000)).default(1),
  new Option('--sessions <number>', 'good sessions that each is to have; 0: until it is interrupted')
    .argParser(wholeNumber(0, 1_000_000))
    .default(1),
  new Option('--interval <seconds>', 'PeriodicInformInterval of the modems, switched on').argParser(
    wholeNumber(1, 4294967295),
  ),
  new Option('--rate <number>', 'modems switched on a second; all at once when not given').argParser(
    positiveNumber(0, 100_000),
  ),
  new Option('--retries <number>', 'failed sessions in a row after which a modem is given up')
    .argParser(wholeNumber(0, 1_000_000))
    .default(3),
  new Option('--seed <text>', 'the same seed gives the same modems').default('0'),
  new Option('--speed <number>', 'simulated seconds a second')
    .argParser(positiveNumber(0, 1_000_000))
    .default(1),
  new Option('--username <name>', 'what the modems say when they are asked who they are'),
  new Option('--password <text>', 'and the password to it'),
  jsonOption(),
];

export function addSimulateCpe(simulate: Command, cli: Cli): void {
  command(simulate, {
    usage: 'cpe',
    summary: 'simulated modems that contact a server and do what it asks',
    more: `They boot, inform, retry as TR-069 wants it, and inform periodically when their interval says so. Profiles: ${profileNames().join(', ')}.`,
    options: options(),
    examples: [
      ['simulate cpe --acs http://localhost:7547/ --count 10', 'ten modems, one session each'],
      [
        'simulate cpe --acs http://localhost:7547/ --profile st706 st585v6 --count 100 --rate 20 --sessions 3 --interval 60 --speed 60',
        'a hundred of two models, 20 a second, three sessions each, a minute a second',
      ],
    ],
  }).action(async (given: SimulateOptions) => {
    if ((given.username === undefined) !== (given.password === undefined))
      throw new ModemlabError('E_USAGE', '--username and --password go together');
    const result = await simulateAll(cli.io, given);
    if (given.json) writeJson(cli.io, result);
    else tell(cli.io, result);
    if (result.givenUp > 0) cli.exitCode = EXIT.failed;
    if (result.sessionsOk === 0 && result.sessionsFailed > 0) throw new ModemlabError('E_CONNECT', given.acs);
  });
}

interface Simulated {
  readonly modems: number;
  readonly sessionsOk: number;
  readonly sessionsFailed: number;
  /** Requests of the server that were carried out. */
  readonly requests: number;
  /** Modems that failed too often in a row. */
  readonly givenUp: number;
  readonly seed: string;
  /** Real milliseconds. */
  readonly ms: number;
}

/** What one modem has had so far. */
interface Course {
  good: number;
  failedInARow: number;
  ended: boolean;
}

/** Resolves when every modem has had its sessions or was given up, or at a signal. */
async function simulateAll(io: Io, given: SimulateOptions): Promise<Simulated> {
  const courses = new Map<Modem, Course>();
  const tally = { sessionsOk: 0, sessionsFailed: 0, requests: 0, givenUp: 0 };
  let left = given.count;
  let over = false;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = () => {
      // What is cut from now on is cut by us.
      over = true;
      resolve();
    };
  });

  const end = (modem: Modem, course: Course): void => {
    course.ended = true;
    modem.stop().catch((error: unknown) => io.err(`${String(error)}\n`));
    if (--left === 0) finish();
  };
  const onSession = (modem: Modem, report: SessionReport): void => {
    if (over) return;
    const course = courses.get(modem) ?? { good: 0, failedInARow: 0, ended: false };
    courses.set(modem, course);
    tally.requests += report.requests.length;
    tally[report.ok ? 'sessionsOk' : 'sessionsFailed'] += 1;
    if (course.ended) return;
    course.failedInARow = report.ok ? 0 : course.failedInARow + 1;
    if (report.ok) course.good += 1;
    else io.err(`${safe(modem.id.SerialNumber)}: a session failed: ${report.why}\n`);
    if (course.failedInARow > given.retries) {
      tally.givenUp += 1;
      end(modem, course);
    } else if (given.sessions > 0 && course.good >= given.sessions) end(modem, course);
  };

  const begun = performance.now();
  const swarm = createSwarm({ ...swarmOptions(given), onSession });
  const forget = io.onSignal(finish);
  const progress = createProgress(io, () => {
    const done = given.count - left;
    return `${done} of ${given.count} modems done, ${tally.sessionsOk} sessions, ${tally.sessionsFailed} failed`;
  });
  await finished;
  progress.stop();
  forget();
  await swarm.stop();
  return { modems: given.count, ...tally, seed: given.seed, ms: Math.round(performance.now() - begun) };
}

function swarmOptions({
  acs,
  profile,
  count,
  rate,
  seed,
  speed,
  interval,
  username,
  password,
}: SimulateOptions): SwarmOptions {
  const settings: Readonly<Record<string, string>> =
    interval === undefined
      ? {}
      : {
          'ManagementServer.PeriodicInformEnable': '1',
          'ManagementServer.PeriodicInformInterval': String(interval),
        };
  return {
    ...{ acs, profile, count, seed, speed, settings },
    ...(rate === undefined ? {} : { rate }),
    ...(username === undefined || password === undefined ? {} : { credentials: { username, password } }),
  };
}

function tell(io: Io, { modems, sessionsOk, sessionsFailed, requests, givenUp, seed, ms }: Simulated): void {
  writeFields(io, [
    ['modems', modems],
    ['good sessions', sessionsOk],
    ['failed sessions', sessionsFailed],
    ['requests carried out', requests],
    ['modems given up', givenUp],
    ['seed', seed],
    ['seconds', (ms / 1000).toFixed(1)],
  ]);
}
