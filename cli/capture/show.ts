/** `modemlab capture show` */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CwmpSession } from '../../captures/conversation/cwmp-types.ts';
import type { Capture } from '../../captures/file/open.ts';
import { openCaptureFile, readCapture } from '../../captures/file/open.ts';
import { writePage } from '../../captures/story/page.ts';
import type { Story } from '../../captures/story/story.ts';
import { createStory } from '../../captures/story/story.ts';
import type { StoryRecord } from '../../captures/story/story-record.ts';
import { isoTime } from '../../captures/story/story-record.ts';
import { counted } from '../../protocol/counted.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { describeWireError, ERRORS, ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import { EXIT } from '../support/report.ts';
import { shortTime, writeTable } from '../support/table.ts';
import { asFileError } from './file-error.ts';
import { writeRecord, writeWhole } from './line.ts';
import { captureProgress } from './progress.ts';

export interface ShowOptions {
  readonly full: boolean;
  readonly json: boolean;
  readonly session?: number;
  readonly device?: string;
  readonly html?: string;
}

export async function show(cli: CliContext, file: string, options: ShowOptions): Promise<void> {
  const opened = file === '-' ? readCapture(cli.io.inputBytes()) : openCaptureFile(file);
  const title = file === '-' ? 'standard input' : path.basename(file);
  cli.exitCode = await showCapture(cli.io, opened, title, file, options);
}

async function showCapture(
  io: Io,
  capture: Capture,
  title: string,
  file: string,
  options: ShowOptions,
): Promise<number> {
  const story = createStory();
  const writesLines = options.html === undefined;
  const progress = await captureProgress(io, file === '-' ? undefined : file, capture, story, writesLines);
  const view =
    options.html === undefined ? (options.json ? jsonView(io) : linesView(io, options)) : new PageView();
  let first: bigint | undefined;
  let last = 0n;
  const write = (records: readonly StoryRecord[]): void => {
    for (const record of records) if (isWanted(record, options)) view.record(record);
  };
  // The command before us in a pipe ends at the first signal, and then so do we; a second signal does not
  // wait for that.
  let signals = 0;
  const forget = io.onSignal(() => {
    signals += 1;
    if (signals > 1) io.abort(EXIT.failed);
  });
  try {
    for await (const frame of capture.frames) {
      if (signals > 0) break;
      first ??= frame.time;
      last = frame.time;
      write(story.push(frame));
    }
  } catch (error) {
    throw asFileError(error);
  } finally {
    progress?.stop();
    forget();
  }
  if (capture.fault?.code === 'E_CAPTURE_FORMAT')
    throw new ModemlabError('E_CAPTURE_FORMAT', `${title}: ${capture.fault.found ?? ''}`);
  write(story.end());
  const sessions = [...story.sessions].filter((session) => isWantedSession(session, options));
  const about = aboutOf(capture, story, first, last);
  view.end(sessions, about);
  if (view instanceof PageView && options.html !== undefined) {
    await writeFile(options.html, view.page(title, sessions, about));
    io.err(`${counted(view.records.length, 'message')} written to ${options.html}\n`);
  }
  if (capture.fault === undefined) return EXIT.success;
  io.err(`${describeWireError(capture.fault)}\n  ${ERRORS[capture.fault.code].remedy}\n`);
  return EXIT.failed;
}

interface About {
  readonly format: string;
  readonly bytes: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly frames: Story['counts'];
  readonly fault: string | null;
}

function aboutOf(capture: Capture, { counts }: Story, first: bigint | undefined, last: bigint): About {
  return {
    format: capture.format ?? '',
    bytes: capture.bytesRead,
    first: first === undefined ? null : isoTime(first),
    last: first === undefined ? null : isoTime(last),
    frames: counts,
    fault: capture.fault === undefined ? null : describeWireError(capture.fault),
  };
}

interface View {
  record(record: StoryRecord): void;
  end(sessions: readonly CwmpSession[], about: About): void;
}

function linesView(io: Io, { full }: ShowOptions): View {
  let day = '';
  return {
    record(record) {
      if (record.time.slice(0, 10) !== day) {
        day = record.time.slice(0, 10);
        io.out(`${day} (UTC)\n`);
      }
      writeRecord(io, record);
      if (full) writeWhole(io, record);
    },
    end(sessions, { bytes, format, frames }) {
      if (sessions.length > 0) io.out('\n');
      if (sessions.length > 0)
        writeTable(
          io,
          [
            { title: 'SESSION', cell: ({ number }) => number, align: 'right' },
            { title: 'DEVICE', cell: ({ device }) => device ?? '?' },
            { title: 'BEGAN', cell: ({ began }) => shortTime(isoTime(began)) },
            { title: 'EVENTS', cell: ({ events }) => events.join(', ') },
            { title: 'POSTS', cell: ({ posts }) => posts, align: 'right' },
            { title: 'FAULTS', cell: ({ faults }) => faults, align: 'right' },
            { title: 'QUIRKS', cell: ({ quirks }) => quirks.size, align: 'right' },
            { title: 'STATE', cell: ({ state }) => state },
          ],
          sessions,
        );
      io.err(
        `${format}: ${counted(frames.frames, 'frame')}, ${counted(bytes, 'byte')}; ${frames.tcp} TCP, ${frames.udp} UDP\n`,
      );
    },
  };
}

/** One document, written as the records arrive: a large capture has more of them than fit into memory. */
function jsonView(io: Io): View {
  let count = 0;
  return {
    record(record) {
      io.out(`${count === 0 ? '{"records":[\n' : ',\n'}${JSON.stringify(record)}`);
      count += 1;
    },
    end(sessions, about) {
      const plain = sessions.map(({ began, ended, quirks, ...session }) => ({
        ...session,
        began: isoTime(began),
        ended: isoTime(ended),
        quirks: Object.fromEntries(quirks),
      }));
      const start = count === 0 ? '{"records":[]' : '\n]';
      const rest = `"sessions":${JSON.stringify(plain.map(plainSession))},"capture":${JSON.stringify(about)}`;
      io.out(`${start},${rest}}\n`);
    },
  };
}

/** Without what is internal to the reader. */
function plainSession({
  acs,
  began,
  connections,
  cpe,
  device,
  deviceId,
  ended,
  events,
  faults,
  firmware,
  number,
  posts,
  quirks,
  state,
}: Omit<CwmpSession, 'began' | 'ended' | 'quirks'> & {
  readonly began: string;
  readonly ended: string;
  readonly quirks: Readonly<Record<string, number>>;
}) {
  return {
    number,
    device: device ?? null,
    deviceId: deviceId ?? null,
    firmware: firmware ?? null,
    events,
    cpe,
    acs,
    began,
    ended,
    posts,
    connections,
    faults,
    quirks,
    state,
  };
}

/** The most characters of raw text on a page: a browser can still open it easily. */
const PAGE_CHARACTERS = 48 * 1024 * 1024;
const PAGE_RECORDS = 50_000;

class PageView implements View {
  readonly records: StoryRecord[] = [];
  #left = PAGE_CHARACTERS;
  #dropped = 0;

  record(record: StoryRecord): void {
    const size = (record.raw?.length ?? 0) * 2 + 500;
    if (this.#left < size || this.records.length >= PAGE_RECORDS) {
      this.#dropped += 1;
      return;
    }
    this.#left -= size;
    this.records.push(record);
  }

  end(): void {}

  page(
    title: string,
    sessions: readonly CwmpSession[],
    { bytes, fault, first, format, frames, last }: About,
  ): string {
    const span = first === null ? '' : `, ${shortTime(first)} to ${shortTime(last ?? first)}`;
    const notes = fault === null ? [] : [`The file is shown up to this point: ${fault}`];
    if (this.#dropped > 0)
      notes.push(
        `left out: ${counted(this.#dropped, 'more message')}; narrow them down with --session or --device.`,
      );
    const { records } = this;
    const counts = `${counted(sessions.length, 'session')}, ${counted(records.length, 'message')}`;
    const summary = `${format}, ${counted(frames.frames, 'frame')}, ${counted(bytes, 'byte')}, ${counts}${span}`;
    return writePage({ title, summary, notes, sessions, records });
  }
}

const isWanted = (record: StoryRecord, { device, session }: ShowOptions): boolean =>
  (session === undefined || record.session === session) &&
  (device === undefined || isDevice(record.device, device));

const isWantedSession = (one: CwmpSession, { device, session }: ShowOptions): boolean =>
  (session === undefined || one.number === session) && (device === undefined || isDevice(one.device, device));
