/**
 * The tree of one device, from a list of its names: objects, tables and instances as in a tree file.
 * Instances whose members differ from the rest of their table get rows of their own, so that every name is
 * reproduced as it was.
 */
import { LEAF_LETTERS } from '../tree-shape.ts';
import type { TreeEntry } from './entry.ts';
import { typeOf } from './entry.ts';

/** The members of a tree file; docs/profiles.md describes them. */
export interface TreeJson {
  readonly root: string;
  readonly objects: readonly (readonly [path: string, leaves: string])[];
  readonly addable: readonly string[];
  readonly writable: Readonly<Record<string, boolean>>;
  readonly numbers: Readonly<Record<string, readonly number[]>>;
}

/** An object of the device, an instance of a table among them. */
export interface TreeNode {
  /** The object's own row in the list, when it has one. */
  readonly entry: TreeEntry | undefined;
  readonly leaves: Map<string, TreeEntry>;
  readonly children: Map<string, TreeNode>;
}

/** What the instances of a table have in common, merged. */
interface Shape {
  readonly leaves: Map<string, TreeEntry>;
  readonly objects: Map<string, Shape>;
  readonly tables: Map<string, TableShape>;
  /** Names of both, in the order of the device. */
  readonly order: readonly string[];
  readonly writable: boolean | undefined;
}

interface TableShape {
  /** `undefined`: it was not listed. */
  readonly addable: boolean | undefined;
  readonly row: Shape;
}

/** What is known about tables that the device does not describe, by the table's path with {i}. */
export interface KnownTables {
  /** Rows for tables that have no instance: what an instance would have. */
  rows(table: string): readonly (readonly [path: string, leaves: string])[];
  /** Whether AddObject works, on a device that lists no objects. */
  addable(table: string): boolean;
}

/** `added`: paths of instances that show what their tables can have, and are not the factory's. */
export function writeTree(
  root: string,
  top: TreeNode,
  known: KnownTables,
  added: ReadonlySet<string> = new Set(),
): TreeJson {
  const writer = new TreeWriter(known);
  writer.node('', top);
  writer.numbersOf('', top, added);
  return {
    root,
    objects: writer.objects,
    addable: writer.addable,
    writable: Object.fromEntries(writer.writable),
    numbers: Object.fromEntries(writer.numbers),
  };
}

class TreeWriter {
  readonly objects: (readonly [string, string])[] = [];
  readonly addable: string[] = [];
  readonly writable = new Map<string, boolean>();
  readonly numbers = new Map<string, readonly number[]>();
  readonly #known: KnownTables;

  constructor(known: KnownTables) {
    this.#known = known;
  }

  /** An object that stands alone: the root, what is below it, or an instance unlike the others. */
  node(path: string, node: TreeNode, usual = false): void {
    this.#row(path, node.leaves, node.entry?.writable, usual);
    for (const [name, child] of node.children) {
      if (isTable(child)) this.#table(`${path}${name}.`, child);
      else this.node(`${path}${name}.`, child);
    }
  }

  #row(
    path: string,
    leaves: ReadonlyMap<string, TreeEntry>,
    writable: boolean | undefined,
    usual: boolean,
  ): void {
    this.objects.push([path, Array.from(leaves, ([name, leaf]) => writeLeaf(name, leaf)).join(' ')]);
    if (writable !== undefined && writable !== usual) this.writable.set(path, writable);
  }

  #table(path: string, table: TreeNode): void {
    const template = path.replace(/\.\d+(?=\.)/g, '.{i}');
    const addable = table.entry?.writable ?? this.#known.addable(template);
    if (addable) this.addable.push(path);
    const shape = shapeOf([...table.children.values()]);
    this.#shape(`${path}{i}.`, shape, addable);
    if (table.children.size === 0) this.objects.push(...this.#known.rows(template));
    for (const [number, instance] of table.children)
      if (!fits(instance, shape)) this.node(`${path}${number}.`, instance, addable);
  }

  #shape(path: string, shape: Shape, usual: boolean): void {
    this.#row(path, shape.leaves, shape.writable, usual);
    for (const name of shape.order) {
      const object = shape.objects.get(name);
      if (object !== undefined) this.#shape(`${path}${name}.`, object, false);
      const table = shape.tables.get(name);
      if (table === undefined) continue;
      const { addable: listed, row } = table;
      const addable = listed ?? this.#known.addable(`${path}${name}.`);
      if (addable) this.addable.push(`${path}${name}.`);
      this.#shape(`${path}${name}.{i}.`, row, addable);
    }
  }

  numbersOf(path: string, node: TreeNode, added: ReadonlySet<string>): void {
    const there = [...node.children].filter(([name]) => !added.has(`${path}${name}.`));
    if (isTable(node) && node.children.size > 0)
      this.numbers.set(
        path,
        there.map(([name]) => Number(name)).sort((a, b) => a - b),
      );
    for (const [name, child] of there) this.numbersOf(`${path}${name}.`, child, added);
  }
}

const writeLeaf = (name: string, entry: TreeEntry): string =>
  `${name}:${LEAF_LETTERS.get(typeOf(entry)) ?? 's'}${entry.writable === true ? '*' : ''}`;

/** Its children are instances; or it has none, and can have some. */
export function isTable({ entry, leaves, children }: TreeNode): boolean {
  if (leaves.size > 0) return false;
  return children.size === 0 ? entry?.writable === true : isNumbered(children);
}

function isNumbered(children: ReadonlyMap<string, TreeNode>): boolean {
  for (const name of children.keys()) if (!/^[1-9]\d{0,8}$/.test(name)) return false;
  return true;
}

function shapeOf(nodes: readonly TreeNode[]): Shape {
  const leaves = new Map<string, TreeEntry>();
  const below = new Map<string, TreeNode[]>();
  for (const node of nodes) {
    for (const [name, leaf] of node.leaves) if (leaves.get(name)?.type === undefined) leaves.set(name, leaf);
    for (const [name, child] of node.children) {
      const list = below.get(name);
      if (list === undefined) below.set(name, [child]);
      else list.push(child);
    }
  }
  const objects = new Map<string, Shape>();
  const tables = new Map<string, TableShape>();
  for (const [name, list] of below) {
    const table = list.find((node) => isTable(node));
    if (table === undefined) objects.set(name, shapeOf(list));
    else {
      const instances = list.filter((node) => isTable(node)).flatMap((node) => [...node.children.values()]);
      tables.set(name, { addable: table.entry?.writable, row: shapeOf(instances) });
    }
  }
  const writable = nodes.find(({ entry }) => entry?.writable !== undefined)?.entry?.writable;
  return { leaves, objects, tables, order: [...below.keys()], writable };
}

/** Whether an instance is exactly what the shape says. */
function fits(node: TreeNode, shape: Shape): boolean {
  const { entry, leaves, children } = node;
  if (entry?.writable !== undefined && entry.writable !== shape.writable) return false;
  if (leaves.size !== shape.leaves.size) return false;
  for (const [name, leaf] of leaves) if (!isAlike(leaf, shape.leaves.get(name))) return false;
  if (children.size !== shape.objects.size + shape.tables.size) return false;
  for (const [name, child] of children)
    if (!childFits(child, shape.objects.get(name), shape.tables.get(name))) return false;
  return true;
}

const isAlike = (leaf: TreeEntry, other: TreeEntry | undefined): boolean =>
  other !== undefined &&
  (leaf.type === undefined || leaf.type === other.type) &&
  (leaf.writable === true) === (other.writable === true);

function childFits(child: TreeNode, object: Shape | undefined, table: TableShape | undefined): boolean {
  if (object !== undefined) return !isTable(child) && fits(child, object);
  if (table === undefined || child.leaves.size > 0 || !isNumbered(child.children)) return false;
  if (child.entry?.writable !== undefined && child.entry.writable !== table.addable) return false;
  for (const instance of child.children.values()) if (!fits(instance, table.row)) return false;
  return true;
}
