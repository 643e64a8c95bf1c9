/**
 * Commands that keep lists: interfaces, hosts, rules, and whatever else is added, changed, deleted and listed
 * by name. One table (record-tables.ts) says which there are; the entries are `ShellState.records`, saved and
 * discarded with the rest.
 */
import type { Box } from '../box.ts';
import type { Command, Group, Outcome, Parameter, Values } from '../definition.ts';
import { done, lines, refused } from '../definition.ts';

export interface RecordTable {
  /** The group, from the top: `dhcp server lease`. */
  readonly place: string;
  /** As in `... already exists`. */
  readonly thing: string;
  /** Identifies the entries; two or three parameters together where one does not suffice. */
  readonly keys: readonly Parameter[];
  readonly values: readonly Parameter[];
  /** Names of its commands; another command may show the list. */
  readonly verbs: Readonly<Partial<Record<Verb, string>>>;
}

type Verb = 'add' | 'change' | 'delete' | 'list' | 'flush' | 'attach' | 'detach';

/** Maximum of entries in one table. */
const MAX_ENTRIES = 256;
/** Width of one value in a list. */
const COLUMNS = 18;
const ATTACHED = 'attached';

/** A group may have several tables: each has its own entries. */
export const storeOf = ({ place, verbs }: Pick<RecordTable, 'place' | 'verbs'>): string =>
  `${place} ${verbs.add ?? verbs.change ?? ''}`;

const keyOf = ({ keys }: RecordTable, values: Values): string =>
  keys.map(({ name }) => values.get(name) ?? '').join(' ');

const wrongKey = ({ keys, thing }: RecordTable): Outcome =>
  refused(
    thing === 'Interface' ? 'Invalid interface.' : `Invalid value for parameter ${keys[0]?.name ?? ''}`,
  );

const add =
  (table: RecordTable) =>
  (box: Box, values: Values): Outcome => {
    const records = box.records(storeOf(table));
    const key = keyOf(table, values);
    if (records.has(key)) return refused(`${table.thing} already exists`);
    if (records.size >= MAX_ENTRIES) return refused('There is no room for more.');
    records.set(key, new Map(values));
    return done();
  };

/** Changes one entry; a missing one is created if the table has no other way to add. */
const change =
  (table: RecordTable) =>
  (box: Box, values: Values): Outcome => {
    const records = box.records(storeOf(table));
    const key = keyOf(table, values);
    const before = records.get(key);
    if (before === undefined && (table.verbs.add !== undefined || records.size >= MAX_ENTRIES))
      return wrongKey(table);
    if (before?.get(ATTACHED) === 'yes' && values.has('dest')) return refused('Interface is attached');
    records.set(key, new Map([...(before ?? []), ...values]));
    return done();
  };

const remove =
  (table: RecordTable) =>
  (box: Box, values: Values): Outcome => {
    const records = box.records(storeOf(table));
    const key = keyOf(table, values);
    if (records.get(key)?.get(ATTACHED) === 'yes') return refused('Interface is attached');
    return records.delete(key) ? done() : wrongKey(table);
  };

const attach =
  (table: RecordTable, attached: 'yes' | 'no') =>
  (box: Box, values: Values): Outcome => {
    const records = box.records(storeOf(table));
    const key = keyOf(table, values);
    const before = records.get(key);
    if (before === undefined) return wrongKey(table);
    records.set(key, new Map([...before, [ATTACHED, attached]]));
    return done();
  };

const list = (table: RecordTable) => (box: Box) => {
  const names = [...table.keys, ...table.values].map(({ name }) => name);
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell) => cell.padEnd(COLUMNS - 1))
      .join(' ')
      .trimEnd();
  const secret = new Set(table.values.filter(({ kind }) => kind.is === 'password').map(({ name }) => name));
  const entries = [...box.records(storeOf(table)).values()];
  return done(
    lines(
      row(names),
      ...entries.map((entry) =>
        row(names.map((name) => (secret.has(name) ? '********' : (entry.get(name) ?? '')))),
      ),
    ),
  );
};

const flush = (table: RecordTable) => (box: Box) => {
  box.records(storeOf(table)).clear();
  return done();
};

function commandsOf(table: RecordTable): readonly Command[] {
  const { keys, values, verbs, thing } = table;
  const what = thing.toLowerCase();
  const all: readonly (readonly [Verb, string, readonly Parameter[], Command['run'], boolean])[] = [
    ['add', `Adds: ${what}.`, [...keys, ...values], add(table), false],
    ['change', `Changes: ${what}.`, [...keys, ...values.map(free)], change(table), false],
    ['attach', `Attaches: ${what}.`, keys, attach(table, 'yes'), false],
    ['detach', `Detaches: ${what}.`, keys, attach(table, 'no'), false],
    ['delete', `Deletes: ${what}.`, keys, remove(table), false],
    ['list', `Lists: ${what}.`, [], list(table), true],
    ['flush', `Deletes all: ${what}.`, [], flush(table), false],
  ];
  return all.flatMap(([verb, help, parameters, run, harmless]) => {
    const name = verbs[verb];
    return name === undefined
      ? []
      : [{ name, help, parameters, run, ...(harmless ? { harmless: true as const } : {}) }];
  });
}

/** What is required to add is not required to change. */
const free = ({ name, kind, also }: Parameter): Parameter =>
  also === undefined ? { name, kind } : { name, kind, also };

/** The groups with the commands of these tables added; existing commands stay as they are. */
export function withRecords(top: Group, tables: readonly RecordTable[]): Group {
  return tables.reduce((group, table) => insert(group, table.place.split(' '), commandsOf(table)), top);
}

export function insert(group: Group, path: readonly string[], commands: readonly Command[]): Group {
  const [word, ...rest] = path;
  if (word === undefined) {
    const known = new Set(group.commands.map(({ name }) => name));
    return { ...group, commands: [...group.commands, ...commands.filter(({ name }) => !known.has(name))] };
  }
  const inner = group.groups.find(({ name }) => name === word);
  const next = insert(inner ?? { name: word, commands: [], groups: [] }, rest, commands);
  const groups =
    inner === undefined ? [...group.groups, next] : group.groups.map((one) => (one === inner ? next : one));
  return { ...group, groups: [...groups].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** The commands that recreate the entries of a table. */
export function recordCommands(
  box: Box,
  table: RecordTable,
  write: (values: Iterable<readonly [string, string]>) => string,
): readonly string[] {
  const { place, verbs, keys } = table;
  const names = new Set(keys.map(({ name }) => name));
  return [...box.records(storeOf(table)).values()].flatMap((entry) => {
    const own = [...entry].filter(([name]) => name !== ATTACHED);
    const made = `${place} ${verbs.add ?? verbs.change ?? ''} ${write(own)}`;
    return entry.get(ATTACHED) === 'yes'
      ? [made, `${place} ${verbs.attach ?? ''} ${write(own.filter(([name]) => names.has(name)))}`]
      : [made];
  });
}
