/** `modemlab capture replay` */
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { CwmpSession } from '../captures/cwmp-types.ts';
import { openCaptureFile, readCapture } from '../captures/open.ts';
import { describeWireError, ERRORS, ModemlabError } from '../protocol/errors.ts';
import type { Recording, ReplayReport, ReplaySpeed } from '../simulator/index.ts';
import {
  ALWAYS_IGNORED,
  createIgnores,
  Device,
  loadProfile,
  readRecording,
  replayAsModem,
} from '../simulator/index.ts';
import { writeReplay } from './capture-replay-view.ts';
import { isDevice, isFileError } from './capture-show.ts';
import { command } from './help.ts';
import type { Io } from './io.ts';
import { httpUrl, jsonOption, positiveNumber, speed, wholeNumber } from './options.ts';
import { createProgress } from './progress.ts';
import { record, recordOption } from './record.ts';
import { EXIT } from './report.ts';
import type { Cli } from './shell.ts';
import { tlsOf } from './simulate-options.ts';

interface ReplayOptions {
  readonly acs?: string;
  readonly session?: number;
  readonly device?: string;
  readonly ignore: readonly string[];
  readonly speed: ReplaySpeed;
  /** Seconds. */
  readonly timeout: number;
  readonly profile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure: boolean;
  readonly record?: string;
  readonly json: boolean;
}

const options = (): readonly Option[] => [
  new Option('--acs <url>', 'play the modems of the capture to this ACS').argParser(httpUrl),
  new Option('--session <number>', 'only this CWMP session').argParser(wholeNumber(1, 1e9)),
  new Option('--device <key>', 'only the sessions of this device: its key, or its serial number'),
  new Option('--ignore <path>', 'a field that may differ, with * for any text; several times')
    .argParser((text: string, before: readonly string[]) => [...before, text])
    .default([], 'times, serial numbers, IDs, cookies'),
  new Option('--speed <number>', 'recorded seconds a second, or max').argParser(speed).default(1),
  new Option('--timeout <seconds>', 'how long to wait for each word of the peer')
    .argParser(positiveNumber(0, 86_400))
    .default(30),
  new Option(
    '--profile <name>',
    'a modem that answers what the capture cannot: NAME, NAME@FIRMWARE, or a file',
  ),
  new Option('--username <name>', 'what the modem says when it is asked who it is'),
  new Option('--password <text>', 'and the password to it'),
  new Option('--ca <file>', 'certificates that sign that of the ACS (PEM)'),
  new Option('--cert <file>', 'certificate of the modem (PEM)'),
  new Option('--key <file>', 'the key to it (PEM)'),
  new Option('--insecure', 'any certificate of the ACS will do').default(false),
  recordOption(),
  jsonOption(),
];

export function addCaptureReplay(capture: Command, cli: Cli): void {
  command(capture, {
    usage: 'replay <file>',
    summary: 'play a side of a packet capture again, and tell what the other says now',
    more: [
      'With --acs as its modems: what they sent is sent, byte for byte but for target, Host, cookies, credentials and the cwmp:ID of answers. To what this ACS really asks the answer is taken from the capture, put together of recorded values, or given by the modem of --profile; else it is fault 9002, which is told.',
      `FILE is a pcap or pcapng file, plain or gzip; - is standard input. It ends with 1 when something differs. Never compared: ${ALWAYS_IGNORED.join(', ')}.`,
    ].join('\n\n'),
    options: options(),
    examples: [
      ['capture replay session.pcapng --acs http://localhost:7547/', 'the modems again, in their own time'],
      [
        'capture replay session.pcapng --acs http://localhost:7547/ --speed max --ignore "*.HTTP.*" --json',
        'as fast as it goes, whatever the header lines are; for programs',
      ],
    ],
  }).action(async (file: string, given: ReplayOptions) => {
    cli.exitCode = await replay(cli.io, file, given);
  });
}

async function replay(io: Io, file: string, given: ReplayOptions): Promise<number> {
  if (given.acs === undefined)
    throw new ModemlabError('E_USAGE', '--acs URL is wanted: where the modems POST to');
  if ((given.username === undefined) !== (given.password === undefined))
    throw new ModemlabError('E_USAGE', '--username and --password go together');
  if ((given.cert === undefined) !== (given.key === undefined))
    throw new ModemlabError('E_USAGE', '--cert and --key go together');
  const recording = await read(io, file, given);
  const stop = new AbortController();
  let signals = 0;
  const forget = io.onSignal(() => {
    signals += 1;
    stop.abort();
    if (signals > 1) io.abort(EXIT.failed);
  });
  let told = 'begins';
  const progress = createProgress(io, () => told);
  try {
    const report = await asModem(io, recording, given.acs, given, stop.signal, (text) => {
      told = text;
    });
    progress.stop();
    writeReplay(io, report, given.json);
    return report.same && report.played === report.recorded ? EXIT.fine : EXIT.failed;
  } finally {
    progress.stop();
    forget();
  }
}

async function asModem(
  io: Io,
  recording: Recording,
  acs: string,
  given: ReplayOptions,
  signal: AbortSignal,
  tell: (text: string) => void,
): Promise<ReplayReport> {
  const { ignore, password, profile, timeout, username } = given;
  if (recording.sessions.length === 0)
    throw new ModemlabError('E_REPLAY_NOTHING', 'no CWMP session is in it');
  const made = profile === undefined ? undefined : loadProfile(profile);
  const recorder = given.record === undefined ? undefined : await record(given.record, 'client');
  try {
    return await replayAsModem(recording, {
      ...{ url: new URL(acs), speed: given.speed, timeoutMs: timeout * 1000, signal },
      ignores: createIgnores([...ALWAYS_IGNORED, ...ignore]),
      credentials: username === undefined || password === undefined ? undefined : { username, password },
      tls: tlsOf(given).tls,
      onSocket: recorder?.onSocket,
      dialect: made?.dialect,
      device: made === undefined ? undefined : () => new Device({ profile: made, acs, now: Date.now }),
      progress: (played, sessions, sent) => tell(`${played} of ${sessions} sessions, ${sent} messages sent`),
    });
  } finally {
    await recorder?.close(io);
  }
}

async function read(io: Io, file: string, { device, session }: ReplayOptions): Promise<Recording> {
  const capture = file === '-' ? readCapture(io.inputBytes()) : openCaptureFile(file);
  const wanted = (one: CwmpSession): boolean =>
    (session === undefined || one.number === session) &&
    (device === undefined || isDevice(one.device, device));
  const recording = await readRecording(capture.frames, wanted).catch((error: unknown) => {
    const ofFile = isFileError(error) && !(error instanceof ModemlabError);
    throw ofFile ? new ModemlabError('E_FILE_INVALID', error.message, { cause: error }) : error;
  });
  if (capture.fault?.code === 'E_CAPTURE_FORMAT')
    throw new ModemlabError('E_CAPTURE_FORMAT', `${path.basename(file)}: ${capture.fault.found ?? ''}`);
  if (capture.fault !== undefined)
    io.err(`${describeWireError(capture.fault)}\n  ${ERRORS[capture.fault.code].remedy}\n`);
  return recording;
}
