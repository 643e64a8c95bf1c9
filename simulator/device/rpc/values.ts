/** GetParameterValues and SetParameterValues (TR-069a6 A.3.2.2, A.3.2.1). */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Found } from '../../profile/device-tree.ts';
import type { Device } from '../device.ts';
import { checkValue } from '../set-check.ts';
import type { InnerFaults, Performed } from './answer.ts';
import { faultText, keepParameterKey, refusal, refuse } from './answer.ts';
import { addRow, deleteRow } from './objects.ts';
import { resolve, rowByAlias } from './paths.ts';

export function getValues(device: Device, { ParameterNames }: Args<'GetParameterValues'>): Performed {
  const { tree, profile } = device;
  const { maxNames } = profile.cwmp;
  if (maxNames > 0 && ParameterNames.length > maxNames) return refuse(device, 9004);
  const ParameterList: { Name: string; Value: string; Type: string }[] = [];
  const seen = new Set<string>();
  for (const name of ParameterNames) {
    const target = resolve(device, name, 'wildcards');
    if (target === undefined) return refuse(device, 9005);
    for (const found of target.founds) {
      const refused = refusal(device, 'GetParameterValues', found.shape.template);
      if (refused !== undefined) return refuse(device, refused);
      for (const leaf of tree.leaves(found)) {
        const Name = target.spell(leaf.path);
        // Overlapping names may be answered once (A.3.2.2), which also bounds the answer by the tree.
        if (seen.has(Name)) continue;
        seen.add(Name);
        const { value: Value, type: Type } = device.parameter(leaf);
        ParameterList.push({ Name, Value, Type });
      }
    }
  }
  if (maxNames > 0 && ParameterList.length > maxNames) return refuse(device, 9004);
  return { ok: true, response: { kind: 'response', rpc: 'GetParameterValues', args: { ParameterList } } };
}

type Entry = Args<'SetParameterValues'>['ParameterList'][number];
type Leaf = Extract<Found, { is: 'leaf' }>;

interface Write {
  /** As requested: faults use this name. */
  readonly entry: Entry;
  readonly leaf: Leaf;
  readonly value: string;
}

/** All or nothing, and every bad parameter is named (A.3.2.1); the order of the entries does not matter. */
export function setValues(device: Device, args: Args<'SetParameterValues'>): Performed {
  const { tree, profile } = device;
  const { maxSet, restarts } = profile.rpc;
  const { ParameterList } = args;
  if (new Set(ParameterList.map(({ Name }) => Name)).size !== ParameterList.length)
    return refuse(device, 9003);
  if (maxSet > 0 && ParameterList.length > maxSet) return refuse(device, 9004);
  const writes: Write[] = [];
  const faults: InnerFaults[number][] = [];
  const blame = ({ Name }: Entry, code: number): void => {
    faults.push({ ParameterName: Name, FaultCode: code, FaultString: faultText(device, code) });
  };
  const created = createByAlias(device, ParameterList);
  for (const entry of ParameterList) {
    const checked = checkEntry(device, entry);
    if (typeof checked === 'number') blame(entry, checked);
    else writes.push(checked);
  }
  for (const { entry } of clashes(device, writes)) blame(entry, 9007);
  if (faults.length > 0) {
    // Nothing is applied halfway.
    for (const row of created.reverse()) deleteRow(device, row);
    return refuse(device, 9003, faults);
  }
  for (const { leaf, value } of writes) tree.store(leaf.path, value);
  keepParameterKey(device, args.ParameterKey);
  const waits = writes.some(({ leaf }) => restarts.has(leaf.shape.template));
  return {
    ok: true,
    response: { kind: 'response', rpc: 'SetParameterValues', args: { Status: waits ? 1 : 0 } },
    ...(waits ? { later: { do: 'apply' } } : {}),
    written: writes.map(({ leaf, value }) => ({ name: leaf.path, value })),
  };
}

function checkEntry(device: Device, entry: Entry): Write | number {
  const { Name, Value, Type } = entry;
  const target = resolve(device, Name, 'plain');
  const leaf = target?.founds[0];
  if (leaf?.is !== 'leaf') return 9005;
  if (!leaf.shape.writable) return 9008;
  const refused = refusal(device, 'SetParameterValues', leaf.shape.template);
  if (refused !== undefined) return refused;
  const limits = device.profile.rpc.limits.of(leaf.shape);
  const exists = (path: string): boolean =>
    device.tree.find(path) !== undefined || device.tree.find(`${path}.`) !== undefined;
  const checked = checkValue(leaf.shape, limits, { type: Type, value: Value }, exists);
  return checked.ok ? { entry, leaf, value: checked.value } : checked.code;
}

/**
 * With ManagementServer.AutoCreateInstances, an unused alias creates an instance (3.6.1). Returns the new
 * paths.
 */
function createByAlias(device: Device, list: readonly Entry[]): string[] {
  const created: string[] = [];
  if (!/^(1|true)$/.test(device.setting('ManagementServer.AutoCreateInstances'))) return created;
  for (const { Name } of list) {
    for (const match of Name.slice(0, 256).matchAll(/\[([^[\]]{1,64})\](?=\.)/g)) {
      const table = resolve(device, Name.slice(0, match.index), 'plain')?.founds[0];
      if (table?.is !== 'table' || !table.shape.addable) break;
      if (rowByAlias(device, table.path, match[1] ?? '') !== undefined) continue;
      const number = addRow(device, table, match[1]);
      if (number !== undefined) created.push(`${table.path}${number}.`);
    }
  }
  return created;
}

/**
 * Values that are valid alone but not together: an alias twice in a table, a pool that ends before it begins.
 */
function clashes(device: Device, writes: readonly Write[]): readonly Write[] {
  if (writes.length === 0) return [];
  const next = new Map(writes.map(({ leaf, value }) => [leaf.path, value]));
  const valueNow = (path: string): string | undefined => next.get(path) ?? device.valueAt(path);
  return writes.filter(({ leaf, value }) => {
    const object = leaf.path.slice(0, -leaf.shape.name.length);
    switch (leaf.shape.name) {
      case 'Alias':
        return aliasTaken(device, object, value, valueNow);
      case 'MinAddress':
        return addressNumber(value) > addressNumber(valueNow(`${object}MaxAddress`));
      case 'MaxAddress':
        return addressNumber(value) < addressNumber(valueNow(`${object}MinAddress`));
      default:
        return false;
    }
  });
}

function aliasTaken(
  { tree }: Device,
  row: string,
  alias: string,
  valueNow: (path: string) => string | undefined,
): boolean {
  const table = row.replace(/\d+\.$/, '');
  return (
    table !== row &&
    tree
      .instances(table)
      .some((number) => `${table}${number}.` !== row && valueNow(`${table}${number}.Alias`) === alias)
  );
}

/** NaN for anything that is not an address, which compares as neither less nor greater. */
function addressNumber(text: string | undefined): number {
  const parts = (text ?? '').split('.').map((part) => (/^\d{1,3}$/.test(part) ? Number(part) : Number.NaN));
  return parts.length === 4 ? parts.reduce((all, part) => all * 256 + part, 0) : Number.NaN;
}
