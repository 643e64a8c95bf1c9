/** The store in memory: for tests, and for a lab that keeps nothing. */
import { storageName } from '../device-key.ts';
import { flatJson } from './flat.ts';
import { compareNames } from './order.ts';
import { isDeviceRecord, isLearned, isParameter } from './shape.ts';
import type { DeviceRecord, DeviceStore, Learned, Parameter } from './store.ts';

export function memoryStore(): DeviceStore {
  return new MemoryStore();
}

/** A copy that keeps nothing else alive (flat.ts). */
function flat<T>(value: T, is: (value: unknown) => value is T): T {
  const copy: unknown = JSON.parse(flatJson(value));
  if (!is(copy)) throw new TypeError('a value given to the store does not fit its type');
  return copy;
}

class MemoryStore implements DeviceStore {
  readonly #records = new Map<string, DeviceRecord>();
  readonly #trees = new Map<string, Map<string, Parameter>>();
  readonly #learned = new Map<string, Learned>();

  async get(key: string): Promise<DeviceRecord | undefined> {
    return this.#records.get(key);
  }

  async *list(): AsyncIterable<DeviceRecord> {
    const byName = [...this.#records.keys()].map((key) => ({ key, name: storageName(key) }));
    byName.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { key } of byName) {
      const record = this.#records.get(key);
      if (record !== undefined) yield record;
    }
  }

  async update(
    key: string,
    change: (record: DeviceRecord | undefined) => DeviceRecord,
  ): Promise<DeviceRecord> {
    const after = flat(change(this.#records.get(key)), isDeviceRecord);
    this.#records.set(key, after);
    return after;
  }

  async delete(key: string): Promise<boolean> {
    this.#trees.delete(key);
    return this.#records.delete(key);
  }

  async *tree(key: string, prefix = ''): AsyncIterable<Parameter> {
    const tree = this.#trees.get(key);
    if (tree === undefined) return;
    const names = [...tree.keys()].filter((name) => name.startsWith(prefix)).sort(compareNames);
    for (const name of names) {
      const parameter = tree.get(name);
      if (parameter !== undefined) yield parameter;
    }
  }

  async parameter(key: string, name: string): Promise<Parameter | undefined> {
    return this.#trees.get(key)?.get(name);
  }

  async merge(key: string, parameters: readonly Parameter[]): Promise<void> {
    const tree = this.#trees.get(key) ?? new Map<string, Parameter>();
    this.#trees.set(key, tree);
    for (const parameter of parameters) {
      const given = flat(parameter, isParameter);
      tree.set(given.name, { ...tree.get(given.name), ...given });
    }
  }

  async forget(key: string, name: string): Promise<number> {
    const tree = this.#trees.get(key);
    if (tree === undefined) return 0;
    let count = 0;
    for (const candidate of tree.keys()) {
      if (candidate !== name && !(name.endsWith('.') && candidate.startsWith(name))) continue;
      tree.delete(candidate);
      count += 1;
    }
    return count;
  }

  async learned(model: string): Promise<Learned | undefined> {
    return this.#learned.get(model);
  }

  async learn(learned: Learned): Promise<void> {
    const copy = flat(learned, isLearned);
    this.#learned.set(copy.model, copy);
  }

  async durable(): Promise<void> {}

  async close(): Promise<void> {}
}
