/** One modem's parameter tree: the shape shared by its model, and what differs on this modem. */
import type { LeafShape, ObjectShape, TableShape, TreeShape } from './tree-shape.ts';

/** A member of the tree, by its concrete path. */
export type Found =
  | {
      readonly is: 'leaf';
      readonly path: string;
      readonly indices: readonly number[];
      readonly shape: LeafShape;
    }
  | {
      readonly is: 'object';
      readonly path: string;
      readonly indices: readonly number[];
      readonly shape: ObjectShape;
      /** The table whose instance it is. */
      readonly table: TableShape | undefined;
    }
  | {
      readonly is: 'table';
      readonly path: string;
      readonly indices: readonly number[];
      readonly shape: TableShape;
    };

type FoundObject = Extract<Found, { is: 'object' }>;
type FoundLeaf = Extract<Found, { is: 'leaf' }>;

/** No table of a SpeedTouch has more; beyond it AddObject answers 9004. */
const MAX_INSTANCES = 512;

/** Lookups in factory-fresh trees, by name, so that what each session asks for is not searched again. */
const found = new WeakMap<TreeShape, Map<string, Found>>();
const MAX_FOUND = 4096;

export class DeviceTree {
  #shape: TreeShape;
  /** Values that differ from the factory's, by full name. */
  readonly #values = new Map<string, string>();
  /** Instances of changed tables, ascending; and the highest number ever assigned in each. */
  readonly #instances = new Map<string, readonly number[]>();
  readonly #highest = new Map<string, number>();

  constructor(shape: TreeShape) {
    this.#shape = shape;
  }

  get shape(): TreeShape {
    return this.#shape;
  }

  /** Switches to another tree, keeping changes to what both have. */
  reshape(shape: TreeShape): void {
    this.#shape = shape;
    for (const path of this.#instances.keys())
      if (this.find(path)?.is !== 'table')
        for (const map of [this.#instances, this.#highest]) map.delete(path);
    for (const name of this.#values.keys()) if (this.find(name)?.is !== 'leaf') this.#values.delete(name);
  }

  /** Whether objects were added or deleted. */
  get reshaped(): boolean {
    return this.#instances.size > 0;
  }

  stored(name: string): string | undefined {
    return this.#values.get(name);
  }

  store(name: string, value: string): void {
    this.#values.set(name, value);
  }

  /** One parameter back to the factory's value. */
  forget(name: string): void {
    this.#values.delete(name);
  }

  /** Returns to the factory's tree. */
  reset(): void {
    this.#values.clear();
    this.#instances.clear();
    this.#highest.clear();
  }

  root(): FoundObject {
    return { is: 'object', path: this.shape.root, indices: [], shape: this.shape.top, table: undefined };
  }

  /**
   * A parameter by its name, or an object by its path with the dot at the end. The empty path is the root.
   */
  find(name: string): Found | undefined {
    if (this.reshaped) return this.#search(name);
    // As long as no object was added or deleted the result is the same on all modems of a model.
    let known = found.get(this.shape);
    if (known === undefined) {
      known = new Map();
      found.set(this.shape, known);
    }
    let member = known.get(name);
    if (member === undefined) {
      member = this.#search(name);
      if (member !== undefined && known.size < MAX_FOUND) known.set(name, member);
    }
    return member;
  }

  #search(name: string): Found | undefined {
    const { root } = this.shape;
    if (name === '' || name === root) return this.root();
    if (!name.startsWith(root) || name.length > 256) return undefined;
    const segments = name.slice(root.length).split('.');
    const wantsObject = segments.at(-1) === '';
    if (wantsObject) segments.pop();
    let member: Found = this.root();
    for (const segment of segments) {
      const next: Found | undefined = this.#member(member, segment);
      if (next === undefined) return undefined;
      member = next;
    }
    return wantsObject === (member.is !== 'leaf') ? member : undefined;
  }

  #member(found: Found, segment: string): Found | undefined {
    switch (found.is) {
      case 'leaf':
        return undefined;
      case 'table': {
        if (!/^[1-9]\d{0,8}$/.test(segment) || !this.instances(found.path).includes(Number(segment)))
          return undefined;
        return this.#row(found, Number(segment));
      }
      case 'object': {
        const member = found.shape.members.get(segment);
        return member === undefined ? undefined : below(found, member);
      }
    }
  }

  #row(table: Extract<Found, { is: 'table' }>, instance: number): FoundObject {
    return {
      is: 'object',
      path: `${table.path}${instance}.`,
      indices: [...table.indices, instance],
      shape: table.shape.rows.get(instance) ?? table.shape.row,
      table: table.shape,
    };
  }

  /** Instance numbers of a table, ascending. */
  instances(path: string): readonly number[] {
    const changed = this.#instances.get(path);
    if (changed !== undefined) return changed;
    // An added instance has no instances inside: the factory had none with its number.
    return this.shape.instances(path.slice(this.shape.root.length));
  }

  /** The next level below an object or table, in the order of the device. */
  children(found: Found): Found[] {
    switch (found.is) {
      case 'leaf':
        return [];
      case 'table':
        return this.instances(found.path).map((instance) => this.#row(found, instance));
      case 'object':
        return Array.from(found.shape.members.values(), (member) => below(found, member));
    }
  }

  /** Everything at and below it, parents before children. */
  *walk(found: Found): Generator<Found> {
    yield found;
    for (const child of this.children(found)) {
      if (child.is === 'leaf') yield child;
      else yield* this.walk(child);
    }
  }

  *leaves(found: Found): Generator<FoundLeaf> {
    for (const member of this.walk(found)) if (member.is === 'leaf') yield member;
  }

  /** Adds an instance. Numbers are never reused (TR-069a6 A.2.2.1). `undefined`: the table is full. */
  add(path: string, most: number = MAX_INSTANCES): number | undefined {
    const before = this.instances(path);
    if (before.length >= most) return undefined;
    const instance = Math.max(this.#highest.get(path) ?? 0, before.at(-1) ?? 0) + 1;
    this.#highest.set(path, instance);
    this.#instances.set(path, [...before, instance]);
    return instance;
  }

  /**
   * Sets the instances of a table, as a configuration file has them: others are deleted, new ones have
   * defaults.
   */
  arrange(path: string, numbers: readonly number[]): void {
    const before = this.instances(path);
    for (const number of before) if (!numbers.includes(number)) this.delete(path, number);
    this.#highest.set(path, Math.max(this.#highest.get(path) ?? 0, before.at(-1) ?? 0, ...numbers));
    this.#instances.set(
      path,
      [...new Set(numbers)].sort((a, b) => a - b),
    );
  }

  /** Deletes an instance and everything in it. */
  delete(tablePath: string, instance: number): void {
    const before = this.instances(tablePath);
    this.#highest.set(tablePath, Math.max(this.#highest.get(tablePath) ?? 0, before.at(-1) ?? 0));
    this.#instances.set(
      tablePath,
      before.filter((number) => number !== instance),
    );
    const gone = `${tablePath}${instance}.`;
    for (const map of [this.#values, this.#instances, this.#highest])
      for (const key of map.keys()) if (key.startsWith(gone)) map.delete(key);
  }
}

function below(parent: FoundObject, member: LeafShape | ObjectShape | TableShape): Found {
  const { indices } = parent;
  switch (member.is) {
    case 'leaf':
      return { is: 'leaf', path: parent.path + member.name, indices, shape: member };
    case 'object':
      return {
        is: 'object',
        path: `${parent.path}${member.name}.`,
        indices,
        shape: member,
        table: undefined,
      };
    case 'table':
      return { is: 'table', path: `${parent.path}${member.name}.`, indices, shape: member };
  }
}
