/**
 * The shape of a parameter tree, shared by all modems of a profile: objects, tables and leaves in the order in which the
 * device lists them, and how many instances a table has out of the factory. docs/profiles.md tells the file format.
 */
import type { ValueType } from '../protocol/cwmp/parameter-value.ts';
import type { Fields } from './fields.ts';

export interface LeafShape {
  readonly is: 'leaf';
  readonly name: string;
  /** Path below the root with {i} for instances. */
  readonly template: string;
  readonly type: ValueType;
  readonly writable: boolean;
}

export interface ObjectShape {
  readonly is: 'object';
  readonly name: string;
  /** Ends with a dot; empty for the root. */
  readonly template: string;
  /** Leaves first, then objects and tables, each in the order of the file: so the devices list them. */
  readonly members: Map<string, LeafShape | ObjectShape | TableShape>;
}

export interface TableShape {
  readonly is: 'table';
  readonly name: string;
  /** `LANDevice.{i}.Hosts.Host.` */
  readonly template: string;
  /** AddObject works on it, and DeleteObject on its instances. */
  readonly addable: boolean;
  readonly row: ObjectShape;
}

export interface TreeShape {
  /** `InternetGatewayDevice.` */
  readonly root: string;
  readonly top: ObjectShape;
  /** Instances of a table out of the factory, by its concrete path below the root. */
  instances(path: string): number;
}

const TYPES: ReadonlyMap<string, ValueType> = new Map([
  ['s', 'string'],
  ['u', 'unsignedInt'],
  ['i', 'int'],
  ['b', 'boolean'],
  ['d', 'dateTime'],
  ['x', 'base64'],
]);

interface Row {
  readonly path: string;
  readonly leaves: readonly { readonly name: string; readonly type: ValueType; readonly writable: boolean }[];
}

/** Reads a tree file and a profile's changes to it: objects left out, objects added or replaced, other counts. */
export function readTree(base: Fields, changes: Fields): TreeShape {
  base.string('about', '');
  const root = base.string('root');
  const without = changes.strings('without', []);
  const stays = (path: string): boolean => !without.some((prefix) => path.startsWith(prefix));
  const addable = new Set([...base.strings('addable', []), ...changes.strings('addable', [])]);
  const top: ObjectShape = { is: 'object', name: root, template: '', members: new Map() };
  for (const row of readRows(base)) if (stays(row.path)) place(top, row, addable);
  for (const row of readRows(changes)) place(top, row, addable);
  const counts = readCounts(base, stays);
  for (const [path, count] of readCounts(changes, () => true)) counts.set(path, count);
  base.done();
  return { root, top, instances: (path) => instancesOf(counts, path) };
}

function readRows(file: Fields): Row[] {
  return file.list('objects', []).map((row, index) => {
    const [path, leaves] = Array.isArray(row) ? row : [];
    if (typeof path !== 'string' || typeof leaves !== 'string')
      return file.refuse(`objects[${index}]`, 'a pair of a path and its leaves');
    return { path, leaves: leaves.split(' ').map((leaf) => readLeaf(leaf, file, path)) };
  });
}

function readLeaf(text: string, file: Fields, path: string): Row['leaves'][number] {
  const match = /^([\w-]{1,128}):([subidx])(\*?)$/.exec(text);
  const type = TYPES.get(match?.[2] ?? '');
  if (match?.[1] === undefined || type === undefined)
    return file.refuse(`objects ${path}`, `leaves such as Name:s or Name:u*, not ${text}`);
  return { name: match[1], type, writable: match[3] === '*' };
}

/** Puts the leaves of a row where they belong, and makes the objects on the way; a row that was there is replaced. */
function place(top: ObjectShape, { path, leaves }: Row, addable: ReadonlySet<string>): void {
  const segments = path.split('.').slice(0, -1);
  let object = top;
  for (const [index, segment] of segments.entries()) {
    if (segment === '{i}') continue;
    const member = object.members.get(segment);
    if (member?.is === 'object') object = member;
    else if (member?.is === 'table') object = member.row;
    else object = add(object, segment, segments[index + 1] === '{i}', addable);
  }
  const rest = [...object.members].filter(([, member]) => member.is !== 'leaf');
  object.members.clear();
  for (const { name, type, writable } of leaves)
    object.members.set(name, { is: 'leaf', name, template: object.template + name, type, writable });
  for (const [name, member] of rest) object.members.set(name, member);
}

function add(parent: ObjectShape, name: string, table: boolean, addable: ReadonlySet<string>): ObjectShape {
  const template = `${parent.template}${name}.`;
  const object: ObjectShape = {
    is: 'object',
    name,
    template: table ? `${template}{i}.` : template,
    members: new Map(),
  };
  parent.members.set(
    name,
    table ? { is: 'table', name, template, addable: addable.has(template), row: object } : object,
  );
  return object;
}

type Counts = Map<string, number | readonly number[]>;

function readCounts(file: Fields, stays: (path: string) => boolean): Counts {
  const fields = file.fields('instances');
  const counts: Counts = new Map();
  for (const path of fields.keys()) {
    const value = fields.get(path);
    if (!stays(path)) continue;
    if (typeof value === 'number') counts.set(path, value);
    else
      counts.set(
        path,
        fields
          .list(path)
          .map((count) => (typeof count === 'number' ? count : fields.refuse(path, 'numbers'))),
      );
  }
  return counts;
}

/** By the path itself, or by a list for all instances of the table above: `Chain.{i}.Rule.` holds that of Chain.1 first. */
function instancesOf(counts: Counts, path: string): number {
  const exact = counts.get(path);
  if (typeof exact === 'number') return exact;
  const match = /^(.*\.)(\d{1,9})\.([^.]{1,128}\.)$/.exec(path);
  const list = match === null ? undefined : counts.get(`${match[1]}{i}.${match[3]}`);
  return typeof list === 'object' ? (list[Number(match?.[2]) - 1] ?? 0) : 0;
}
