/**
 * Download, Upload, ScheduleDownload, CancelTransfer and the lists of queued transfers (TR-069a6 A.3.2.8,
 * A.4.1).
 */
import type { Args, Request } from '../../../protocol/cwmp/messages.ts';
import { UNKNOWN_TIME } from '../../../protocol/datamodel/date-time.ts';
import type { Device } from '../device.ts';
import type { Transfer, TransferOrder } from '../transfer-list.ts';
import { addTransfer, isDownload, keyOf, removeTransfer, transfersOf } from '../transfer-list.ts';
import type { Performed } from './answer.ts';
import { refuse } from './answer.ts';

/** Status 1: the transfer follows the session, and TransferComplete reports it. */
export function transfer(device: Device, request: Request<'Download'> | Request<'Upload'>): Performed {
  const { transfers } = device.profile.rpc;
  const { rpc, args } = request;
  const isKnownType =
    rpc === 'Download'
      ? fitsType(transfers.downloads, args.FileType)
      : fitsType(transfers.uploads, args.FileType) && hasInstance(device, args.FileType);
  const code =
    urlFault(args.URL) ??
    (isKnownType ? undefined : 9003) ??
    (rpc === 'Download' && request.args.FileSize > transfers.flashBytes ? 9010 : undefined) ??
    (transfersOf(device).length >= transfers.most ? 9004 : undefined);
  if (code !== undefined) return refuse(device, code);
  const order: TransferOrder =
    request.rpc === 'Download'
      ? { do: 'download', args: request.args }
      : { do: 'upload', args: request.args };
  addTransfer(device, order);
  // New firmware runs only after a restart, so this answer can never report the end of its download.
  const atOnce = transfers.status === 0 && args.DelaySeconds === 0 && !args.FileType.startsWith('1 Firm');
  return {
    ok: true,
    response: {
      kind: 'response',
      rpc,
      args: { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME },
    },
    later: order,
    ...(atOnce ? { atOnce } : {}),
  };
}

function urlFault(text: string): number | undefined {
  if (!URL.canParse(text)) return 9003;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 9013;
  return url.username === '' && url.password === '' ? undefined : 9003;
}

function fitsType(types: readonly string[], type: string): boolean {
  return types.some((one) => {
    if (one.endsWith('*')) return type.startsWith(one.slice(0, -1));
    if (one.endsWith('<i>')) return new RegExp(`^${one.slice(0, -3)}[1-9]\\d{0,8}$`).test(type);
    return one === type;
  });
}

/** A file that is named by its instance must exist on the device. */
function hasInstance({ tree, profile }: Device, type: string): boolean {
  const instance = /^[34] Vendor (Configuration|Log) File ([1-9]\d{0,8})$/.exec(type);
  if (instance === null) return true;
  const table = instance[1] === 'Log' ? 'VendorLogFile' : 'VendorConfigFile';
  return tree.find(`${profile.tree.root}DeviceInfo.${table}.${instance[2]}.`) !== undefined;
}

export function scheduleDownload(device: Device, args: Args<'ScheduleDownload'>): Performed {
  const { transfers } = device.profile.rpc;
  const code =
    urlFault(args.URL) ??
    (fitsType(transfers.downloads, args.FileType) ? undefined : 9003) ??
    (areWindows(device, args.TimeWindowList) ? undefined : 9003) ??
    (args.FileSize > transfers.flashBytes ? 9010 : undefined) ??
    (transfersOf(device).length >= transfers.most ? 9004 : undefined);
  if (code !== undefined) return refuse(device, code);
  const order: TransferOrder = { do: 'schedule-download', args };
  addTransfer(device, order);
  return { ok: true, response: { kind: 'response', rpc: 'ScheduleDownload', args: {} }, later: order };
}

/**
 * One or two windows that end after they begin, do not overlap, and have modes that the device supports
 * (A.4.1.8).
 */
function areWindows({ profile }: Device, windows: Args<'ScheduleDownload'>['TimeWindowList']): boolean {
  const modes = ['1 At Any Time', '2 Immediately', '3 When Idle'];
  if (profile.rpc.transfers.confirmation !== 'none') modes.push('4 Confirmation Needed');
  let end = 0;
  for (const { WindowStart, WindowEnd, WindowMode, MaxRetries } of windows) {
    if (WindowStart < end || WindowEnd <= WindowStart || MaxRetries < -1 || !modes.includes(WindowMode))
      return false;
    end = WindowEnd;
  }
  return windows.length === 1 || windows.length === 2;
}

/** Cancels all of that key that can be cancelled; an unknown key is not an error (A.4.1.9). */
export function cancelTransfer(device: Device, { CommandKey }: Args<'CancelTransfer'>): Performed {
  const named = transfersOf(device).filter(
    ({ order }) => order.do !== 'autonomous' && keyOf(order) === CommandKey,
  );
  // Flash must not be left half written.
  const [stuck, free] = [named.filter(isStuck), named.filter((one) => !isStuck(one))];
  for (const one of free) {
    removeTransfer(device, one);
    one.abort?.abort();
  }
  if (stuck.length > 0) return refuse(device, 9021);
  return { ok: true, response: { kind: 'response', rpc: 'CancelTransfer', args: {} } };
}

const isStuck = ({ phase }: Transfer): boolean => phase !== 'waiting' && phase !== 'running';

/** 1 not started, 2 in progress, 3 completed and finishing. */
function stateOf({ phase }: Transfer): number {
  switch (phase) {
    case 'waiting':
      return 1;
    case 'running':
      return 2;
    case 'finishing':
    case 'broken':
    case 'written':
      return 3;
  }
}

/** Those that the ACS requested. */
export function queuedTransfers(device: Device): Performed {
  const TransferList = transfersOf(device)
    .filter(({ order }) => order.do !== 'autonomous')
    .map((one) => ({ CommandKey: keyOf(one.order), State: stateOf(one) }));
  return { ok: true, response: { kind: 'response', rpc: 'GetQueuedTransfers', args: { TransferList } } };
}

export function allQueuedTransfers(device: Device): Performed {
  const TransferList = transfersOf(device).map((one) => ({
    CommandKey: keyOf(one.order),
    State: stateOf(one),
    IsDownload: isDownload(one.order),
    ...fileOf(one.order),
  }));
  return { ok: true, response: { kind: 'response', rpc: 'GetAllQueuedTransfers', args: { TransferList } } };
}

function fileOf(order: TransferOrder): { FileType: string; FileSize: number; TargetFileName: string } {
  const FileType = announcedType(order);
  switch (order.do) {
    case 'upload':
      return { FileType, FileSize: 0, TargetFileName: '' };
    case 'autonomous':
      return { FileType, FileSize: 0, TargetFileName: order.args.targetFileName ?? '' };
    case 'download':
    case 'schedule-download': {
      const { FileSize, TargetFileName } = order.args;
      return { FileType, FileSize, TargetFileName };
    }
  }
}

/** AutonomousTransferComplete and this list use other numbers than Download and Upload (A.3.3.3). */
export function announcedType(order: TransferOrder): string {
  if (order.do === 'autonomous') return order.args.fileType;
  const { FileType } = order.args;
  if (order.do !== 'upload')
    return FileType === '6 Stored Firmware Image' ? '8 Stored Firmware Image' : FileType;
  const match = /^([1-4]) (Vendor (?:Configuration|Log) File)( \d+)?$/.exec(FileType);
  if (match === null) return FileType;
  const number = Number(match[1]) + (match[3] === undefined ? 2 : 3);
  return `${number} ${match[2]}${match[3] ?? ''}`;
}
