/**
 * A lock between the processes of one machine that does not outlive its owner.
 *
 * A lock is a hard link to a file that names its owner, held for one read, change and write, some
 * milliseconds. Making a link is exclusive, so only one process gets it. When the owner's process is gone,
 * one other takes the lock over: whoever wants to replace the lock X first takes the lock X.next in the same
 * way, looks at X again, and renames a link to its own file over X. A lock is removed only by its owner, or
 * replaced by the holder of X.next once the owner is gone; so nobody can remove the lock of a living process.
 */
import { link, readdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Processes, ProcessName } from '../processes.ts';
import { parseJson } from './flat.ts';
import { codeOf } from './folder-kind.ts';
import { isMembers } from './shape.ts';

/** How long to wait for a lock: writing a large device takes a second at worst. */
const MAX_WAIT_MS = 30_000;
/** A lock of another host or container is taken over when it is this old. */
const FOREIGN_MS = 60_000;
/** The lock, the lock to replace it, and so on: each level takes one more crash at the wrong moment. */
const MAX_LEVEL = 4;

export class Locks {
  readonly #folder: string;
  readonly #ownFile: string;
  readonly #processes: Processes;
  #links = 0;

  constructor(folder: string, ownFile: string, processes: Processes) {
    this.#folder = folder;
    this.#ownFile = ownFile;
    this.#processes = processes;
  }

  /** @param nonce distinguishes several of one process */
  static async open(folder: string, processes: Processes, nonce: string): Promise<Locks> {
    const own = join(folder, `.owner-${processes.self.pid}-${nonce}`);
    await writeFile(own, JSON.stringify(processes.self), { flag: 'wx' });
    const locks = new Locks(folder, own, processes);
    await locks.#tidy();
    return locks;
  }

  async close(): Promise<void> {
    await remove(this.#ownFile);
  }

  /** Runs `work` while no other process runs any under the same name. */
  async with<T>(name: string, work: () => Promise<T>): Promise<T> {
    const lock = join(this.#folder, `.${name}.lock`);
    await this.#take(lock, 0);
    try {
      return await work();
    } finally {
      await remove(lock);
    }
  }

  async #take(lock: string, level: number): Promise<void> {
    const until = performance.now() + MAX_WAIT_MS;
    for (let wait = 1; performance.now() < until; wait = Math.min(wait * 2, 25)) {
      if (await this.#tryLink(lock)) return;
      if (await this.#isAbandoned(lock)) {
        if (level < MAX_LEVEL && (await this.#replace(lock, level))) return;
      }
      await pause(wait);
    }
    throw new ModemlabError('E_DATA_IN_USE', lock);
  }

  async #tryLink(lock: string): Promise<boolean> {
    try {
      await link(this.#ownFile, lock);
      return true;
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw new ModemlabError('E_DATA_UNREADABLE', lock, { cause: error });
    }
  }

  /** Replaces the lock of a process that is gone with ours. False if somebody else was faster. */
  async #replace(lock: string, level: number): Promise<boolean> {
    const next = `${lock}.next`;
    await this.#take(next, level + 1);
    try {
      if (!(await this.#isAbandoned(lock))) return false;
      this.#links += 1;
      const ours = `${this.#ownFile}.${this.#links}`;
      await link(this.#ownFile, ours);
      await rename(ours, lock);
      return true;
    } finally {
      await remove(next);
    }
  }

  async #isAbandoned(file: string): Promise<boolean> {
    let text: string;
    let age: number;
    try {
      text = await readFile(file, 'utf8');
      age = Date.now() - (await stat(file)).ctimeMs;
    } catch (error) {
      // Released meanwhile: it is to be tried again, not replaced.
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    return this.#processes.isGone(readOwner(text), () => age > FOREIGN_MS);
  }

  /** Removes the files of dead processes: those that name them, and links that they had not renamed yet. */
  async #tidy(): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!name.startsWith('.owner-')) continue;
      const file = join(this.#folder, name);
      if (await this.#isAbandoned(file)) await remove(file);
    }
  }
}

function readOwner(text: string): ProcessName | undefined {
  const value = parseJson(text);
  if (!isMembers(value)) return undefined;
  const { host, pid, start } = value;
  if (typeof host !== 'string' || typeof pid !== 'number' || typeof start !== 'string') return undefined;
  return { host, pid, start };
}

async function remove(file: string): Promise<void> {
  try {
    await unlink(file);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}
