/**
 * The data folder, which a server shares with the commands that act on it. `modemlab.json` in it names the
 * kinds of store and queue, so that everyone opens the same ones.
 *
 *     modemlab.json   {"version":1,"store":"lmdb","queue":"dir"}
 *     devices/        what is known about the devices (store/)
 *     queue/          tasks (queue/)
 *     files/          what Download offers and Upload received
 *     acs/            the ACSs that run on the folder (running-servers.ts)
 */
import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ModemlabError } from '../protocol/errors.ts';
import { openQueue } from './queue/open.ts';
import type { QueueKind } from './queue/options.ts';
import type { TaskQueue } from './queue/queue.ts';
import { codeOf } from './store/folder-kind.ts';
import { openStore } from './store/open.ts';
import type { StoreKind } from './store/options.ts';
import type { DeviceStore } from './store/store.ts';

export interface DataFolderOptions {
  /** Kinds of store and queue; by default those of the folder, for a new one lmdb and dir. */
  readonly store?: StoreKind | undefined;
  readonly queue?: QueueKind | undefined;
  /** Name under which tasks are claimed. */
  readonly owner: string;
  /** Whether a missing folder is made. */
  readonly create: boolean;
  /** Called for damaged data that was skipped: E_DATA_UNREADABLE with the file. */
  readonly onProblem?: (problem: ModemlabError) => void;
}

export interface DataFolder {
  /** Absolute. */
  readonly folder: string;
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  /** Absolute path of `files/`, which exists. */
  readonly files: string;
  readonly close: () => Promise<void>;
}

const MARKER = 'modemlab.json';
const VERSION = 1;

/** What modemlab.json says. A kind that lives in memory leaves nothing in the folder, so it is not named. */
interface Marker {
  readonly store?: Exclude<StoreKind, 'memory'>;
  readonly queue?: Exclude<QueueKind, 'memory'>;
}

/**
 * Opens the store and the queue of a folder.
 * @throws ModemlabError E_DATA_MISSING when there is no such folder and `create` is off, E_DATA_IN_USE when
 *   it has another kind or version, E_DATA_UNREADABLE when modemlab.json is damaged
 */
export async function openData(folder: string, options: DataFolderOptions): Promise<DataFolder> {
  const root = path.resolve(folder);
  const found = await readMarker(root);
  if (found === undefined && !options.create) throw new ModemlabError('E_DATA_MISSING', folder);
  const storeKind = options.store ?? found?.store ?? 'lmdb';
  const queueKind = options.queue ?? found?.queue ?? 'dir';
  await keepKinds(root, found, storeKind, queueKind);
  const files = path.join(root, 'files');
  await mkdir(files, { recursive: true });
  const reporting = options.onProblem === undefined ? {} : { onProblem: options.onProblem };
  const store = await openStore(storeKind, root, reporting);
  const queue = await openQueue(queueKind, root, { owner: options.owner, ...reporting });
  return {
    folder: root,
    store,
    queue,
    files,
    close: async () => {
      await queue.close();
      await store.close();
    },
  };
}

/** Adds the kinds that modemlab.json does not name yet; refuses those that contradict it. */
async function keepKinds(
  root: string,
  found: Marker | undefined,
  store: StoreKind,
  queue: QueueKind,
): Promise<void> {
  const wanted: Marker = {
    ...(store === 'memory' ? found?.store && { store: found.store } : { store }),
    ...(queue === 'memory' ? found?.queue && { queue: found.queue } : { queue }),
  };
  await mkdir(root, { recursive: true });
  // If two servers make the folder at the same moment, one writes the marker and the other reads it.
  const there = found ?? (await writeMarker(root, wanted, 'first'));
  if (there.store !== undefined && wanted.store !== undefined && there.store !== wanted.store)
    throw new ModemlabError('E_DATA_IN_USE', `${root} has a store of kind ${there.store}`);
  if (there.queue !== undefined && wanted.queue !== undefined && there.queue !== wanted.queue)
    throw new ModemlabError('E_DATA_IN_USE', `${root} has a queue of kind ${there.queue}`);
  const adds =
    (wanted.store !== undefined && there.store === undefined) ||
    (wanted.queue !== undefined && there.queue === undefined);
  if (adds) await writeMarker(root, { ...there, ...wanted }, 'replace');
}

/**
 * Writes the marker to a draft, then puts it in place in one step. Returns the marker that is there
 * afterwards.
 */
async function writeMarker(root: string, marker: Marker, how: 'first' | 'replace'): Promise<Marker> {
  const place = path.join(root, MARKER);
  const draft = path.join(root, `.${MARKER}.${randomUUID()}`);
  await writeFile(draft, `${JSON.stringify({ version: VERSION, ...marker })}\n`, { flag: 'wx', flush: true });
  try {
    if (how === 'replace') await rename(draft, place);
    else await link(draft, place);
    return marker;
  } catch (error) {
    if (how === 'first' && codeOf(error) === 'EEXIST') return (await readMarker(root)) ?? marker;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** `undefined` when there is no such file. */
async function readMarker(root: string): Promise<Marker | undefined> {
  const place = path.join(root, MARKER);
  let text: string;
  try {
    text = await readFile(place, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ModemlabError('E_DATA_UNREADABLE', place, { cause: error });
  }
  return parseMarker(text, place);
}

function parseMarker(text: string, place: string): Marker {
  let marker: unknown;
  try {
    marker = JSON.parse(text);
  } catch (error) {
    throw new ModemlabError('E_DATA_UNREADABLE', place, { cause: error });
  }
  if (typeof marker !== 'object' || marker === null || !('version' in marker))
    throw new ModemlabError('E_DATA_UNREADABLE', `${place}: version is missing`);
  if (marker.version !== VERSION)
    throw new ModemlabError(
      'E_DATA_IN_USE',
      `${place}: version ${String(marker.version)}, this is version ${VERSION}`,
    );
  const store = 'store' in marker ? marker.store : undefined;
  const queue = 'queue' in marker ? marker.queue : undefined;
  if (store !== undefined && store !== 'lmdb' && store !== 'yaml')
    throw new ModemlabError('E_DATA_IN_USE', `${place}: store ${String(store)}`);
  if (queue !== undefined && queue !== 'dir')
    throw new ModemlabError('E_DATA_IN_USE', `${place}: queue ${String(queue)}`);
  return { ...(store === undefined ? {} : { store }), ...(queue === undefined ? {} : { queue }) };
}
