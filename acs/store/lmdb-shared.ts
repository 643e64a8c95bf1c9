/**
 * One LMDB environment per folder and process, however often it is opened: with a second one on the same
 * files the whole process would hang as soon as both write (LMDB's locks belong to the process, and each
 * would wait for the other).
 */
import { realpath } from 'node:fs/promises';
import type { ModemlabError } from '../../protocol/errors.ts';
import { lmdbStore } from './lmdb.ts';
import type { StoreOptions } from './options.ts';
import type { DeviceStore } from './store.ts';

type Listener = (problem: ModemlabError) => void;

interface Opened {
  readonly store: Promise<DeviceStore>;
  readonly listeners: Set<Listener>;
  users: number;
}

const opened = new Map<string, Opened>();
/** Environments that are being closed; they can be opened again afterwards. */
const closing = new Map<string, Promise<void>>();

/**
 * The store of this folder, shared with whoever else has it open in this process; closed with the last of
 * them.
 * @throws ModemlabError E_DATA_UNREADABLE when the files are damaged or cannot be opened
 */
export async function sharedLmdbStore(folder: string, options: StoreOptions = {}): Promise<DeviceStore> {
  const place = await realpath(folder);
  while (closing.has(place)) await closing.get(place);
  const entry = opened.get(place) ?? create(place);
  entry.users += 1;
  const listener: Listener = (problem) => options.onProblem?.(problem);
  entry.listeners.add(listener);
  let released: Promise<void> | undefined;
  const release = async (): Promise<void> => {
    entry.listeners.delete(listener);
    entry.users -= 1;
    if (entry.users > 0) return;
    opened.delete(place);
    const closed = entry.store.then((store) => store.close()).finally(() => closing.delete(place));
    closing.set(place, closed);
    await closed;
  };
  try {
    const store = await entry.store;
    return facade(store, () => {
      released ??= Promise.all([store.durable(), release()]).then(() => undefined);
      return released;
    });
  } catch (error) {
    entry.users -= 1;
    if (opened.get(place) === entry) opened.delete(place);
    throw error;
  }
}

function create(place: string): Opened {
  const listeners = new Set<Listener>();
  const store = lmdbStore(place, {
    onProblem: (problem) => {
      for (const listener of listeners) listener(problem);
    },
  });
  const entry: Opened = { store, listeners, users: 0 };
  opened.set(place, entry);
  return entry;
}

function facade(store: DeviceStore, close: () => Promise<void>): DeviceStore {
  return {
    get: (key) => store.get(key),
    list: () => store.list(),
    update: (key, change, mayWait) => store.update(key, change, mayWait),
    delete: (key) => store.delete(key),
    tree: (key, prefix) => store.tree(key, prefix),
    parameter: (key, name) => store.parameter(key, name),
    merge: (key, parameters) => store.merge(key, parameters),
    forget: (key, name) => store.forget(key, name),
    learned: (model) => store.learned(model),
    learn: (learned) => store.learn(learned),
    durable: () => store.durable(),
    close,
  };
}
