/** `modemlab capture replay` */
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { CwmpSession } from '../../captures/conversation/cwmp-types.ts';
import { openCaptureFile, readCapture } from '../../captures/file/open.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import { MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { Recording } from '../../replay/index.ts';
import { ALWAYS_IGNORED, readRecording } from '../../replay/index.ts';
import { groupAddress } from '../mdap/host.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import { httpUrl, jsonOption, listenAt, positiveNumber, speed, wholeNumber } from '../support/options.ts';
import { createProgress } from '../support/progress.ts';
import { recordOption } from '../support/record-option.ts';
import { EXIT } from '../support/report.ts';
import { tlsServerOptions } from '../support/tls-files.ts';
import type { ReplayOptions } from './replay-roles.ts';
import { playRole } from './replay-roles.ts';
import { writeReplay } from './replay-view.ts';
import { asFileError } from './show.ts';

const options = (): readonly Option[] => [
  new Option('--acs <url>', 'play the modems of the capture to this ACS').argParser(httpUrl),
  new Option('--listen <host:port>', 'play its ACS to modems that come here; port 0 picks a free one')
    .argParser(listenAt)
    .conflicts('acs'),
  new Option('--as <side>', 'play MDAP: its host to the ants on a line, or its ants to a host')
    .choices(['host', 'ant'] as const)
    .conflicts(['acs', 'listen']),
  new Option('--iface <address>', 'with --as: address of the interface').default('127.0.0.1'),
  new Option('--group <address>', 'with --as: the multicast group')
    .argParser(groupAddress)
    .default(MDAP_GROUP),
  new Option('--port <number>', 'with --as: the UDP port')
    .argParser(wholeNumber(1, 65535))
    .default(MDAP_PORT),
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
    'who answers what the capture cannot, in the place of clones: NAME, NAME@FIRMWARE, or a file',
  ),
  new Option('--username <name>', 'what the modem, or the host, says of who it is'),
  new Option('--password <text>', 'and the password to it'),
  new Option('--ca <file>', 'certificates that sign that of the ACS (PEM)'),
  new Option('--cert <file>', 'certificate of the modem (PEM)'),
  new Option('--key <file>', 'the key to it (PEM)'),
  new Option('--insecure', 'any certificate of the ACS will do').default(false),
  ...tlsServerOptions(),
  recordOption(),
  jsonOption(),
];

export function addCaptureReplay(capture: Command, cli: CliContext): void {
  command(capture, {
    usage: 'replay <file>',
    summary: 'play a side of a packet capture again, and tell what the other says now',
    more: [
      'With --listen as its ACS: modems that come are asked what it asked, and their answers compared. The next session of a device is played to each Inform of it; a device that the capture lacks stands for one of it.',
      'With --acs as its modems: what they sent is sent, byte for byte but for target, Host, cookies, credentials and the cwmp:ID of answers. To what this ACS really asks the answer is taken from the capture, put together of recorded values, or given by a clone of the modem (as capture clone makes one of these sessions), or by the modem of --profile; else it is fault 9002, which is told.',
      'With --as host or ant, MDAP: an ant of another ANT-ID stands for a recorded one. --username and --password of a host take the place of the recorded ones.',
      `FILE is a pcap or pcapng file, plain or gzip; - is standard input. It ends with 1 when something differs. Never compared: ${ALWAYS_IGNORED.join(', ')}.`,
    ].join('\n\n'),
    options: options(),
    examples: [
      ['capture replay session.pcapng --acs http://localhost:7547/', 'the modems again, in their own time'],
      [
        'capture replay session.pcapng --acs http://localhost:7547/ --speed max --ignore "*.HTTP.*" --json',
        'as fast as it goes, whatever the header lines are; for programs',
      ],
      [
        'capture replay session.pcapng --listen 127.0.0.1:7548',
        'for a modem that is told http://127.0.0.1:7548/',
      ],
      [
        'capture replay bench.pcapng --as host --iface 127.0.0.1',
        'searches and commands again, to these ants',
      ],
    ],
  }).action(async (file: string, given: ReplayOptions) => {
    cli.exitCode = await replay(cli.io, file, given);
  });
}

async function replay(io: Io, file: string, given: ReplayOptions): Promise<number> {
  if (given.acs === undefined && given.listen === undefined && given.as === undefined)
    throw new ModemlabError('E_USAGE', '--acs URL, --listen HOST:PORT or --as SIDE is wanted: what to play');
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
  const tell = (played: number, sessions: number, sent: number): void => {
    told = `${played} of ${sessions} played, ${sent} messages sent`;
  };
  try {
    const report = await playRole(io, recording, given, { signal: stop.signal, tell, say: progress.say });
    progress.stop();
    writeReplay(io, report, given.json);
    return report.same && report.played === report.recorded ? EXIT.fine : EXIT.failed;
  } finally {
    progress.stop();
    forget();
  }
}

async function read(io: Io, file: string, { device, session }: ReplayOptions): Promise<Recording> {
  const capture = file === '-' ? readCapture(io.inputBytes()) : openCaptureFile(file);
  const wanted = (one: CwmpSession): boolean =>
    (session === undefined || one.number === session) &&
    (device === undefined || isDevice(one.device, device));
  const recording = await readRecording(capture.frames, wanted).catch((error: unknown) => {
    throw asFileError(error);
  });
  if (capture.fault?.code === 'E_CAPTURE_FORMAT')
    throw new ModemlabError('E_CAPTURE_FORMAT', `${path.basename(file)}: ${capture.fault.found ?? ''}`);
  if (capture.fault !== undefined)
    io.err(`${describeWireError(capture.fault)}\n  ${ERRORS[capture.fault.code].remedy}\n`);
  return recording;
}
