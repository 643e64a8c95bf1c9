/** Carries out what an ACS asks, on a device: each RPC gives its answer or a fault, and perhaps something to do later. */
import { FAULTS } from '../protocol/cwmp/faults.ts';
import type { Args, CpeMethod, CwmpFault, Request, Response } from '../protocol/cwmp/messages.ts';
import { UNKNOWN_TIME } from '../protocol/datamodel/date-time.ts';
import { assertNever } from '../protocol/result.ts';
import type { Device } from './device.ts';
import type { Found } from './device-tree.ts';
import { checkValue } from './set-check.ts';

/** What is to be done when the session is over. */
export type Aftermath =
  | { readonly do: 'reboot'; readonly commandKey: string }
  | { readonly do: 'factory-reset' }
  | { readonly do: 'download'; readonly args: Args<'Download'> }
  | { readonly do: 'upload'; readonly args: Args<'Upload'> }
  | { readonly do: 'schedule-inform'; readonly seconds: number; readonly commandKey: string };

export type Performed =
  | {
      readonly ok: true;
      readonly response: Response<CpeMethod>;
      readonly later?: Aftermath;
      /** Parameters that were written, with their new values. */
      readonly written?: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly ok: false; readonly fault: CwmpFault };

type Inner = CwmpFault['SetParameterValuesFault'];

/** Answers one request. Total: what the device lacks or cannot do is a fault. */
export function perform(device: Device, request: Request<CpeMethod>): Performed {
  const { methods } = device.profile.cwmp;
  if (!methods.includes(request.rpc)) return refuse(device, 9000);
  switch (request.rpc) {
    case 'GetRPCMethods':
      return { ok: true, response: { kind: 'response', rpc: request.rpc, args: { MethodList: methods } } };
    case 'GetParameterNames':
      return getNames(device, request.args);
    case 'GetParameterValues':
      return getValues(device, request.args);
    case 'SetParameterValues':
      return setValues(device, request.args);
    case 'GetParameterAttributes':
      return getAttributes(device, request.args);
    case 'SetParameterAttributes':
      return setAttributes(device, request.args);
    case 'AddObject':
      return addObject(device, request.args);
    case 'DeleteObject':
      return deleteObject(device, request.args);
    case 'Reboot': {
      const later = { do: 'reboot', commandKey: request.args.CommandKey } as const;
      return { ok: true, response: { kind: 'response', rpc: request.rpc, args: {} }, later };
    }
    case 'FactoryReset': {
      const response = { kind: 'response', rpc: request.rpc, args: {} } as const;
      return { ok: true, response, later: { do: 'factory-reset' } };
    }
    case 'Download':
    case 'Upload':
      return transfer(device, request);
    case 'ScheduleInform':
      return scheduleInform(device, request.args);
    case 'GetQueuedTransfers':
    case 'GetAllQueuedTransfers':
    case 'SetVouchers':
    case 'GetOptions':
    case 'ScheduleDownload':
    case 'CancelTransfer':
    case 'ChangeDUState':
      return refuse(device, 9000);
    default:
      return assertNever(request);
  }
}

function refuse(device: Device, code: number, inner: Inner = []): Performed {
  return {
    ok: false,
    fault: { FaultCode: code, FaultString: faultText(device, code), SetParameterValuesFault: inner },
  };
}

/** FaultString as this device words it. */
export function faultText({ profile }: Device, code: number): string {
  return profile.cwmp.faults.get(code) ?? FAULTS.get(code)?.means ?? '';
}

/** TR-069a6 A.3.2.3; devices that list leaves only leave out the rows of objects where all levels are asked for. */
function getNames(device: Device, { ParameterPath, NextLevel }: Args<'GetParameterNames'>): Performed {
  const { tree, profile } = device;
  const found = tree.find(ParameterPath);
  if (found === undefined) return refuse(device, 9005);
  if (NextLevel && found.is === 'leaf') return refuse(device, 9003);
  let members: Iterable<Found>;
  if (!NextLevel)
    members = profile.cwmp.lists === 'leaves' && found.is !== 'leaf' ? tree.leaves(found) : tree.walk(found);
  else if (ParameterPath === '') members = [tree.root()];
  else members = tree.children(found).filter((child) => !profile.cwmp.unlisted.has(child.shape.template));
  const ParameterList = Array.from(members, (member) => ({
    Name: member.path,
    Writable: isWritable(member),
  }));
  return { ok: true, response: { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList } } };
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

function getValues(device: Device, { ParameterNames }: Args<'GetParameterValues'>): Performed {
  const { tree, profile } = device;
  const { maxNames } = profile.cwmp;
  if (maxNames > 0 && ParameterNames.length > maxNames) return refuse(device, 9004);
  const ParameterList: { Name: string; Value: string; Type: string }[] = [];
  const seen = new Set<string>();
  for (const name of ParameterNames) {
    const found = tree.find(name);
    if (found === undefined) return refuse(device, 9005);
    for (const leaf of tree.leaves(found)) {
      // Overlapping names may be answered once (A.3.2.2), which also bounds the answer by the tree.
      if (seen.has(leaf.path)) continue;
      seen.add(leaf.path);
      const { name: Name, value: Value, type: Type } = device.parameter(leaf);
      ParameterList.push({ Name, Value, Type });
    }
  }
  if (maxNames > 0 && ParameterList.length > maxNames) return refuse(device, 9004);
  return { ok: true, response: { kind: 'response', rpc: 'GetParameterValues', args: { ParameterList } } };
}

/** All or nothing, and every bad parameter is named (A.3.2.1). */
function setValues(device: Device, args: Args<'SetParameterValues'>): Performed {
  const { tree } = device;
  const written: { name: string; value: string }[] = [];
  const faults: { ParameterName: string; FaultCode: number; FaultString: string }[] = [];
  const names = new Set(args.ParameterList.map(({ Name }) => Name));
  if (names.size !== args.ParameterList.length) return refuse(device, 9003);
  for (const { Name, Value, Type } of args.ParameterList) {
    const found = tree.find(Name);
    const blame = (code: number): void => {
      faults.push({ ParameterName: Name, FaultCode: code, FaultString: faultText(device, code) });
    };
    if (found?.is !== 'leaf') blame(9005);
    else if (!found.shape.writable) blame(9008);
    else {
      const checked = checkValue(found.shape, Type, Value);
      if (checked.ok) written.push({ name: Name, value: checked.value });
      else blame(checked.code);
    }
  }
  if (faults.length > 0) return refuse(device, 9003, faults);
  for (const { name, value } of written) tree.store(name, value);
  keepParameterKey(device, args.ParameterKey);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } },
    written,
  };
}

function keepParameterKey(device: Device, key: string): void {
  if (device.profile.cwmp.keepsParameterKey)
    device.tree.store(device.name('ManagementServer.ParameterKey'), key);
}

function getAttributes(device: Device, { ParameterNames }: Args<'GetParameterAttributes'>): Performed {
  const { tree, profile, attributes } = device;
  const ParameterList: { Name: string; Notification: number; AccessList: readonly string[] }[] = [];
  const seen = new Set<string>();
  for (const name of ParameterNames) {
    const found = tree.find(name);
    if (found === undefined) return refuse(device, 9005);
    for (const { path } of tree.leaves(found)) {
      if (seen.has(path)) continue;
      seen.add(path);
      const held = attributes.get(path) ?? { Notification: 0, AccessList: profile.cwmp.accessList };
      ParameterList.push({ Name: path, ...held });
    }
  }
  return {
    ok: true,
    response: { kind: 'response', rpc: 'GetParameterAttributes', args: { ParameterList } },
  };
}

/** In order, a later entry over an earlier one, and all or nothing (A.3.2.4). */
function setAttributes(device: Device, { ParameterList }: Args<'SetParameterAttributes'>): Performed {
  const { tree, profile, attributes } = device;
  const next = new Map<string, { Notification: number; AccessList: readonly string[] }>();
  for (const change of ParameterList) {
    const found = tree.find(change.Name);
    if (found === undefined) return refuse(device, 9005);
    if (change.NotificationChange && (change.Notification < 0 || change.Notification > 2))
      return refuse(device, 9003);
    for (const { path } of tree.leaves(found)) {
      const held = next.get(path) ??
        attributes.get(path) ?? { Notification: 0, AccessList: profile.cwmp.accessList };
      next.set(path, {
        Notification: change.NotificationChange ? change.Notification : held.Notification,
        AccessList: change.AccessListChange ? change.AccessList : held.AccessList,
      });
    }
  }
  for (const [path, held] of next) attributes.set(path, held);
  return { ok: true, response: { kind: 'response', rpc: 'SetParameterAttributes', args: {} } };
}

function addObject(device: Device, { ObjectName, ParameterKey }: Args<'AddObject'>): Performed {
  const found = device.tree.find(ObjectName);
  if (found?.is !== 'table') return refuse(device, 9005);
  if (!found.shape.addable) return refuse(device, 9001);
  const InstanceNumber = device.tree.add(found.path);
  if (InstanceNumber === undefined) return refuse(device, 9004);
  keepParameterKey(device, ParameterKey);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'AddObject', args: { InstanceNumber, Status: 0 } },
  };
}

function deleteObject(device: Device, { ObjectName, ParameterKey }: Args<'DeleteObject'>): Performed {
  const { tree, attributes } = device;
  const found = tree.find(ObjectName);
  if (found?.is !== 'object' || found.table === undefined) return refuse(device, 9005);
  if (!(found.shape.writable ?? found.table.addable)) return refuse(device, 9001);
  const match = /^(.*\.)(\d+)\.$/.exec(found.path);
  if (match?.[1] === undefined) return refuse(device, 9002);
  tree.delete(match[1], Number(match[2]));
  for (const name of attributes.keys()) if (name.startsWith(found.path)) attributes.delete(name);
  keepParameterKey(device, ParameterKey);
  return { ok: true, response: { kind: 'response', rpc: 'DeleteObject', args: { Status: 0 } } };
}

/** Status 1: the transfer comes after the session, and TransferComplete tells of it. */
function transfer(device: Device, request: Request<'Download'> | Request<'Upload'>): Performed {
  let url: URL;
  try {
    url = new URL(request.args.URL);
  } catch {
    return refuse(device, 9003);
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return refuse(device, 9013);
  if (url.username !== '' || url.password !== '') return refuse(device, 9003);
  const args = { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME };
  const { rpc } = request;
  if (rpc === 'Download')
    return {
      ok: true,
      response: { kind: 'response', rpc, args },
      later: { do: 'download', args: request.args },
    };
  return { ok: true, response: { kind: 'response', rpc, args }, later: { do: 'upload', args: request.args } };
}

function scheduleInform(device: Device, args: Args<'ScheduleInform'>): Performed {
  if (args.DelaySeconds === 0) return refuse(device, 9003);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'ScheduleInform', args: {} },
    later: { do: 'schedule-inform', seconds: args.DelaySeconds, commandKey: args.CommandKey },
  };
}
