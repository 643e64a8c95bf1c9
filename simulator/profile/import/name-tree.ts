/** The names of a device as a tree. */
import { counted } from '../../../protocol/counted.ts';
import type { TreeNode } from './concrete-tree.ts';
import type { TreeEntry } from './entry.ts';

export interface NameTree {
  /** `InternetGatewayDevice.` */
  readonly root: string;
  readonly top: TreeNode;
  /** Its parameters, by their names below the root. */
  readonly leaves: ReadonlyMap<string, TreeEntry>;
  readonly objects: number;
  /** Names of objects that were listed. */
  readonly listed: number;
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

interface Building extends TreeNode {
  entry: TreeEntry | undefined;
  readonly children: Map<string, Building>;
}

const node = (): Building => ({ entry: undefined, leaves: new Map(), children: new Map() });

/** `undefined`: there is no root. Of duplicate names the last one counts. */
export function nameTree(entries: readonly TreeEntry[]): NameTree | undefined {
  const root = rootOf(entries);
  if (root === undefined) return undefined;
  const top = node();
  const leaves = new Map<string, TreeEntry>();
  let outside = 0;
  let listed = 0;
  for (const entry of entries) {
    if (!entry.name.startsWith(root)) {
      outside += 1;
      continue;
    }
    const below = entry.name.slice(root.length);
    const segments = below.split('.');
    const last = segments.pop() ?? '';
    let object = top;
    for (const segment of segments) {
      const next = object.children.get(segment) ?? node();
      object.children.set(segment, next);
      object = next;
    }
    if (last === '') {
      listed += object.entry === undefined ? 1 : 0;
      object.entry = entry;
    } else {
      object.leaves.set(last, entry);
      leaves.set(below, entry);
    }
  }
  const notes = outside === 0 ? [] : [`left out: ${counted(outside, 'name')} outside of ${root}`];
  const objects = settle(top, '', leaves, notes);
  return { root, top, leaves, objects, listed, notes };
}

/** The first part of most names. */
function rootOf(entries: readonly TreeEntry[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { name } of entries) {
    const dot = name.indexOf('.');
    if (dot > 0) counts.set(name.slice(0, dot + 1), (counts.get(name.slice(0, dot + 1)) ?? 0) + 1);
  }
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0];
}

/** Counts the objects, and leaves out parameters that have the name of an object beside them. */
function settle(object: Building, path: string, leaves: Map<string, TreeEntry>, notes: string[]): number {
  let count = 1;
  for (const [name, child] of object.children) {
    if (object.leaves.delete(name)) {
      leaves.delete(path + name);
      notes.push(`${path}${name} is a parameter and an object; the parameter is left out`);
    }
    count += settle(child, `${path}${name}.`, leaves, notes);
  }
  return count;
}
