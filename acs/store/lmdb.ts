/**
 * The default store: one LMDB environment, many processes of one machine.
 *
 * Three databases, all with JSON texts as values: `records` by device name (device-key.ts storageName),
 * `parameters` by device name, NUL and the name in its sortable form (order.ts), `learned` by the model's
 * storage name.
 *
 * Updates share commits: a commit with its flush takes 0.2 ms of CPU time, more than all the rest of a
 * session. So when updates are frequent they wait up to COMMIT_WITHIN_MS for others; this process sees them
 * at once. A commit depends on the version that each change was made from. If another process wrote a record
 * in between, its change is made again from what is there now: `change` may be called several times.
 */
import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { type Database, open, type RootDatabase } from 'lmdb';
import { ModemlabError } from '../../protocol/errors.ts';
import { storageName } from '../device-key.ts';
import { flatJson, parseJson } from './flat.ts';
import { lmdbDamage } from './lmdb-check.ts';
import { Turns } from './lmdb-turns.ts';
import type { StoreOptions } from './options.ts';
import { sortable, sortablePrefix } from './order.ts';
import { isDeviceRecord, isLearned, isParameter } from './shape.ts';
import type { Change, DeviceRecord, DeviceStore, Learned, Parameter } from './store.ts';

/** How long an update waits for others to share its commit. */
const COMMIT_WITHIN_MS = 20;
/** The same for updates whose promise nobody awaits. */
const LAZY_COMMIT_WITHIN_MS = 250;
/** Updates are frequent when the time between them is at most this. */
const FREQUENT_MS = 5;
/** This many updates are committed without waiting for more. */
const COMMIT_AT = 256;
/** Parameters merged in one transaction: it runs on the main thread, some 10 µs each. */
const MERGE_AT_ONCE = 256;
/** Entries read at once: a read transaction that outlives a turn of the event loop keeps old pages in use. */
const PAGE = 128;
/**
 * How often a change is made again because another process was faster; each time some process did succeed.
 */
const MAX_TRIES = 1000;

const SOMEBODY_WAITS = (): boolean => false;

interface Waiter {
  readonly change: Change;
  readonly resolve: (record: DeviceRecord) => void;
  readonly reject: (error: unknown) => void;
  /** The record that the change last made. */
  made: DeviceRecord;
}

/** Updates of one device that are not committed yet. */
interface Pending {
  readonly key: string;
  /** Version of the entry that the first change was made from; `undefined` when there was no entry. */
  base: number | undefined;
  waiters: Waiter[];
  /** The record after the last change. */
  record: DeviceRecord;
  tries: number;
}

/**
 * @param folder the environment's own folder
 * @throws ModemlabError E_DATA_UNREADABLE when the files are damaged or cannot be opened
 */
export async function lmdbStore(folder: string, options: StoreOptions = {}): Promise<DeviceStore> {
  const file = join(folder, 'data.mdb');
  try {
    const damage = await lmdbDamage(file);
    if (damage !== undefined) throw new ModemlabError('E_DATA_UNREADABLE', `${file}: ${damage}`);
    const turns = new Turns(join(folder, 'turns'));
    return await turns.open(() => {
      const root = open<string, string>({ path: folder, noSubdir: false, maxDbs: 8, encoding: 'string' });
      return new LmdbStore(root, turns, file, options);
    });
  } catch (error) {
    if (error instanceof ModemlabError) throw error;
    throw new ModemlabError('E_DATA_UNREADABLE', file, { cause: error });
  }
}

class LmdbStore implements DeviceStore {
  readonly #root: RootDatabase<string, string>;
  readonly #turns: Turns;
  readonly #records: Database<string, string>;
  readonly #parameters: Database<string, Buffer>;
  readonly #learned: Database<string, string>;
  readonly #file: string;
  readonly #onProblem: (problem: ModemlabError) => void;
  /** For the next commit. */
  #pending = new Map<string, Pending>();
  /** In the commit that is running. */
  #leaving: ReadonlyMap<string, Pending> = new Map();
  #timer: NodeJS.Timeout | undefined;
  /** When it fires. */
  #due = 0;
  #committing: Promise<unknown> | undefined;
  /** Moving average of the time between updates, in ms; and when the last one came. */
  #gap = 100;
  #lastUpdate = 0;

  constructor(root: RootDatabase<string, string>, turns: Turns, file: string, options: StoreOptions) {
    this.#root = root;
    this.#turns = turns;
    this.#records = root.openDB({ name: 'records', encoding: 'string', useVersions: true });
    this.#parameters = root.openDB({ name: 'parameters', encoding: 'string', keyEncoding: 'binary' });
    this.#learned = root.openDB({ name: 'learned', encoding: 'string' });
    this.#file = file;
    this.#onProblem = options.onProblem ?? (() => {});
  }

  async get(key: string): Promise<DeviceRecord | undefined> {
    const waiting = this.#pending.get(key) ?? this.#leaving.get(key);
    return waiting === undefined ? this.#read(key)?.record : waiting.record;
  }

  async *list(): AsyncIterable<DeviceRecord> {
    await this.#commit();
    for (let after: string | undefined; ; ) {
      const start = after === undefined ? {} : { start: after, exclusiveStart: true };
      const page = [...this.#records.getRange({ ...start, limit: PAGE })];
      for (const { key, value } of page) {
        const record = parseJson(value);
        if (isDeviceRecord(record) && storageName(record.key) === key) yield record;
        else this.#onProblem(this.#damaged(`device ${key}`));
        after = key;
      }
      if (page.length < PAGE) return;
    }
  }

  async update(key: string, change: Change, mayWait = SOMEBODY_WAITS): Promise<DeviceRecord> {
    const before = this.#pending.get(key);
    if (before === undefined) {
      const leaving = this.#leaving.get(key);
      const stored = leaving === undefined ? this.#read(key) : undefined;
      const made = change(leaving?.record ?? stored?.record);
      return new Promise((resolve, reject) => {
        const waiters = [{ change, resolve, reject, made }];
        this.#pending.set(key, { key, base: stored?.version, waiters, record: made, tries: 0 });
        this.#schedule(mayWait());
      });
    }
    const made = change(before.record);
    before.record = made;
    if (!mayWait()) this.#schedule(false);
    return new Promise((resolve, reject) => before.waiters.push({ change, resolve, reject, made }));
  }

  async delete(key: string): Promise<boolean> {
    await this.#commit();
    const name = storageName(key);
    const { start, end } = range(key, '');
    return this.#transaction(() => {
      for (const found of [...this.#parameters.getKeys({ start, end })]) void this.#parameters.remove(found);
      const existed = this.#records.doesExist(name);
      if (existed) void this.#records.remove(name);
      return existed;
    });
  }

  async *tree(key: string, prefix = ''): AsyncIterable<Parameter> {
    const { start, end } = range(key, prefix);
    for (let after: Buffer | undefined; ; ) {
      const from = after === undefined ? { start } : { start: after, exclusiveStart: true };
      const page = [...this.#parameters.getRange({ ...from, end, limit: PAGE })];
      for (const entry of page) {
        const parameter = this.#toParameter(key, entry.value);
        if (parameter?.name.startsWith(prefix)) yield parameter;
        after = Buffer.from(entry.key);
      }
      if (page.length < PAGE) return;
    }
  }

  async parameter(key: string, name: string): Promise<Parameter | undefined> {
    const text = this.#parameters.get(parameterKey(key, name));
    return text === undefined ? undefined : this.#toParameter(key, text);
  }

  async merge(key: string, parameters: readonly Parameter[]): Promise<void> {
    for (let first = 0; first < parameters.length; first += MERGE_AT_ONCE) {
      const some = parameters.slice(first, first + MERGE_AT_ONCE);
      await this.#transaction(() => {
        for (const given of some) {
          const at = parameterKey(key, given.name);
          const text = this.#parameters.get(at);
          const known = text === undefined ? undefined : this.#toParameter(key, text);
          void this.#parameters.put(at, flatJson({ ...known, ...given }));
        }
      });
    }
  }

  async forget(key: string, name: string): Promise<number> {
    if (!name.endsWith('.')) {
      const at = parameterKey(key, name);
      return this.#transaction(() => {
        if (!this.#parameters.doesExist(at)) return 0;
        void this.#parameters.remove(at);
        return 1;
      });
    }
    const { start, end } = range(key, name);
    return this.#transaction(() => {
      let count = 0;
      for (const entry of [...this.#parameters.getRange({ start, end })]) {
        const parameter = this.#toParameter(key, entry.value);
        if (parameter !== undefined && !parameter.name.startsWith(name)) continue;
        void this.#parameters.remove(Buffer.from(entry.key));
        count += 1;
      }
      return count;
    });
  }

  async learned(model: string): Promise<Learned | undefined> {
    const text = this.#learned.get(storageName(model));
    if (text === undefined) return undefined;
    const learned = parseJson(text);
    if (isLearned(learned)) return learned;
    // It can be learnt again, so it is only reported.
    this.#onProblem(this.#damaged(`model ${model.slice(0, 200)}`));
    return undefined;
  }

  async learn(learned: Learned): Promise<void> {
    await this.#turns.write(() => this.#learned.put(storageName(learned.model), flatJson(learned)));
  }

  async durable(): Promise<void> {
    await this.#commit();
    await this.#root.flushed;
  }

  async close(): Promise<void> {
    await this.durable();
    await this.#root.close();
    this.#turns.close();
  }

  #transaction<T>(work: () => T): Promise<T> {
    return this.#turns.write(() => this.#root.transaction(work));
  }

  #read(key: string): { record: DeviceRecord; version: number } | undefined {
    const entry = this.#records.getEntry(storageName(key));
    if (entry === undefined) return undefined;
    const record = parseJson(entry.value);
    if (!isDeviceRecord(record) || entry.version === undefined)
      throw this.#damaged(`device ${key.slice(0, 200)}`);
    return { record, version: entry.version };
  }

  #toParameter(key: string, text: string): Parameter | undefined {
    const parameter = parseJson(text);
    if (isParameter(parameter)) return parameter;
    this.#onProblem(this.#damaged(`a parameter of ${key.slice(0, 200)}`));
    return undefined;
  }

  #damaged(what: string): ModemlabError {
    return new ModemlabError('E_DATA_UNREADABLE', `${this.#file}: ${what}`);
  }

  #schedule(mayWait: boolean): void {
    const now = performance.now();
    this.#gap = 0.8 * this.#gap + 0.2 * Math.min(now - this.#lastUpdate, 100);
    this.#lastUpdate = now;
    if (this.#pending.size >= COMMIT_AT || (!mayWait && this.#gap > FREQUENT_MS)) {
      // A failure rejects the promises of the updates.
      this.#commit().catch(() => {});
      return;
    }
    const due = now + (mayWait ? LAZY_COMMIT_WITHIN_MS : COMMIT_WITHIN_MS);
    if (this.#timer !== undefined && this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => this.#commit().catch(() => {}), due - now);
  }

  /** Resolves when all updates made until now are committed or refused. One commit runs at a time. */
  async #commit(): Promise<void> {
    while (this.#committing !== undefined) await this.#committing;
    if (this.#pending.size === 0) return;
    const running = this.#commitOnce();
    this.#committing = running;
    try {
      // Updates that came meanwhile have a timer of their own.
      if (await running) return;
    } finally {
      this.#committing = undefined;
    }
    await this.#commit();
  }

  /** False if another process was faster with some of the updates, which are pending again. */
  async #commitOnce(): Promise<boolean> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const leaving = this.#pending;
    this.#leaving = leaving;
    this.#pending = new Map();
    const put = (): Promise<PromiseSettledResult<number | undefined>[]> =>
      Promise.allSettled([...leaving.values()].map((pending) => this.#put(pending)));
    const outcomes = await this.#turns.write(put).catch((reason: unknown) => {
      const refused: PromiseSettledResult<undefined> = { status: 'rejected', reason };
      return Array.from(leaving, () => refused);
    });
    this.#leaving = new Map();
    let index = 0;
    let isAll = true;
    for (const pending of leaving.values()) {
      const outcome = outcomes[index];
      index += 1;
      if (outcome?.status === 'fulfilled' && outcome.value !== undefined)
        this.#committed(pending, outcome.value);
      else if (outcome?.status === 'fulfilled') {
        this.#again(pending);
        isAll = false;
      } else this.#refused(pending, outcome?.reason);
    }
    return isAll;
  }

  /** The new version, or `undefined` when the entry is no longer the one that the change was made from. */
  async #put(pending: Pending): Promise<number | undefined> {
    const name = storageName(pending.key);
    const text = flatJson(pending.record);
    // Random, not counted: a record that was deleted and created again must not get a version that someone
    // still has.
    const version = 1 + randomInt(2 ** 48 - 2);
    const written =
      pending.base === undefined
        ? await this.#records.ifNoExists(name, () => this.#records.put(name, text, version))
        : await this.#records.put(name, text, version, pending.base);
    return written ? version : undefined;
  }

  #committed(pending: Pending, version: number): void {
    const later = this.#pending.get(pending.key);
    if (later !== undefined) later.base = version;
    for (const waiter of pending.waiters) waiter.resolve(waiter.made);
  }

  #refused(pending: Pending, error: unknown): void {
    const later = this.#pending.get(pending.key);
    this.#pending.delete(pending.key);
    const reason = new ModemlabError('E_DATA_UNREADABLE', this.#file, { cause: error });
    for (const waiter of [...pending.waiters, ...(later?.waiters ?? [])]) waiter.reject(reason);
  }

  /** Makes all changes of a device again from what another process has written. */
  #again(pending: Pending): void {
    this.#records.resetReadTxn();
    const waiters = [...pending.waiters, ...(this.#pending.get(pending.key)?.waiters ?? [])];
    this.#pending.delete(pending.key);
    if (pending.tries >= MAX_TRIES) {
      this.#refused({ ...pending, waiters }, undefined);
      return;
    }
    let stored: { record: DeviceRecord; version: number } | undefined;
    try {
      stored = this.#read(pending.key);
    } catch (error) {
      for (const waiter of waiters) waiter.reject(error);
      return;
    }
    let record = stored?.record;
    const still: Waiter[] = [];
    for (const waiter of waiters) {
      try {
        waiter.made = waiter.change(record);
        record = waiter.made;
        still.push(waiter);
      } catch (error) {
        waiter.reject(error);
      }
    }
    if (record === undefined || still.length === 0) return;
    const { key, tries } = pending;
    this.#pending.set(key, { key, base: stored?.version, waiters: still, record, tries: tries + 1 });
  }
}

function parameterKey(key: string, name: string): Buffer {
  return Buffer.concat([Buffer.from(`${storageName(key)}\0`), sortable(name)]);
}

/**
 * The range of `parameters` with this prefix; it has some more if the prefix ends within a part of a name.
 */
function range(key: string, prefix: string): { start: Buffer; end: Buffer } {
  const start = Buffer.concat([Buffer.from(`${storageName(key)}\0`), sortablePrefix(prefix)]);
  const end = Buffer.from(start);
  // The last octet is NUL or the end of a part; the next higher octet follows all texts of the range.
  end[end.length - 1] = (start[start.length - 1] ?? 0) + 1;
  return { start, end };
}
