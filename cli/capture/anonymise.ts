/** `modemlab capture anonymise` */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import process from 'node:process';
import { anonymise } from '../../captures/anonymise/anonymise.ts';
import { anonymisedFile } from '../../captures/anonymise/file.ts';
import type { Blanked, Replaced } from '../../captures/anonymise/tally.ts';
import type { CapturedFrame } from '../../captures/file/frame.ts';
import type { Capture } from '../../captures/file/open.ts';
import { openCaptureFile } from '../../captures/file/open.ts';
import { counted } from '../../protocol/counted.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { EXIT } from '../support/report.ts';
import { writeJson, writeTable } from '../support/table.ts';
import { asFileError } from './file-error.ts';

export interface AnonymiseOptions {
  readonly out: string;
  readonly seed?: string;
  readonly json: boolean;
}

export async function anonymiseCapture(
  cli: CliContext,
  file: string,
  options: AnonymiseOptions,
): Promise<void> {
  cli.exitCode = await run(cli.io, file, options);
}

async function run(io: Io, file: string, { json, out, seed }: AnonymiseOptions): Promise<number> {
  if (file === '-')
    throw new ModemlabError(
      'E_FILE_INVALID',
      'standard input: expected a file, because it is read more than once',
    );
  if (await isSameFile(file, out))
    throw new ModemlabError('E_FILE_INVALID', `${out}: this is the capture itself`);
  const key = seed === undefined ? randomBytes(32) : createHash('sha256').update(seed).digest();
  let signals = 0;
  const forget = io.onSignal(() => {
    signals += 1;
    if (signals > 1) io.abort(EXIT.failed);
  });
  try {
    return await anonymiseFile(io, file, { json, out, key, isStopped: () => signals > 0 });
  } catch (error) {
    if (error instanceof Stopped) {
      io.err('stopped: nothing was written\n');
      return EXIT.failed;
    }
    throw asFileError(error);
  } finally {
    forget();
  }
}

class Stopped extends Error {}

interface Work {
  readonly out: string;
  readonly json: boolean;
  readonly key: Uint8Array;
  readonly isStopped: () => boolean;
}

async function anonymiseFile(io: Io, file: string, { isStopped, json, key, out }: Work): Promise<number> {
  let opened: Capture | undefined;
  let count = 0;
  async function* reading(capture: Capture): AsyncGenerator<CapturedFrame> {
    count = 0;
    for await (const frame of capture.frames) {
      if (isStopped()) throw new Stopped();
      count += 1;
      yield frame;
    }
  }
  const { frames, microseconds, report } = await anonymise(() => {
    opened = openCaptureFile(file);
    return reading(opened);
  }, key);
  const format = opened?.format;
  if (format === undefined)
    throw new ModemlabError('E_CAPTURE_FORMAT', `${file}: ${opened?.fault?.found ?? 'it is empty'}`);
  await writeTo(out, anonymisedFile(frames, { format, microseconds }));
  const fault = opened?.fault;
  writeSummary(io, json, {
    out,
    format,
    frames: count,
    replaced: report.replaced,
    blanked: report.blanked,
    fault: fault === undefined ? null : describeWireError(fault),
  });
  if (fault === undefined) return EXIT.success;
  io.err(`${describeWireError(fault)}\n  ${ERRORS[fault.code].remedy}\n`);
  return EXIT.failed;
}

/** Also by another name: a link, or a different path. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const stats = await Promise.all([one, other].map((name) => stat(name).catch(() => undefined)));
  const [a, b] = stats;
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The file gets its name only once it is complete. */
async function writeTo(name: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  const unfinished = `${name}.${process.pid}.part`;
  const stream = createWriteStream(unfinished, { flags: 'wx', mode: 0o600 });
  try {
    await once(stream, 'open');
    for await (const part of parts) if (!stream.write(part)) await once(stream, 'drain');
    await new Promise<void>((resolve, reject) => {
      stream.end((error?: Error | null) => (error ? reject(error) : resolve()));
    });
    await rename(unfinished, name);
  } catch (error) {
    stream.destroy();
    // A file that existed before is not ours.
    if (!stream.pending) await rm(unfinished, { force: true });
    throw error;
  }
}

interface Summary {
  readonly out: string;
  readonly format: string;
  readonly frames: number;
  readonly replaced: readonly Replaced[];
  readonly blanked: readonly Blanked[];
  readonly fault: string | null;
}

function writeSummary(io: Io, json: boolean, summary: Summary): void {
  if (json) {
    writeJson(io, summary);
    return;
  }
  writeTable(
    io,
    [
      { title: 'REPLACED', cell: ({ kind }) => kind },
      { title: 'DIFFERENT', cell: ({ different }) => different, align: 'right' },
      { title: 'PLACES', cell: ({ places }) => places, align: 'right' },
    ],
    summary.replaced,
  );
  if (summary.blanked.length > 0) {
    io.out('\n');
    writeTable(
      io,
      [
        { title: 'BLANKED', cell: ({ what }) => what },
        { title: 'PLACES', cell: ({ places }) => places, align: 'right' },
        { title: 'BYTES', cell: ({ bytes }) => bytes, align: 'right' },
      ],
      summary.blanked,
    );
  }
  io.err(`${summary.out}: ${summary.format}, ${counted(summary.frames, 'frame')}\n`);
}
