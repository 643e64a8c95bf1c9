/**
 * The queue on disk: a folder for each device, a file for each task, shared by any number of servers, over
 * NFS too. docs/storage.md says what each move promises and what a crash between two of them leaves behind.
 */
import { setMaxListeners } from 'node:events';
import { join } from 'node:path';
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { storageName } from '../device-key.ts';
import { systemProcesses } from '../processes.ts';
import { claimFolder } from '../store/folder-kind.ts';
import { type Entry, openEntry, PLACES, type Place, TaskFolders, takenBack } from './dir-folder.ts';
import { isLocal, systemFiles } from './files.ts';
import type { QueueOptions } from './options.ts';
import type { Task, TaskOutcome, TaskQueue } from './queue.ts';
import { NOT_REPEATABLE } from './queue.ts';
import {
  CANCELLED,
  copyFile,
  endedTask,
  isEnded,
  isoTime,
  openTask,
  type TaskFile,
  writeTaskFile,
} from './task-file.ts';
import { mayBelong, taskIds } from './task-id.ts';
import type { OpenState, TaskName } from './task-name.ts';
import { untilChanged } from './watch.ts';

const KEEP = 1000;
/** How often a task is looked for that moves meanwhile. */
const MAX_LOOKS = 3;

/** @throws ModemlabError E_DATA_IN_USE, E_DATA_UNREADABLE */
export async function dirQueue(folder: string, options: QueueOptions): Promise<TaskQueue> {
  const root = join(folder, 'queue');
  const local = options.local ?? isLocal(folder);
  const files = options.files ?? systemFiles(local);
  try {
    await files.makeFolder(root);
    await claimFolder(root, { holds: 'queue', kind: 'dir', version: 1 });
    const folders = new TaskFolders(root, files, options.processes ?? systemProcesses(), options);
    await folders.prepare();
    return new DirQueue(folders, local, options);
  } catch (error) {
    if (error instanceof ModemlabError) throw error;
    throw new ModemlabError('E_DATA_UNREADABLE', root, { cause: error });
  }
}

class DirQueue implements TaskQueue {
  readonly #folders: TaskFolders;
  readonly #local: boolean;
  readonly #keep: number;
  readonly #newId: (device: string) => string;
  /** Files in done/ and failed/ of a device, as far as this process knows. */
  readonly #kept = new Map<string, number>();
  readonly #closing = new AbortController();

  constructor(folders: TaskFolders, local: boolean, options: QueueOptions) {
    this.#folders = folders;
    this.#local = local;
    this.#keep = options.keep ?? KEEP;
    this.#newId = taskIds(folders.now);
    // Everyone who waits for a task also waits for the end of the queue.
    setMaxListeners(0, this.#closing.signal);
  }

  async add(device: string, request: Request<CpeMethod>): Promise<Task> {
    const id = this.#newId(device);
    const file = copyFile({ id, device, request, acceptedAt: isoTime(this.#folders.now()) });
    const name: TaskName = { id, state: 'new', attempts: 0 };
    const draft = await this.#folders.draft(writeTaskFile(file));
    await this.#folders.publish(draft, openEntry(storageName(device), name));
    return openTask(file, name);
  }

  async claim(device: string): Promise<Task | undefined> {
    const key = storageName(device);
    await this.#folders.recover(key);
    for (const entry of await this.#folders.entries(key, 'new')) {
      if (entry.name === undefined) continue;
      const to = this.#held(key, entry.name, 'claimed');
      if (!(await this.#folders.move(entry, to, false))) continue;
      const task = await this.#task(to);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  async markSent(task: Task): Promise<Task> {
    const { from, name } = await this.#inHand(task, ['claimed']);
    const sent = { ...name, attempts: name.attempts + 1, sentAt: this.#folders.now() };
    return this.#change(task, from, this.#held(from.device, sent, 'sent'));
  }

  async markRunning(task: Task, deadline: Date): Promise<Task> {
    const { from, name } = await this.#inHand(task, ['sent', 'unsure', 'running']);
    return this.#change(task, from, released(from, name, 'running', deadline));
  }

  async markUnsure(task: Task): Promise<Task> {
    const { from, name } = await this.#inHand(task, ['sent', 'unsure', 'running']);
    return this.#change(task, from, released(from, name, 'unsure'));
  }

  async giveBack(task: Task): Promise<Task> {
    const { from, name } = await this.#inHand(task, ['claimed', 'sent', 'unsure', 'running']);
    return this.#change(task, from, released(from, name, 'new'));
  }

  async end(task: Task, outcome: TaskOutcome): Promise<Task> {
    const { from, name } = await this.#inHand(task, ['claimed', 'sent', 'unsure', 'running']);
    return this.#end(from, name, outcome);
  }

  async open(device: string): Promise<readonly Task[]> {
    const entries = await this.#folders.recover(storageName(device));
    const tasks: Task[] = [];
    for (const entry of entries) {
      if (entry.name?.state !== 'unsure' && entry.name?.state !== 'running') continue;
      const task = await this.#task(entry);
      if (task !== undefined) tasks.push(task);
    }
    return tasks;
  }

  async takeOver(device: string): Promise<boolean> {
    const key = storageName(device);
    let isOpen = false;
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      let missed = false;
      for (const entry of await this.#folders.recover(key)) {
        const { name } = entry;
        // A task that is taken over now may become unsure, and then it is open too.
        isOpen = true;
        if (name === undefined || name.ending || (name.state !== 'claimed' && name.state !== 'sent'))
          continue;
        if (this.#folders.mine.has(entry.file)) continue;
        const file = await this.#folders.read(entry);
        const once = file !== undefined && NOT_REPEATABLE.has(file.request.rpc);
        if (file === undefined || !(await this.#folders.move(entry, takenBack(entry, name, once), true)))
          missed = true;
      }
      // A task that moved meanwhile is looked at again, under its new name.
      if (!missed) break;
    }
    return isOpen;
  }

  async *list(device?: string): AsyncIterable<Task> {
    const devices = device === undefined ? await this.#devices() : [storageName(device)];
    const found = new Map<string, Entry>();
    for (const key of devices) {
      // Tasks move on from new, but may also come back to it: the second pass finds those.
      for (const place of [...PLACES, ...PLACES]) {
        for (const entry of await this.#folders.entries(key, place)) found.set(entry.id, entry);
      }
    }
    for (const id of [...found.keys()].sort()) {
      const entry = found.get(id);
      const task = entry === undefined ? undefined : ((await this.#task(entry)) ?? (await this.get(id)));
      if (task !== undefined) yield task;
    }
  }

  async get(id: string): Promise<Task | undefined> {
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const entry = await this.#find(id);
      if (entry === undefined) return undefined;
      const task = await this.#task(entry);
      if (task !== undefined) return task;
    }
    return undefined;
  }

  async retry(id: string): Promise<Task> {
    const entry = await this.#findAfterRecovery(id);
    const file = await this.#folders.read(entry);
    if (file === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id);
    if (entry.place === 'failed') {
      const { attempts, sentAt } = file.end ?? { attempts: 0, sentAt: undefined };
      const sent = sentAt === undefined ? {} : { sentAt: Date.parse(sentAt) };
      return this.#change(file, entry, openEntry(entry.device, { id, state: 'new', attempts, ...sent }));
    }
    const { name } = entry;
    if (name?.state !== 'unsure') throw refused(id, name?.state ?? entry.place);
    return this.#change(file, entry, released(entry, name, 'new'));
  }

  async cancel(id: string): Promise<Task> {
    const entry = await this.#findAfterRecovery(id);
    const { name } = entry;
    const state = name?.state;
    if (name === undefined || state === 'claimed' || state === 'sent')
      throw refused(id, state ?? entry.place);
    if (name.holder !== undefined) throw refused(id, `${state}, and being ended`);
    return this.#end(entry, name, { is: 'failed', error: { code: 'E_TASK_STATE', place: CANCELLED } });
  }

  async wait(id: string, timeoutMs: number): Promise<Task | undefined> {
    const until = performance.now() + timeoutMs;
    const ended = (task: Task | undefined): boolean => task === undefined || isEnded(task);
    let task = await this.get(id);
    if (task === undefined || isEnded(task)) return task;
    const key = storageName(task.device);
    const folders: readonly Place[] = ['done', 'failed'];
    const change = untilChanged(
      folders.map((place) => join(this.#folders.root, key, place)),
      this.#local,
    );
    try {
      // The task is read again once the watch has begun, and each time that something moved.
      for (task = await this.get(id); !ended(task); task = await this.get(id)) {
        const left = until - performance.now();
        if (left <= 0 || this.#closing.signal.aborted) return task;
        await change.next(left, this.#closing.signal);
      }
      return task;
    } finally {
      change.close();
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const entry of [...this.#folders.mine.values()]) {
      if (entry.name === undefined) continue;
      const file = await this.#folders.read(entry);
      if (file === undefined) continue;
      const to = takenBack(entry, entry.name, NOT_REPEATABLE.has(file.request.rpc));
      await this.#folders.move(entry, to, true);
    }
  }

  /** The name by which this queue holds a task from now on. */
  #held(device: string, name: TaskName, state: OpenState): Entry {
    const holder = this.#folders.holder();
    return openEntry(device, { ...name, state, holder, leaseUntil: this.#folders.leaseUntil() });
  }

  async #task(entry: Entry): Promise<Task | undefined> {
    const file = await this.#folders.read(entry);
    if (file === undefined) return undefined;
    if (entry.name !== undefined) return openTask(file, entry.name);
    if (file.end !== undefined && file.end.outcome.is === entry.place) return endedTask(file, file.end);
    await this.#folders.moveAside(entry, 'end');
    return undefined;
  }

  /** The file of a task that this queue holds, or that nobody holds. */
  async #inHand(task: Task, states: readonly OpenState[]): Promise<{ from: Entry; name: TaskName }> {
    const device = storageName(task.device);
    let from = await this.#inMine(task.id);
    if (from === undefined) {
      const entries = await this.#folders.entries(device, 'claimed');
      from = entries.find((entry) => entry.id === task.id && entry.name?.holder === undefined);
    }
    if (from?.name === undefined) throw refused(task.id, 'not held by this server');
    if (!states.includes(from.name.state)) throw refused(task.id, from.name.state);
    return { from, name: from.name };
  }

  /** The file by which this queue holds a task, unless another server took it when the lease ended. */
  async #inMine(id: string): Promise<Entry | undefined> {
    for (const entry of this.#folders.mine.values()) {
      if (entry.id !== id) continue;
      if (await this.#folders.files.exists(this.#folders.path(entry))) return entry;
      this.#folders.mine.delete(entry.file);
    }
    return undefined;
  }

  async #change(task: Omit<TaskFile, 'end'>, from: Entry, to: Entry): Promise<Task> {
    if (to.name === undefined || !(await this.#folders.move(from, to, true)))
      throw refused(task.id, 'not here any more');
    return openTask(task, to.name);
  }

  /**
   * In this order: writes the whole file with the outcome as a draft; takes the task by a rename to a new
   * name, which only one server can do; renames the draft over it; moves it to done/ or failed/. After a
   * crash between the last two the outcome is in a file of the very name that it contains, and whoever looks
   * next completes the move.
   */
  async #end(from: Entry, name: TaskName, outcome: TaskOutcome): Promise<Task> {
    const folders = this.#folders;
    const file = await folders.read(from);
    if (file === undefined) throw refused(from.id, 'not here any more');
    const { id, device, request, acceptedAt } = file;
    const taken = this.#heldAsIs(from, name);
    const end = {
      as: taken.file,
      attempts: name.attempts,
      ...(name.sentAt === undefined ? {} : { sentAt: isoTime(name.sentAt) }),
      endedAt: isoTime(folders.now()),
      outcome,
    };
    const ended = copyFile({ id, device, request, acceptedAt, end });
    const draft = await folders.draft(writeTaskFile(ended));
    if (!(await folders.move(from, taken, false))) {
      await folders.files.remove(draft);
      throw refused(id, 'not here any more');
    }
    await folders.publish(draft, taken);
    const to: Entry = { device: from.device, place: outcome.is, file: `${id}.json`, id };
    if (!(await folders.move(taken, to, true))) throw refused(id, 'not here any more');
    await this.#trim(from.device, outcome.is);
    return endedTask(ended, ended.end ?? end);
  }

  /** The name in claimed/ of a task that this queue ends: it keeps its state, but a new task is claimed. */
  #heldAsIs(from: Entry, name: TaskName): Entry {
    const state = name.state === 'new' ? 'claimed' : name.state;
    return this.#held(from.device, { ...name, ending: true }, state);
  }

  /** Keeps the newest. Lists the folder only when it may have a tenth too many. */
  async #trim(device: string, place: 'done' | 'failed'): Promise<void> {
    const folder = join(this.#folders.root, device, place);
    const known = this.#kept.get(folder);
    const count = known === undefined ? (await this.#folders.names(device, place)).length : known + 1;
    this.#kept.set(folder, count);
    if (count <= this.#keep + Math.floor(this.#keep / 10)) return;
    const entries = await this.#folders.entries(device, place);
    const old = entries.slice(0, Math.max(0, entries.length - this.#keep));
    for (const entry of old) await this.#folders.files.remove(this.#folders.path(entry));
    this.#kept.set(folder, entries.length - old.length);
  }

  async #devices(): Promise<readonly string[]> {
    const names = await this.#folders.files.list(this.#folders.root);
    return names.filter((name) => !name.includes('.'));
  }

  async #find(id: string): Promise<Entry | undefined> {
    for (const device of await this.#devices()) {
      if (!mayBelong(id, device)) continue;
      for (const place of [...PLACES, ...PLACES]) {
        const entry = (await this.#folders.entries(device, place)).find((candidate) => candidate.id === id);
        if (entry !== undefined) return entry;
      }
    }
    return undefined;
  }

  async #findAfterRecovery(id: string): Promise<Entry> {
    const before = await this.#find(id);
    if (before?.place === 'claimed') await this.#folders.recover(before.device);
    const entry = before?.place === 'claimed' ? await this.#find(id) : before;
    if (entry === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id.slice(0, 64));
    return entry;
  }
}

/** The file of a task that nobody holds from now on. */
function released(from: Entry, name: TaskName, state: 'new' | 'unsure' | 'running', deadline?: Date): Entry {
  const { id, attempts, sentAt } = name;
  const times = {
    ...(sentAt === undefined ? {} : { sentAt }),
    ...(deadline === undefined ? {} : { deadline: deadline.getTime() }),
  };
  return openEntry(from.device, { id, state, attempts, ...times });
}

const refused = (id: string, why: string): ModemlabError =>
  new ModemlabError('E_TASK_STATE', `${id.slice(0, 64)} is ${why}`);
