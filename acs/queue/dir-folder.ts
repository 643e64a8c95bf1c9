/**
 * The folders of the queue's devices and the moves between them. Every change of state is one rename, and
 * every rename goes to a name that only it can have made. So exactly one of several servers gets a task, and
 * a success whose reply was lost on the way from a file server does not look like a lost race
 * (docs/storage.md).
 */
import { randomBytes } from 'node:crypto';
import { join, sep } from 'node:path';
import { ModemlabError } from '../../protocol/errors.ts';
import { storageName } from '../device-key.ts';
import type { Processes } from '../processes.ts';
import type { QueueFiles } from './files.ts';
import type { QueueOptions } from './options.ts';
import { NOT_REPEATABLE } from './queue.ts';
import { readTaskFile, type TaskFile } from './task-file.ts';
import { isTaskId } from './task-id.ts';
import {
  type Holder,
  readHolder,
  readTaskName,
  type TaskName,
  writeHolder,
  writeTaskName,
} from './task-name.ts';

export type Place = 'new' | 'claimed' | 'done' | 'failed';
export const PLACES: readonly Place[] = ['new', 'claimed', 'done', 'failed'];

/** One file of a task. `name` is there in new/ and claimed/. */
export interface Entry {
  /** Storage name of its device. */
  readonly device: string;
  readonly place: Place;
  readonly file: string;
  readonly id: string;
  readonly name?: TaskName;
}

const LEASE_MS = 600_000;
const SKEW_MS = 60_000;
/** No file system's clock ticks slower: a folder older than this shows another time after the next change. */
const CLOCK_TICK_MS = 50;
/** Empty folders that are remembered. */
const MAX_REMEMBERED = 200_000;
/** Drafts of other hosts are removed after a day. */
const FOREIGN_DRAFT_MS = 86_400_000;

export class TaskFolders {
  readonly root: string;
  readonly files: QueueFiles;
  readonly #drafts: string;
  readonly #processes: Processes;
  readonly #options: QueueOptions;
  readonly now: () => number;
  readonly #nonce = randomBytes(5).toString('hex');
  #serial = 0;
  /** Files in claimed/ that this queue holds. */
  readonly mine = new Map<string, Entry>();
  /** When a folder changed last, for folders that were seen empty since. */
  readonly #empty = new Map<string, number>();

  constructor(root: string, files: QueueFiles, processes: Processes, options: QueueOptions) {
    this.root = root;
    this.files = files;
    this.#drafts = join(root, '.drafts');
    this.#processes = processes;
    this.#options = options;
    this.now = options.now ?? Date.now;
  }

  path({ device, place, file }: Pick<Entry, 'device' | 'place' | 'file'>): string {
    return `${this.#folder(device, place)}${sep}${file}`;
  }

  /** As `join` does, but faster: every session needs it. */
  #folder(device: string, place: Place): string {
    return this.root + sep + device + sep + place;
  }

  /** Makes the folder of drafts, and removes those of dead processes: none of them was accepted. */
  async prepare(): Promise<void> {
    await this.files.makeFolder(this.#drafts);
    for (const file of await this.files.list(this.#drafts)) {
      const holder = readHolder(file);
      if (holder === undefined) continue;
      const draft = join(this.#drafts, file);
      const isOld = (): boolean => (this.files.changedAt(draft) ?? 0) < Date.now() - FOREIGN_DRAFT_MS;
      if (this.#processes.isGone(holder.process, isOld)) await this.files.remove(draft);
    }
  }

  /** This queue as a holder, with a new serial number. */
  holder(): Holder {
    this.#serial += 1;
    return {
      process: this.#processes.self,
      owner: this.#options.owner,
      nonce: this.#nonce,
      serial: this.#serial,
    };
  }

  leaseUntil(): number {
    return this.now() + (this.#options.leaseMs ?? LEASE_MS);
  }

  /** A complete file on the disk that is not in any place yet. */
  async draft(text: string): Promise<string> {
    const path = join(this.#drafts, writeHolder(this.holder()));
    await this.files.write(path, text);
    return path;
  }

  /**
   * Names in a folder of a device, without hidden ones. While the folder stays empty, only its time is looked
   * at.
   */
  async names(device: string, place: Place): Promise<readonly string[]> {
    const folder = this.#folder(device, place);
    const changed = this.files.changedAt(folder);
    if (changed === undefined || (changed === this.#empty.get(folder) && !Number.isNaN(changed))) return [];
    const listed = this.files.list(folder);
    const names = (listed instanceof Promise ? await listed : listed).filter((name) => !name.startsWith('.'));
    // A change within the same tick of the clock would not show, so only an older time is reliable.
    if (names.length === 0 && Date.now() - changed > CLOCK_TICK_MS) {
      if (this.#empty.size >= MAX_REMEMBERED) this.#empty.clear();
      this.#empty.set(folder, changed);
    }
    return names;
  }

  /** The tasks of a device in one place, oldest first. Anything else is moved aside. */
  async entries(device: string, place: Place): Promise<readonly Entry[]> {
    const names = await this.names(device, place);
    if (names.length === 0) return [];
    const entries: Entry[] = [];
    for (const file of names) {
      const entry = readEntry(device, place, file);
      if (entry !== undefined) entries.push(entry);
      else if (file.endsWith('.json')) await this.moveAside({ device, place, file }, 'its name');
    }
    return entries.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  }

  /** The content of a task; `undefined` when it is gone, or damaged: then it is moved aside and reported. */
  async read(entry: Entry): Promise<TaskFile | undefined> {
    const text = await this.files.read(this.path(entry));
    if (text === undefined) return undefined;
    const file = readTaskFile(text);
    if (typeof file === 'string') {
      await this.moveAside(entry, file);
      return undefined;
    }
    if (file.id === entry.id && storageName(file.device) === entry.device) return file;
    await this.moveAside(entry, file.id === entry.id ? 'device' : 'id');
    return undefined;
  }

  async moveAside(entry: Pick<Entry, 'device' | 'place' | 'file'>, why: string): Promise<void> {
    const folder = join(this.root, entry.device, 'damaged');
    await this.files.makeFolder(folder);
    const to = join(folder, `${entry.file.slice(0, 200)}.${this.#nonce}.${this.holder().serial}`);
    if (!(await this.#rename(this.path(entry), to))) return;
    this.mine.delete(entry.file);
    this.#options.onProblem?.(new ModemlabError('E_DATA_UNREADABLE', `${to}: ${why}`));
  }

  /** Moves a task. False when someone else was faster. `sync`: returns once the new name is on the disk. */
  async move(from: Entry, to: Entry, sync: boolean): Promise<boolean> {
    const held = to.name?.holder !== undefined;
    // Before the rename: another part of this process that sees the name must know that it is ours.
    if (held) this.mine.set(to.file, to);
    let moved = false;
    try {
      moved = await this.#rename(this.path(from), this.path(to));
      if (!moved && (await this.files.exists(this.path(from)))) {
        // The source exists, so the target's folder is missing.
        await this.makeFolders(to.device);
        moved = await this.#rename(this.path(from), this.path(to));
      }
      this.mine.delete(from.file);
    } finally {
      if (!moved) this.mine.delete(to.file);
    }
    if (moved && sync) await this.files.syncFolder(join(this.root, to.device, to.place));
    return moved;
  }

  async #rename(from: string, to: string): Promise<boolean> {
    if (await this.files.rename(from, to)) return true;
    // Nothing at `from`: the reply to our rename was lost and it was repeated, or someone else was faster.
    return this.files.exists(to);
  }

  /** Moves a complete draft into a folder; missing folders are made. */
  async publish(draft: string, to: Entry): Promise<void> {
    if (this.files.changedAt(join(this.root, to.device, 'failed')) === undefined)
      await this.makeFolders(to.device);
    if (!(await this.#rename(draft, this.path(to)))) {
      await this.makeFolders(to.device);
      if (!(await this.#rename(draft, this.path(to))))
        throw new ModemlabError('E_DATA_UNREADABLE', this.path(to));
    }
    await this.files.syncFolder(join(this.root, to.device, to.place));
  }

  async makeFolders(device: string): Promise<void> {
    // failed/ comes last: if it exists, the others do too.
    for (const place of PLACES) await this.files.makeFolder(join(this.root, device, place));
    await this.files.syncFolder(join(this.root, device));
    await this.files.syncFolder(this.root);
  }

  /** Whether the holder of a task will never come back to it. */
  isAbandoned({ holder, leaseUntil }: TaskName, file: string): boolean {
    if (holder === undefined) return true;
    const { process, nonce } = holder;
    if (this.#processes.isSelf(process) && nonce === this.#nonce) return !this.mine.has(file);
    const leaseEnd = (leaseUntil ?? 0) + (this.#options.skewMs ?? SKEW_MS);
    return this.#processes.isGone(process, () => this.now() > leaseEnd);
  }

  /**
   * Takes back the tasks of abandoned holders: if the end was written it is completed; a task that was not
   * sent or may be repeated is new again; the others are unsure.
   */
  async recover(device: string): Promise<readonly Entry[]> {
    const entries = await this.entries(device, 'claimed');
    if (entries.length === 0) return entries;
    const still: Entry[] = [];
    for (const entry of entries) {
      const { name } = entry;
      if (name === undefined) continue;
      if (name.holder === undefined || !this.isAbandoned(name, entry.file)) still.push(entry);
      else {
        const now = await this.#takeBack(entry, name);
        if (now !== undefined) still.push(now);
      }
    }
    return still;
  }

  /** Where the task is now, if that is in claimed/. */
  async #takeBack(entry: Entry, name: TaskName): Promise<Entry | undefined> {
    const file = await this.read(entry);
    if (file === undefined) return undefined;
    if (file.end?.as === entry.file) {
      const place = file.end.outcome.is;
      await this.move(entry, { device: entry.device, place, file: `${entry.id}.json`, id: entry.id }, true);
      return undefined;
    }
    const to = takenBack(entry, name, NOT_REPEATABLE.has(file.request.rpc));
    const moved = await this.move(entry, to, true);
    return moved && to.place === 'claimed' ? to : undefined;
  }
}

/** Where a task goes whose holder is gone. */
export function takenBack(entry: Entry, name: TaskName, once: boolean): Entry {
  const { id, attempts, sentAt, deadline } = name;
  const base = { id, attempts, ...(sentAt === undefined ? {} : { sentAt }) };
  if (name.state === 'running') {
    return openEntry(entry.device, {
      ...base,
      state: 'running',
      ...(deadline === undefined ? {} : { deadline }),
    });
  }
  const unsure = name.state === 'unsure' || (name.state === 'sent' && once);
  return openEntry(entry.device, { ...base, state: unsure ? 'unsure' : 'new' });
}

/** The file of a task that has not ended. */
export function openEntry(device: string, name: TaskName): Entry {
  return {
    device,
    place: name.state === 'new' ? 'new' : 'claimed',
    file: writeTaskName(name),
    id: name.id,
    name,
  };
}

function readEntry(device: string, place: Place, file: string): Entry | undefined {
  if (place === 'done' || place === 'failed') {
    const id = file.slice(0, -'.json'.length);
    return file.endsWith('.json') && isTaskId(id) ? { device, place, file, id } : undefined;
  }
  const name = readTaskName(file);
  if (name === undefined || (name.state === 'new') !== (place === 'new')) return undefined;
  return { device, place, file, id: name.id, name };
}
