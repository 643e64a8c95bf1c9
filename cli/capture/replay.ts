/** `modemlab capture replay` */
import path from 'node:path';
import type { CwmpSession } from '../../captures/conversation/cwmp-types.ts';
import { openCaptureFile, readCapture } from '../../captures/file/open.ts';
import { counted } from '../../protocol/counted.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import type { Recording } from '../../replay/index.ts';
import { readRecording } from '../../replay/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { createProgress } from '../support/progress.ts';
import { EXIT } from '../support/report.ts';
import { checkPairs } from '../support/tls-files.ts';
import { asFileError } from './file-error.ts';
import type { ReplayOptions } from './replay-roles.ts';
import { playRole } from './replay-roles.ts';
import { writeReplay } from './replay-view.ts';

export async function replay(cli: CliContext, file: string, given: ReplayOptions): Promise<void> {
  cli.exitCode = await replayFile(cli.io, file, given);
}

async function replayFile(io: Io, file: string, given: ReplayOptions): Promise<number> {
  if (given.acs === undefined && given.listen === undefined && given.as === undefined)
    throw new ModemlabError('E_USAGE', 'one of --acs URL, --listen HOST:PORT and --as SIDE is required');
  checkPairs(given);
  const recording = await read(io, file, given);
  const stop = new AbortController();
  let signals = 0;
  const forget = io.onSignal(() => {
    signals += 1;
    stop.abort();
    if (signals > 1) io.abort(EXIT.failed);
  });
  let state = 'starting';
  const progress = createProgress(io, () => state);
  const observe = (played: number, sessions: number, sent: number): void => {
    state = `${played} of ${sessions} played, ${counted(sent, 'message')} sent`;
  };
  try {
    const report = await playRole(io, recording, given, {
      signal: stop.signal,
      report: observe,
      say: progress.say,
    });
    progress.stop();
    writeReplay(io, report, given.json);
    return report.same && report.played === report.recorded ? EXIT.success : EXIT.failed;
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
