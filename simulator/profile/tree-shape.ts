/**
 * The shape of a parameter tree, shared by all modems of a profile: objects, tables and leaves in the order
 * in which the device lists them, and how many instances a table has at the factory. docs/profiles.md
 * describes the file format.
 */
import type { ValueType } from '../../protocol/cwmp/parameter-value.ts';
import { LIMITS } from '../../protocol/limits.ts';
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
  /**
   * Whether a list of names marks it as writable, and for an instance whether DeleteObject works; absent: as
   * its table is addable.
   */
  readonly writable?: boolean;
  /**
   * Leaves first, then objects and tables, each in the order of the file: the order in which devices list
   * them.
   */
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
  /**
   * Instances whose members differ from the rest, by their numbers: trees that were read from a device have
   * them.
   */
  readonly rows: Map<number, ObjectShape>;
}

export interface TreeShape {
  /** `InternetGatewayDevice.` */
  readonly root: string;
  readonly top: ObjectShape;
  /** Instance numbers of a table at the factory, ascending, by its concrete path below the root. */
  instances(path: string): readonly number[];
}

const TYPES: ReadonlyMap<string, ValueType> = new Map([
  ['s', 'string'],
  ['u', 'unsignedInt'],
  ['i', 'int'],
  ['b', 'boolean'],
  ['d', 'dateTime'],
  ['x', 'base64'],
  ['h', 'hexBinary'],
  ['I', 'long'],
  ['U', 'unsignedLong'],
]);

/** How tree files write the types of leaves. */
export const LEAF_LETTERS: ReadonlyMap<ValueType, string> = new Map(
  Array.from(TYPES, ([letter, type]) => [type, letter] as const),
);

interface Row {
  readonly path: string;
  readonly leaves: readonly { readonly name: string; readonly type: ValueType; readonly writable: boolean }[];
}

/** What a file says about objects beside their leaves, by their paths as its rows write them. */
interface Marks {
  readonly addable: ReadonlySet<string>;
  readonly writable: ReadonlyMap<string, boolean>;
}

/**
 * Reads a tree file and a profile's changes to it: objects left out, objects added or replaced, other counts.
 */
export function readTree(base: Fields, changes: Fields): TreeShape {
  base.string('about', '');
  const root = base.string('root');
  const without = changes.strings('without', []);
  const stays = (path: string): boolean => !without.some((prefix) => path.startsWith(prefix));
  const marks: Marks = {
    addable: new Set([...base.strings('addable', []), ...changes.strings('addable', [])]),
    writable: new Map([...readWritable(base), ...readWritable(changes)]),
  };
  const top: ObjectShape = {
    is: 'object',
    name: root,
    template: '',
    members: new Map(),
    ...writableOf(marks, ''),
  };
  for (const row of readRows(base)) if (stays(row.path)) place(top, row, marks, base);
  for (const row of readRows(changes)) place(top, row, marks, changes);
  const counts = readCounts(base, stays);
  for (const [path, count] of readCounts(changes, () => true)) counts.set(path, count);
  base.done();
  return { root, top, instances: (path) => instancesOf(counts, path) };
}

function readWritable(file: Fields): (readonly [string, boolean])[] {
  const fields = file.fields('writable');
  return fields.keys().map((path) => [path, fields.boolean(path)] as const);
}

function readRows(file: Fields): Row[] {
  return file.list('objects', []).map((row, index) => {
    const [path, leaves] = Array.isArray(row) ? row : [];
    if (typeof path !== 'string' || typeof leaves !== 'string')
      return file.refuse(`objects[${index}]`, 'a pair of a path and its leaves');
    const names = leaves === '' ? [] : leaves.split(' ');
    return { path, leaves: names.map((leaf) => readLeaf(leaf, file, path)) };
  });
}

function readLeaf(text: string, file: Fields, path: string): Row['leaves'][number] {
  const match = /^([^\s.:]{1,128}):([subidxhIU])(\*?)$/.exec(text);
  const type = TYPES.get(match?.[2] ?? '');
  if (match?.[1] === undefined || type === undefined)
    return file.refuse(`objects ${path}`, `leaves such as Name:s or Name:u*, not ${text}`);
  return { name: match[1], type, writable: match[3] === '*' };
}

/**
 * Puts the leaves of a row in their place, and creates the objects on the way; an existing row is replaced.
 */
function place(top: ObjectShape, { path, leaves }: Row, marks: Marks, file: Fields): void {
  const segments = path.split('.').slice(0, -1);
  let object = top;
  let table: TableShape | undefined;
  for (const [index, segment] of segments.entries()) {
    const written = `${segments.slice(0, index + 1).join('.')}.`;
    if (table !== undefined) {
      object = segment === '{i}' ? table.row : instance(table, segment, written, marks, file);
      table = undefined;
      continue;
    }
    const known = object.members.get(segment);
    const member = known === undefined || known.is === 'leaf' ? undefined : known;
    const next = member ?? add(object, segment, segments[index + 1] === '{i}', written, marks);
    if (next.is === 'table') table = next;
    else object = next;
  }
  if (table !== undefined) file.refuse(`objects ${path}`, 'the path of an object: a table ends with {i}.');
  const rest = [...object.members].filter(([, member]) => member.is !== 'leaf');
  object.members.clear();
  for (const { name, type, writable } of leaves)
    object.members.set(name, { is: 'leaf', name, template: object.template + name, type, writable });
  for (const [name, member] of rest) object.members.set(name, member);
}

/** An instance that is described by its number: it has what its own rows say, and nothing from the others. */
function instance(
  table: TableShape,
  segment: string,
  written: string,
  marks: Marks,
  file: Fields,
): ObjectShape {
  if (!/^[1-9]\d{0,8}$/.test(segment))
    return file.refuse(`objects ${written}`, '{i} or a number after a table');
  const known = table.rows.get(Number(segment));
  if (known !== undefined) return known;
  const { name, template } = table.row;
  const own: ObjectShape = {
    is: 'object',
    name,
    template,
    members: new Map(),
    ...writableOf(marks, written),
  };
  table.rows.set(Number(segment), own);
  return own;
}

function add(
  parent: ObjectShape,
  name: string,
  isTable: boolean,
  written: string,
  marks: Marks,
): ObjectShape | TableShape {
  const template = `${parent.template}${name}.`;
  const made: ObjectShape | TableShape = isTable
    ? {
        is: 'table',
        name,
        template,
        addable: marks.addable.has(written),
        rows: new Map(),
        row: {
          is: 'object',
          name,
          template: `${template}{i}.`,
          members: new Map(),
          ...writableOf(marks, `${written}{i}.`),
        },
      }
    : { is: 'object', name, template, members: new Map(), ...writableOf(marks, written) };
  parent.members.set(name, made);
  return made;
}

function writableOf({ writable }: Marks, written: string): { readonly writable?: boolean } {
  const listed = writable.get(written);
  return listed === undefined ? {} : { writable: listed };
}

/** A number of instances, their numbers, or counts for the instances of the table above. */
type Counts = Map<string, number | readonly number[]>;

function readCounts(file: Fields, stays: (path: string) => boolean): Counts {
  const counts: Counts = new Map();
  for (const [member, single] of [
    ['instances', true],
    ['numbers', false],
  ] as const) {
    const fields = file.fields(member);
    for (const path of fields.keys()) {
      const value = fields.get(path);
      if (!stays(path)) continue;
      const count = single && typeof value === 'number' ? value : undefined;
      if (count !== undefined && !isCount(count))
        fields.refuse(path, 'a whole number that a device can hold');
      counts.set(path, count ?? readNumbers(fields, path));
    }
  }
  return counts;
}

function readNumbers(fields: Fields, path: string): readonly number[] {
  const numbers = fields.list(path);
  if (numbers.length > LIMITS.members) fields.refuse(path, `at most ${LIMITS.members} members`);
  return numbers.map((number) =>
    typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= MAX_NUMBER
      ? number
      : fields.refuse(path, 'whole numbers'),
  );
}

/** Nine digits, as many as an instance in a name may have. */
const MAX_NUMBER = 999_999_999;

const isCount = (count: number): boolean => Number.isInteger(count) && count >= 0 && count <= LIMITS.members;

const NONE: readonly number[] = [];

/** 1 to `count`, one shared list. */
function upTo(count: number): readonly number[] {
  const known = RANGES.get(count);
  if (known !== undefined) return known;
  const made = Array.from({ length: count }, (_, index) => index + 1);
  RANGES.set(count, made);
  return made;
}
const RANGES = new Map<number, readonly number[]>([[0, NONE]]);

/**
 * By the path itself, a count or the numbers; or by a list of counts for all instances of the table above:
 * `Chain.{i}.Rule.` holds that of Chain.1 first.
 */
function instancesOf(counts: Counts, path: string): readonly number[] {
  const exact = counts.get(path);
  if (exact !== undefined) return typeof exact === 'number' ? upTo(exact) : exact;
  const match = /^(.*\.)(\d{1,9})\.([^.]{1,128}\.)$/.exec(path);
  const list = match === null ? undefined : counts.get(`${match[1]}{i}.${match[3]}`);
  return typeof list === 'object' ? upTo(Math.min(list[Number(match?.[2]) - 1] ?? 0, LIMITS.members)) : NONE;
}
