/** A file system for the queue that breaks at a chosen operation. */
import { readFile, writeFile } from 'node:fs/promises';
import { Processes } from '../../../acs/processes.ts';
import { type QueueFiles, systemFiles } from '../../../acs/queue/files.ts';

export class Crash extends Error {}

/**
 * before: the process dies when it is about to do the operation; after: when it has done it; torn: a file is
 * half written; 'lost reply': the operation is done, and asked again by the client of a file server, which
 * finds nothing.
 */
export type Breakage = 'before' | 'after' | 'torn' | 'lost reply';

export interface BrokenFiles extends QueueFiles {
  /** Operations asked for until now. */
  readonly count: number;
}

/** The real file system, without flushes: what a dead process leaves behind is the same. */
export function quickFiles(): QueueFiles {
  return {
    ...systemFiles(true),
    write: (file, text) => writeFile(file, text, { flag: 'wx' }),
    syncFolder: async () => {},
  };
}

/** Breaks at operation `at` (from 1). After a crash no operation does anything: the process is gone. */
export function brokenFiles(at: number, how: Breakage): BrokenFiles {
  const files = quickFiles();
  let count = 0;
  let dead = false;
  const one = async <T>(work: () => Promise<T>, again?: T, tear?: () => Promise<void>): Promise<T> => {
    if (dead) throw new Crash('dead');
    count += 1;
    if (count !== at) return work();
    if (how === 'lost reply') {
      const result = await work();
      return again ?? result;
    }
    dead = true;
    if (how === 'after') await work();
    if (how === 'torn') await tear?.();
    throw new Crash(`${how} operation ${at}`);
  };
  return {
    get count() {
      return count;
    },
    write: (file, text) =>
      one(
        () => files.write(file, text),
        undefined,
        () => writeFile(file, text.slice(0, text.length / 2)),
      ),
    read: (file) => one(() => readFile(file, 'utf8').catch(() => undefined)),
    rename: (from, to) => one(() => files.rename(from, to), false),
    exists: (file) => one(() => files.exists(file)),
    remove: (file) => one(() => files.remove(file), false),
    makeFolder: (folder) => one(() => files.makeFolder(folder)),
    syncFolder: (folder) => one(() => files.syncFolder(folder)),
    list: (folder) => one(async () => files.list(folder)),
    changedAt: (folder) => {
      if (dead) throw new Crash('dead');
      return files.changedAt(folder);
    },
  };
}

/** Processes that live and die in one process: `dead` holds the pids of those that are gone. */
export function pretendedProcesses(pid: number, dead: ReadonlySet<number>, host = 'host-1'): Processes {
  return new Processes({ host, pid, start: `boot-${pid}` }, (name) => !dead.has(name.pid));
}
