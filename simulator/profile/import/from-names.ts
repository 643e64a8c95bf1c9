/** A profile from the names and values of one device: its tree, and which of its values need rules. */
import { readDateTime } from '../../../protocol/datamodel/date-time.ts';
import { isSecretName } from '../../../protocol/datamodel/secret-names.ts';
import { Fields } from '../fields.ts';
import { composeTree, readProduct, readShared } from '../profile-files.ts';
import type { KnownTables, TreeNode } from './concrete-tree.ts';
import { isTable, writeTree } from './concrete-tree.ts';
import type { TreeEntry } from './entry.ts';
import type { NameTree } from './name-tree.ts';
import type { Model } from './profile-json.ts';

/** The identity of the device, as far as it is known. */
export interface KnownIdentity {
  readonly manufacturer: string;
  readonly oui: string;
  readonly productClass: string;
  readonly serial: string;
  readonly firmware: string;
}

/**
 * The tree and values of the device. `twin`: the profile whose dialect it uses; `added`: full paths of
 * instances that are not the factory's: they show the members and defaults of new ones.
 */
export function modelOf(
  names: NameTree,
  identity: KnownIdentity,
  twin: string | undefined,
  added: ReadonlySet<string> = new Set(),
): Model {
  const { root, top, leaves } = names;
  const own = new Set([...added].map((path) => path.slice(root.length)));
  const isAdded = (name: string): boolean => [...own].some((path) => name.startsWith(path));
  const counts = countsOf(top, own);
  const given = new Map<string, string>();
  const values = new Map<string, string>();
  for (const [name, { value }] of leaves) {
    if (value === undefined || value === counts.get(name)) continue;
    const template = templateOf(name);
    if (isAdded(name)) {
      if (!isRule(value) && !values.has(template)) values.set(template, value);
      continue;
    }
    const rule = SPECIAL.get(template)?.(value, identity);
    if (rule === undefined) given.set(name, value);
    else values.set(template, rule);
  }
  return {
    root,
    tree: writeTree(root, top, knownTables(root, twin), own),
    given: Object.fromEntries(given),
    values: Object.fromEntries(values),
    attributes: attributesOf(leaves, isAdded),
    secret: secretsOf(leaves),
    // Most objects were not listed: the device lists only leaves.
    lists: names.listed * 2 < names.objects ? 'leaves' : 'objects',
    limits: {},
    has: (name) => leaves.has(name),
    value: (name) => leaves.get(name)?.value,
    leaves: leaves.keys(),
  };
}

const templateOf = (name: string): string => name.replace(/\.\d{1,9}(?=\.)/g, '.{i}');

function attributesOf(leaves: NameTree['leaves'], isAdded: (name: string) => boolean): Model['attributes'] {
  const attributes: [string, { notification: number; accessList?: readonly string[] }][] = [];
  for (const [name, { notification, accessList }] of leaves)
    if ((notification !== undefined || accessList !== undefined) && !isAdded(name))
      attributes.push([name, { notification: notification ?? 0, ...(accessList ? { accessList } : {}) }]);
  return Object.fromEntries(attributes);
}

/** Templates of parameters that look like passwords and read as empty in all of their instances. */
function secretsOf(leaves: NameTree['leaves']): readonly string[] {
  const isEmpty = new Map<string, boolean>();
  for (const [name, leaf] of leaves) {
    if (!isSecret(leaf)) continue;
    const template = templateOf(name);
    isEmpty.set(template, (isEmpty.get(template) ?? true) && (leaf.value ?? '') === '');
  }
  return [...isEmpty].filter(([, empty]) => empty).map(([template]) => template);
}

/** Passwords read as empty text; whether a parameter is one shows in its value. */
const isSecret = ({ name, writable }: TreeEntry): boolean => writable === true && isSecretName(name);

type Special = (value: string, identity: KnownIdentity) => string | undefined;

/** A rule for one fact of the modem; docs/profiles.md lists them. */
const rule = (fact: string): string => `\${${fact}}`;
const isRule = (value: string): boolean => value.includes('${');
const fact =
  (name: string): Special =>
  () =>
    rule(name);

const ifEqual =
  (name: 'serial' | 'firmware'): Special =>
  (value, identity) =>
    value === identity[name] && value !== '' ? rule(name) : undefined;

/** Values that differ on the next modem, or a moment later, or with another ACS; by template. */
const SPECIAL: ReadonlyMap<string, Special> = new Map([
  ['DeviceInfo.SerialNumber', ifEqual('serial')],
  ['DeviceInfo.SoftwareVersion', ifEqual('firmware')],
  ['DeviceInfo.UpTime', fact('uptime')],
  ['DeviceInfo.Uptime', fact('uptime')],
  ['Time.CurrentLocalTime', (value) => (readDateTime(value) === undefined ? undefined : rule('clock'))],
  ['ManagementServer.URL', fact('acs')],
  ['ManagementServer.Username', withSerial],
  ['ManagementServer.ConnectionRequestUsername', withSerial],
  ['ManagementServer.ConnectionRequestURL', withAddress],
]);

function withSerial(value: string, { serial }: KnownIdentity): string | undefined {
  return serial.length >= 4 && value.includes(serial) && !isRule(value)
    ? value.replaceAll(serial, rule('serial'))
    : undefined;
}

function withAddress(value: string): string | undefined {
  if (!URL.canParse(value) || isRule(value)) return undefined;
  const { hostname } = new URL(value);
  return hostname === '' ? undefined : value.replace(hostname, rule('address'));
}

/** The value of each `...NumberOfEntries` if it counts the table beside it. */
function countsOf(top: TreeNode, added: ReadonlySet<string>): Map<string, string> {
  const counts = new Map<string, string>();
  const visit = (path: string, { leaves, children }: TreeNode): void => {
    const tables = [...children].filter(([, child]) => isTable(child));
    for (const name of leaves.keys()) {
      const called = /^(.*)NumberOfEntries$/.exec(name)?.[1];
      if (called === undefined) continue;
      const [counted, table] =
        tables.find(([table]) => table === called) ??
        tables.find(([table]) => table.startsWith(called)) ??
        tables.find(([table]) => called.endsWith(table)) ??
        [];
      const numbers = [...(table?.children.keys() ?? [])];
      const there = numbers.filter((number) => !added.has(`${path}${counted}.${number}.`));
      counts.set(path + name, String(there.length));
    }
    for (const [name, child] of children) visit(`${path}${name}.`, child);
  };
  visit('', top);
  return counts;
}

const STANDARD: ReadonlyMap<string, string> = new Map([
  ['InternetGatewayDevice.', 'generic-tr098'],
  ['Device.', 'generic-tr181'],
]);

/** The name of the generic model with this root. */
export const genericModel = (root: string): string | undefined => STANDARD.get(root);

/**
 * Rows of a table on its twin, else in the generic model of this root: a device without instances shows none.
 */
function knownTables(root: string, twin: string | undefined): KnownTables {
  const name = STANDARD.get(root);
  const generic = name === undefined ? {} : readShared('trees', name);
  const tree =
    twin === undefined ? generic : composeTree(new Fields(readProduct(twin).json, twin).get('tree'), twin);
  const file = new Fields(tree, twin ?? 'trees');
  const rows = file.list('objects', []).flatMap((row): (readonly [string, string])[] => {
    const [path, leaves] = Array.isArray(row) ? row : [];
    return typeof path === 'string' && typeof leaves === 'string' ? [[path, leaves]] : [];
  });
  const addable = new Set(file.strings('addable', []));
  return {
    rows: (table) => rows.filter(([path]) => path.startsWith(`${table}{i}.`)),
    addable: (table) => addable.has(table),
  };
}
