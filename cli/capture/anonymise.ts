/** `modemlab capture anonymise` */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import process from 'node:process';
import { type Command, Option } from 'commander';
import { anonymise } from '../../captures/anonymise/anonymise.ts';
import { anonymisedFile } from '../../captures/anonymise/file.ts';
import type { Blanked, Replaced } from '../../captures/anonymise/tally.ts';
import type { CapturedFrame } from '../../captures/file/frame.ts';
import type { Capture } from '../../captures/file/open.ts';
import { openCaptureFile } from '../../captures/file/open.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import { jsonOption } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import { writeJson, writeTable } from '../support/table.ts';
import { asFileError } from './show.ts';

interface AnonymiseOptions {
  readonly out: string;
  readonly seed?: string;
  readonly json: boolean;
}

export function addCaptureAnonymise(capture: Command, cli: CliContext): void {
  command(capture, {
    usage: 'anonymise <file>',
    summary: 'write a packet capture anew without what is somebody’s own',
    more: [
      'FILE is a pcap or pcapng file, plain or gzip; OUT is of the same format, plain. FILE itself is never changed.',
      'Serial numbers, MAC addresses (the vendor’s half stays), IP addresses, host names, user names, passwords, keys, names of networks, locations, telephone numbers, provisioning codes and cookies are replaced, each by another text of the same length and the same one everywhere. What modemlab does not understand (TLS, files, other protocols) is made zeros. Checksums that were right are right. docs/captures.md tells what to look at before a capture is given away.',
      'What stands in the place of a secret comes from a random key that nobody keeps. With --seed it comes from the seed: captures that are anonymised with one seed fit together, and who knows the seed can try out guesses.',
    ].join('\n\n'),
    options: [
      new Option('-o, --out <out>', 'the file to write; an older one is replaced').makeOptionMandatory(),
      new Option('--seed <text>', 'replace alike in several captures: keep the seed secret'),
      jsonOption(),
    ],
    examples: [
      [
        'capture anonymise session.pcapng -o clean.pcapng',
        'writes clean.pcapng, and lists what was replaced',
      ],
      ['capture anonymise session.pcapng -o clean.pcapng --json', 'the same for programs'],
    ],
  }).action(async (file: string, options: AnonymiseOptions) => {
    cli.exitCode = await run(cli.io, file, options);
  });
}

async function run(io: Io, file: string, { json, out, seed }: AnonymiseOptions): Promise<number> {
  if (file === '-')
    throw new ModemlabError(
      'E_FILE_INVALID',
      'standard input: it is read more than once, so it must be a file',
    );
  if (await isSameFile(file, out))
    throw new ModemlabError('E_FILE_INVALID', `${out}: it is the capture itself`);
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
  tell(io, json, {
    ...{ out, format, frames: count, replaced: report.replaced, blanked: report.blanked },
    fault: fault === undefined ? null : describeWireError(fault),
  });
  if (fault === undefined) return EXIT.fine;
  io.err(`${describeWireError(fault)}\n  ${ERRORS[fault.code].remedy}\n`);
  return EXIT.failed;
}

/** Also by another name: a link, or another way there. */
async function isSameFile(one: string, other: string): Promise<boolean> {
  const stats = await Promise.all([one, other].map((name) => stat(name).catch(() => undefined)));
  const [a, b] = stats;
  return a !== undefined && b !== undefined && a.dev === b.dev && a.ino === b.ino;
}

/** The file has its name when it is whole. */
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
    // One that was there before is another's.
    if (!stream.pending) await rm(unfinished, { force: true });
    throw error;
  }
}

interface Told {
  readonly out: string;
  readonly format: string;
  readonly frames: number;
  readonly replaced: readonly Replaced[];
  readonly blanked: readonly Blanked[];
  readonly fault: string | null;
}

function tell(io: Io, json: boolean, told: Told): void {
  if (json) {
    writeJson(io, told);
    return;
  }
  writeTable(
    io,
    [
      { title: 'REPLACED', cell: ({ kind }) => kind },
      { title: 'DIFFERENT', cell: ({ different }) => different, align: 'right' },
      { title: 'PLACES', cell: ({ places }) => places, align: 'right' },
    ],
    told.replaced,
  );
  if (told.blanked.length > 0) {
    io.out('\n');
    writeTable(
      io,
      [
        { title: 'BLANKED', cell: ({ what }) => what },
        { title: 'PLACES', cell: ({ places }) => places, align: 'right' },
        { title: 'BYTES', cell: ({ bytes }) => bytes, align: 'right' },
      ],
      told.blanked,
    );
  }
  io.err(`${told.out}: ${told.format}, ${told.frames} frames\n`);
}
