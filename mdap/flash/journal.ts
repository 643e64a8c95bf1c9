/**
 * What happened to each modem, on the disk, so that a run can go on after a stop: one JSON document a line,
 * added and flushed. After a start it is read from the beginning; what the modems are then follows from it
 * alone.
 */
import { open, readFile, rename } from 'node:fs/promises';
import { ModemlabError } from '../../protocol/errors.ts';
import { isEntry, type JournalEntry } from './journal-entry.ts';

const VERSION = 2;

export interface Journal {
  /** Adds an entry; it is on the disk when `flushed` resolves. */
  add(entry: JournalEntry): void;
  /** Rejects if writing failed. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

/** Keeps nothing. */
export const NO_JOURNAL: Journal = {
  add: () => undefined,
  flushed: async () => undefined,
  close: async () => undefined,
};

/** `resume` continues the file; otherwise an existing one is kept as `FILE.before`. */
export async function openJournal(file: string, resume: boolean): Promise<Journal> {
  if (!resume) await rename(file, `${file}.before`).catch(() => undefined);
  const handle = await open(file, resume ? 'a+' : 'w', 0o600).catch((error: unknown) => {
    throw new ModemlabError('E_FILE_INVALID', `${file} cannot be written`, { cause: error });
  });
  const { size } = await handle.stat();
  let pending = size === 0 ? `${JSON.stringify({ journal: VERSION })}\n` : await mend(file);
  let writing: Promise<void> | undefined;
  let failed: unknown;
  // Everything that was added while the disk was busy is written together.
  const write = async (): Promise<void> => {
    while (pending !== '') {
      const text = pending;
      pending = '';
      await handle.write(text);
      await handle.datasync();
    }
  };
  const flush = (): Promise<void> => {
    writing ??= write()
      .catch((error: unknown) => {
        failed = error;
      })
      .finally(() => {
        writing = undefined;
      });
    return writing;
  };
  const flushed = async (): Promise<void> => {
    while (pending !== '' && failed === undefined) await flush();
    await writing;
    if (failed !== undefined)
      throw new ModemlabError('E_DATA_UNREADABLE', `${file} cannot be written`, { cause: failed });
  };
  return {
    add: (entry) => {
      pending += `${JSON.stringify(entry)}\n`;
      void flush();
    },
    flushed,
    close: async () => {
      await flushed().finally(() => handle.close());
    },
  };
}

/** Ends a line that was cut off when the program was killed, so that the next entry has its own line. */
async function mend(file: string): Promise<string> {
  const text = await readFile(file, 'utf8');
  return text.endsWith('\n') ? '' : '\n';
}

/**
 * The entries of a journal. A last line that was cut is left out: nothing was done before it was whole.
 * Throws ModemlabError with the line of what cannot be read.
 */
export async function readJournal(file: string): Promise<JournalEntry[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new ModemlabError('E_FILE_INVALID', `${file}: there is no journal to go on with`, { cause: error });
  });
  const lines = text.split('\n');
  const entries: JournalEntry[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const value = parse(line);
    if (index === 0 && isHeader(value)) continue;
    if (index > 0 && isEntry(value)) entries.push(value);
    // A line cut off by a kill: what follows was written by a later run.
    else if (value !== undefined || index === 0)
      throw new ModemlabError('E_FILE_INVALID', `${file}:${index + 1} is no entry of a journal`);
  }
  return entries;
}

/** `undefined`: not JSON. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line) ?? null;
  } catch {
    return undefined;
  }
}

const isHeader = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'journal' in value && value.journal === VERSION;
