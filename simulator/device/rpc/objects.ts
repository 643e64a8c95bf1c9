/** AddObject and DeleteObject (TR-069a6 A.3.2.6, A.3.2.7). */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Found } from '../../profile/device-tree.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { keepParameterKey, refusal, refuse } from './answer.ts';
import { hasAliases, resolve, rowByAlias } from './paths.ts';

type Table = Extract<Found, { is: 'table' }>;

export function addObject(device: Device, { ObjectName, ParameterKey }: Args<'AddObject'>): Performed {
  // `A.B.[name].` names the table A.B. and the Alias of the new instance.
  const named = /^(.*\.)\[([^[\]]{1,64})\]\.$/.exec(ObjectName);
  const alias = named?.[2];
  const table = resolve(device, named?.[1] ?? ObjectName, 'plain')?.founds[0];
  if (table?.is !== 'table') return refuse(device, 9005);
  const refused = refusal(device, 'AddObject', table.shape.template);
  if (refused !== undefined) return refuse(device, refused);
  if (!table.shape.addable) return refuse(device, 9001);
  if (alias !== undefined && !isFree(device, table, alias)) return refuse(device, 9005);
  const InstanceNumber = addRow(device, table, alias);
  if (InstanceNumber === undefined) return refuse(device, 9004);
  keepParameterKey(device, ParameterKey);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'AddObject', args: { InstanceNumber, Status: 0 } },
  };
}

/** The table has Alias, and no instance has this one. */
function isFree(device: Device, table: Table, alias: string): boolean {
  return (
    hasAliases(device) &&
    table.shape.row.members.has('Alias') &&
    rowByAlias(device, table.path, alias) === undefined
  );
}

/** The number of a new instance, with its defaults; `undefined`: the table is full. */
export function addRow(device: Device, table: Table, alias?: string): number | undefined {
  const number = device.tree.add(table.path, device.profile.rpc.rows.get(table.shape.template));
  if (number !== undefined && alias !== undefined) device.tree.store(`${table.path}${number}.Alias`, alias);
  return number;
}

export function deleteObject(device: Device, { ObjectName, ParameterKey }: Args<'DeleteObject'>): Performed {
  const found = resolve(device, ObjectName, 'plain')?.founds[0];
  if (found?.is !== 'object' || found.table === undefined) return refuse(device, 9005);
  const refused = refusal(device, 'DeleteObject', found.table.template);
  if (refused !== undefined) return refuse(device, refused);
  if (!(found.shape.writable ?? found.table.addable)) return refuse(device, 9001);
  deleteRow(device, found.path);
  keepParameterKey(device, ParameterKey);
  return { ok: true, response: { kind: 'response', rpc: 'DeleteObject', args: { Status: 0 } } };
}

/** Deletes an instance with everything in it, its attributes, and the references to it. */
export function deleteRow(device: Device, path: string): void {
  const match = /^(.*\.)(\d+)\.$/.exec(path);
  if (match?.[1] === undefined) return;
  // Before the deletion: only existing paths can be referenced.
  emptyReferences(device, path);
  device.tree.delete(match[1], Number(match[2]));
  for (const name of device.attributes.keys()) if (name.startsWith(path)) device.attributes.delete(name);
}

/** Strong references to what is deleted become empty, and items of lists are removed (TR-069a6 3.6.3). */
function emptyReferences(device: Device, path: string): void {
  const { limits } = device.profile.rpc;
  if (!limits.hasReferences) return;
  const gone = path.slice(0, -1);
  const points = (item: string): boolean => item.trim() === gone || item.trim().startsWith(path);
  for (const leaf of device.tree.leaves(device.tree.root())) {
    if (limits.of(leaf.shape).reference !== 'strong' || leaf.path.startsWith(path)) continue;
    const items = (device.valueAt(leaf.path) ?? '').split(',');
    if (items.some(points)) device.tree.store(leaf.path, items.filter((item) => !points(item)).join(','));
  }
}
