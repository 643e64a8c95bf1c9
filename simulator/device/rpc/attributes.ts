/** GetParameterAttributes and SetParameterAttributes (TR-069a6 A.3.2.5, A.3.2.4). */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { LeafShape } from '../../profile/tree-shape.ts';
import type { Attributes, Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refusal, refuse } from './answer.ts';
import { resolve } from './paths.ts';

/** By template, or by `*.` and a last name. */
const isAmong = (set: ReadonlySet<string>, { template, name }: LeafShape): boolean =>
  set.size > 0 && (set.has(template) || set.has(`*.${name}`));

export const isForced = ({ profile }: Device, leaf: LeafShape): boolean =>
  isAmong(profile.rpc.attributes.forced, leaf);

/** The attributes of a parameter: those that were set, or the model's. */
export function attributesOf(device: Device, path: string, leaf: LeafShape): Attributes {
  const { profile, attributes } = device;
  const held = attributes.get(path);
  if (held !== undefined) return held;
  const factory = profile.attributes.get(path.slice(profile.tree.root.length));
  if (factory !== undefined) return factory;
  const isActive = isForced(device, leaf) || isAmong(profile.rpc.attributes.active, leaf);
  return { Notification: isActive ? 2 : 0, AccessList: profile.cwmp.accessList };
}

export function getAttributes(device: Device, { ParameterNames }: Args<'GetParameterAttributes'>): Performed {
  const { tree, profile } = device;
  const { maxNames } = profile.cwmp;
  if (maxNames > 0 && ParameterNames.length > maxNames) return refuse(device, 9004);
  const ParameterList: { Name: string; Notification: number; AccessList: readonly string[] }[] = [];
  const seen = new Set<string>();
  for (const name of ParameterNames) {
    const target = resolve(device, name, 'wildcards');
    if (target === undefined) return refuse(device, 9005);
    for (const found of target.founds) {
      const refused = refusal(device, 'GetParameterAttributes', found.shape.template);
      if (refused !== undefined) return refuse(device, refused);
      for (const { path, shape } of tree.leaves(found)) {
        const Name = target.spell(path);
        if (seen.has(Name)) continue;
        seen.add(Name);
        ParameterList.push({ Name, ...attributesOf(device, path, shape) });
      }
    }
  }
  return {
    ok: true,
    response: { kind: 'response', rpc: 'GetParameterAttributes', args: { ParameterList } },
  };
}

type Change = Args<'SetParameterAttributes'>['ParameterList'][number];

/** In order, later entries overriding earlier ones, and all or nothing (A.3.2.4). */
export function setAttributes(device: Device, { ParameterList }: Args<'SetParameterAttributes'>): Performed {
  const { tree } = device;
  const { maxSet } = device.profile.rpc;
  const { denied, highest } = device.profile.rpc.attributes;
  if (maxSet > 0 && ParameterList.length > maxSet) return refuse(device, 9004);
  const next = new Map<string, Attributes>();
  for (const change of ParameterList) {
    const { NotificationChange, Notification } = change;
    const found = resolve(device, change.Name, 'plain')?.founds[0];
    if (found === undefined) return refuse(device, 9005);
    const refused = refusal(device, 'SetParameterAttributes', found.shape.template);
    if (refused !== undefined) return refuse(device, refused);
    if (NotificationChange && (Notification < 0 || Notification > highest)) return refuse(device, 9003);
    for (const { path, shape } of tree.leaves(found)) {
      if (NotificationChange && Notification === 2 && isAmong(denied, shape)) return refuse(device, 9009);
      const held = next.get(path) ?? attributesOf(device, path, shape);
      next.set(path, changed(held, change, isForced(device, shape)));
    }
  }
  for (const [path, held] of next) device.attributes.set(path, held);
  return { ok: true, response: { kind: 'response', rpc: 'SetParameterAttributes', args: {} } };
}

/** On a forced parameter any value but 2 is silently ignored. */
function changed(held: Attributes, change: Change, forced: boolean): Attributes {
  return {
    Notification: change.NotificationChange && !forced ? change.Notification : held.Notification,
    AccessList: change.AccessListChange ? change.AccessList.filter(isEntity) : held.AccessList,
  };
}

/** Entities that are defined; unknown ones are silently left out (A.3.2.4). */
const isEntity = (name: string): boolean => /^(subscriber|X_[A-Za-z0-9_-]{1,60})$/i.test(name);
