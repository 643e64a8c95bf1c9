/** GetParameterNames (TR-069a6 A.3.2.3). */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Found } from '../../profile/device-tree.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refusal, refuse } from './answer.ts';
import { resolve } from './paths.ts';

/** Devices that list only leaves omit the rows of objects when all levels are requested. */
export function getNames(device: Device, args: Args<'GetParameterNames'>): Performed {
  const { NextLevel } = args;
  const { maxListed } = device.profile.rpc;
  const target = resolve(device, args.ParameterPath, 'wildcards');
  if (target === undefined) return refuse(device, 9005);
  const ParameterList: { Name: string; Writable: boolean }[] = [];
  for (const found of target.founds) {
    if (NextLevel && found.is === 'leaf') return refuse(device, 9003);
    const refused = refusal(device, 'GetParameterNames', found.shape.template);
    if (refused !== undefined) return refuse(device, refused);
    for (const member of listed(device, found, args)) {
      ParameterList.push({ Name: target.spell(member.path), Writable: isWritable(member) });
      // 9004 is for whole trees only (since Amendment 5).
      if (maxListed > 0 && !NextLevel && ParameterList.length > maxListed) return refuse(device, 9004);
    }
  }
  return { ok: true, response: { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList } } };
}

function listed(
  { tree, profile }: Device,
  found: Found,
  { ParameterPath, NextLevel }: Args<'GetParameterNames'>,
): Iterable<Found> {
  const { lists, unlisted } = profile.cwmp;
  if (!NextLevel) return lists === 'leaves' && found.is !== 'leaf' ? tree.leaves(found) : tree.walk(found);
  if (ParameterPath === '') return [tree.root()];
  return tree.children(found).filter((child) => !unlisted.has(child.shape.template));
}

/** A parameter: it can be set. A table: instances can be added. An instance: it can be deleted. */
function isWritable(found: Found): boolean {
  switch (found.is) {
    case 'leaf':
      return found.shape.writable;
    case 'table':
      return found.shape.addable;
    case 'object':
      return found.shape.writable ?? found.table?.addable === true;
  }
}
