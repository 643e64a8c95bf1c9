/**
 * One readable file per device, for learning the protocol and for version control; a write resolves when it
 * is on the disk. Each change reads, changes and writes a whole file under a lock (lock.ts), and changes that
 * come meanwhile share the next write.
 */
import { randomBytes } from 'node:crypto';
import { open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ModemlabError } from '../../protocol/errors.ts';
import { storageName } from '../device-key.ts';
import { systemProcesses } from '../processes.ts';
import { syncFolder } from '../sync-folder.ts';
import { codeOf } from './folder-kind.ts';
import { Locks } from './lock.ts';
import type { StoreOptions } from './options.ts';
import { compareNames } from './order.ts';
import type { DeviceRecord, DeviceStore, Learned, Parameter } from './store.ts';
import { type DeviceFile, readDevice, readLearned, writeDevice, writeLearned } from './yaml-text.ts';

/** Devices that are cached: reading a large one takes a fifth of a second. */
const MAX_CACHED = 32;
/** What was learnt about models. No device has this name: device names have no dot. */
const LEARNED_FILE = 'learned.models.yaml';

const NOTHING: DeviceFile = { record: undefined, tree: new Map() };

/** One change of a file: the new content, or `undefined` to remove the file. Throws to change nothing. */
type Change<T> = (content: T | undefined) => T | undefined;

/** @throws ModemlabError E_DATA_UNREADABLE when the folder cannot be written */
export async function yamlStore(folder: string, options: StoreOptions = {}): Promise<DeviceStore> {
  const nonce = randomBytes(5).toString('hex');
  try {
    return new YamlStore(folder, nonce, await Locks.open(folder, systemProcesses(), nonce), options);
  } catch (error) {
    throw new ModemlabError('E_DATA_UNREADABLE', folder, { cause: error });
  }
}

/** How one kind of file is read and written. */
interface Form<T> {
  /** The content, or what is wrong with it. */
  read(text: string, name: string): T | string;
  write(content: T, name: string): string;
}

const DEVICE_FORM: Form<DeviceFile & { readonly key: string }> = {
  read: (text, name) => {
    const device = readDevice(text);
    return typeof device !== 'string' && `${storageName(device.key)}.yaml` !== name
      ? 'key: not that of the file'
      : device;
  },
  write: (device) => writeDevice(device, device.key),
};
const LEARNED_FORM: Form<ReadonlyMap<string, Learned>> = {
  read: (text) => readLearned(text),
  write: (learned) => writeLearned(learned),
};

class YamlStore implements DeviceStore {
  readonly #locks: Locks;
  readonly #folder: string;
  readonly #devices: Files<DeviceFile & { readonly key: string }>;
  readonly #models: Files<ReadonlyMap<string, Learned>>;
  readonly #onProblem: (problem: ModemlabError) => void;

  constructor(folder: string, nonce: string, locks: Locks, options: StoreOptions) {
    this.#folder = folder;
    this.#locks = locks;
    this.#devices = new Files(folder, nonce, locks, DEVICE_FORM);
    this.#models = new Files(folder, nonce, locks, LEARNED_FORM);
    this.#onProblem = options.onProblem ?? (() => {});
  }

  async get(key: string): Promise<DeviceRecord | undefined> {
    return (await this.#read(key)).record;
  }

  async *list(): AsyncIterable<DeviceRecord> {
    const names = (await readdir(this.#folder)).filter((name) => /^[^.]+\.yaml$/.test(name));
    const keys = names.map((name) => name.slice(0, -'.yaml'.length)).sort();
    for (const name of keys) {
      const device = await this.#readOrReport(`${name}.yaml`);
      if (device?.record !== undefined) yield device.record;
    }
  }

  async update(
    key: string,
    change: (record: DeviceRecord | undefined) => DeviceRecord,
  ): Promise<DeviceRecord> {
    let written: DeviceRecord | undefined;
    await this.#change(key, (device) => {
      written = change(device.record);
      return { ...device, record: written };
    });
    if (written === undefined) throw new Error('unreachable: nothing was written');
    return written;
  }

  async delete(key: string): Promise<boolean> {
    let existed = false;
    await this.#devices.change(fileOf(key), (device) => {
      existed = device?.record !== undefined;
      return undefined;
    });
    return existed;
  }

  async *tree(key: string, prefix = ''): AsyncIterable<Parameter> {
    const { tree } = await this.#read(key);
    const names = [...tree.keys()].filter((name) => name.startsWith(prefix)).sort(compareNames);
    for (const name of names) {
      const parameter = tree.get(name);
      if (parameter !== undefined) yield parameter;
    }
  }

  async parameter(key: string, name: string): Promise<Parameter | undefined> {
    return (await this.#read(key)).tree.get(name);
  }

  async merge(key: string, parameters: readonly Parameter[]): Promise<void> {
    if (parameters.length === 0) return;
    await this.#change(key, (device) => {
      const tree = new Map(device.tree);
      for (const given of parameters) tree.set(given.name, { ...tree.get(given.name), ...given });
      return { ...device, tree };
    });
  }

  async forget(key: string, name: string): Promise<number> {
    if ((await this.#read(key)).tree.size === 0) return 0;
    let count = 0;
    await this.#change(key, (device) => {
      const left = [...device.tree].filter(
        ([candidate]) => candidate !== name && !(name.endsWith('.') && candidate.startsWith(name)),
      );
      count = device.tree.size - left.length;
      return { ...device, tree: new Map(left) };
    });
    return count;
  }

  async learned(model: string): Promise<Learned | undefined> {
    return (await this.#models.read(LEARNED_FILE))?.get(model);
  }

  async learn(learned: Learned): Promise<void> {
    await this.#models.change(LEARNED_FILE, (models) => new Map(models).set(learned.model, learned));
  }

  async durable(): Promise<void> {
    await Promise.all([this.#devices.written(), this.#models.written()]);
  }

  async close(): Promise<void> {
    await this.durable();
    await this.#locks.close();
  }

  async #read(key: string): Promise<DeviceFile> {
    return (await this.#devices.read(fileOf(key))) ?? NOTHING;
  }

  async #readOrReport(name: string): Promise<DeviceFile | undefined> {
    try {
      return await this.#devices.read(name);
    } catch (error) {
      if (!(error instanceof ModemlabError)) throw error;
      this.#onProblem(error);
      return undefined;
    }
  }

  #change(key: string, change: (device: DeviceFile) => DeviceFile): Promise<void> {
    return this.#devices.change(fileOf(key), (device) => ({ ...change(device ?? NOTHING), key }));
  }
}

const fileOf = (key: string): string => `${storageName(key)}.yaml`;

interface Waiting<T> {
  readonly change: Change<T>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Kept<T> {
  /** Identifies the write that it was read from: every write makes a new file. */
  readonly mark: string;
  readonly content: T;
}

/** The files of one form in a folder: read again when they changed; written whole, one write at a time. */
class Files<T> {
  readonly #folder: string;
  readonly #nonce: string;
  readonly #locks: Locks;
  readonly #form: Form<T>;
  readonly #kept = new Map<string, Kept<T>>();
  readonly #waiting = new Map<string, Waiting<T>[]>();
  readonly #working = new Map<string, Promise<void>>();
  #drafts = 0;

  constructor(folder: string, nonce: string, locks: Locks, form: Form<T>) {
    this.#folder = folder;
    this.#nonce = nonce;
    this.#locks = locks;
    this.#form = form;
  }

  /** @throws ModemlabError E_DATA_UNREADABLE naming file and line */
  async read(name: string): Promise<T | undefined> {
    const file = join(this.#folder, name);
    try {
      const mark = markOf(await stat(file, { bigint: true }));
      const kept = this.#kept.get(name);
      if (kept?.mark === mark) return kept.content;
      const handle = await open(file, 'r');
      try {
        // The mark of the file that is read, not of the one that was there a moment before.
        const now = markOf(await handle.stat({ bigint: true }));
        const content = this.#form.read(await handle.readFile('utf8'), name);
        if (typeof content === 'string') throw new ModemlabError('E_DATA_UNREADABLE', `${file}: ${content}`);
        this.#keep(name, { mark: now, content });
        return content;
      } finally {
        await handle.close();
      }
    } catch (error) {
      if (error instanceof ModemlabError) throw error;
      if (codeOf(error) === 'ENOENT') return undefined;
      throw new ModemlabError('E_DATA_UNREADABLE', file, { cause: error });
    }
  }

  /** Resolves when the change is on the disk. */
  change(name: string, change: Change<T>): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(name) ?? [];
      waiting.push({ change, resolve, reject });
      this.#waiting.set(name, waiting);
      if (!this.#working.has(name)) this.#working.set(name, this.#work(name));
    });
  }

  async written(): Promise<void> {
    while (this.#working.size > 0) await Promise.all(this.#working.values());
  }

  async #work(name: string): Promise<void> {
    for (let some = this.#waiting.get(name); some !== undefined; some = this.#waiting.get(name)) {
      this.#waiting.delete(name);
      const waiting = some;
      try {
        await this.#locks.with(name, () => this.#changeAll(name, waiting));
        for (const { resolve } of waiting) resolve();
      } catch (error) {
        for (const { reject } of waiting) reject(error);
      }
    }
    this.#working.delete(name);
  }

  async #changeAll(name: string, waiting: readonly Waiting<T>[]): Promise<void> {
    const before: T | undefined = await this.read(name);
    let content: T | undefined = before;
    for (const { change, reject } of waiting) {
      try {
        content = change(content);
      } catch (error) {
        reject(error);
      }
    }
    const file = join(this.#folder, name);
    if (content === before) return;
    this.#kept.delete(name);
    if (content === undefined) await unlink(file);
    else await this.#write(file, name, content);
    await syncFolder(this.#folder);
  }

  async #write(file: string, name: string, content: T): Promise<void> {
    this.#drafts += 1;
    const draft = join(this.#folder, `.draft-${process.pid}-${this.#nonce}-${this.#drafts}`);
    const text = this.#form.write(content, name);
    const handle = await open(draft, 'wx');
    try {
      await handle.writeFile(text, 'utf8');
      await handle.sync();
      const mark = markOf(await handle.stat({ bigint: true }));
      // Parsed again from the text: the content keeps the documents alive that its values came from.
      const copy = this.#form.read(text, name);
      if (typeof copy === 'string') throw new Error(`unreachable: what was written cannot be read: ${copy}`);
      await rename(draft, file);
      this.#keep(name, { mark, content: copy });
    } finally {
      await handle.close();
    }
  }

  #keep(name: string, kept: Kept<T>): void {
    this.#kept.delete(name);
    this.#kept.set(name, kept);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_CACHED && oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** Identifies a write: a rename changes neither the file's inode nor the time of its content. */
const markOf = ({ ino, size, mtimeNs }: { ino: bigint; size: bigint; mtimeNs: bigint }): string =>
  `${ino} ${size} ${mtimeNs}`;
