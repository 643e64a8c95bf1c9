/** All that the queue needs of a file system. docs/storage.md explains why NFS guarantees it. */
import { readdirSync, statfsSync, statSync } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat, unlink } from 'node:fs/promises';
import { codeOf } from '../store/folder-kind.ts';
import { syncFolder } from '../sync-folder.ts';

export interface QueueFiles {
  /** Creates a file that must not exist, writes it, and resolves when it is on the disk. */
  write(file: string, text: string): Promise<void>;
  /** The whole file; `undefined` when there is none. */
  read(file: string): Promise<string | undefined>;
  /** False when there is nothing at `from`, or no folder for `to`. A file at `to` is replaced. */
  rename(from: string, to: string): Promise<boolean>;
  exists(file: string): Promise<boolean>;
  /** False when there is none. */
  remove(file: string): Promise<boolean>;
  /** With its parents; nothing happens if it exists. */
  makeFolder(folder: string): Promise<void>;
  /** Resolves when the names in the folder are on the disk. */
  syncFolder(folder: string): Promise<void>;
  /** Names in a folder; none when there is no folder. Synchronous where that is fast. */
  list(folder: string): readonly string[] | Promise<readonly string[]>;
  /**
   * When the names in a folder last changed, in ms; `undefined` when there is no folder, NaN when that is
   * unknown.
   */
  changedAt(folder: string): number | undefined;
}

/** `statfs` types of file systems that are on this machine: ext, xfs, btrfs, tmpfs, overlay, zfs, f2fs. */
const LOCAL: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0x01021994, 0x794c7630, 0x2fc12fc1, 0xf2f52010,
]);

/** Whether a folder is on a disk of this machine, as far as the system knows. */
export function isLocal(folder: string): boolean {
  try {
    return LOCAL.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/**
 * The real file system. On a disk of this machine names are read synchronously, which takes 2 to 8 µs; the
 * thread pool takes 30. Over a network they are not, because one slow file server would stop every session.
 */
export function systemFiles(local: boolean): QueueFiles {
  return {
    write: async (file, text) => {
      const handle = await open(file, 'wx', 0o600);
      try {
        await handle.writeFile(text, 'utf8');
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    read: (file) => unlessMissing(readFile(file, 'utf8'), undefined),
    rename: (from, to) =>
      unlessMissing(
        rename(from, to).then(() => true),
        false,
      ),
    exists: (file) =>
      unlessMissing(
        stat(file).then(() => true),
        false,
      ),
    remove: (file) =>
      unlessMissing(
        unlink(file).then(() => true),
        false,
      ),
    makeFolder: async (folder) => {
      await mkdir(folder, { recursive: true });
    },
    syncFolder,
    list: local ? listNow : (folder) => unlessMissing(readdir(folder), []),
    changedAt: local ? (folder) => statSync(folder, { throwIfNoEntry: false })?.mtimeMs : () => Number.NaN,
  };
}

async function unlessMissing<T>(result: Promise<T>, missing: T): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return missing;
    throw error;
  }
}

function listNow(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
