/**
 * The transfers that a device has accepted and not reported, in the order of their acceptance. They survive a
 * restart but not a factory reset (TR-069a6 A.3.2.8). services/transfer-queue.ts executes them.
 */
import type { Args } from '../../protocol/cwmp/messages.ts';
import type { Device } from './device.ts';

/** A transfer that was not requested by an RPC: the subscriber or another protocol started it. */
export interface AutonomousTransfer {
  readonly isDownload: boolean;
  /** By the numbers of AutonomousTransferComplete (TR-069a6 A.3.3.3). */
  readonly fileType: string;
  readonly url: string;
  readonly announceUrl?: string;
  readonly username?: string;
  readonly password?: string;
  readonly targetFileName?: string;
}

export type TransferOrder =
  | { readonly do: 'download'; readonly args: Args<'Download'> }
  | { readonly do: 'upload'; readonly args: Args<'Upload'> }
  | { readonly do: 'schedule-download'; readonly args: Args<'ScheduleDownload'> }
  | { readonly do: 'autonomous'; readonly args: AutonomousTransfer };

export interface Transfer {
  readonly order: TransferOrder;
  /** Simulated milliseconds since 1970. */
  readonly acceptedAt: number;
  /**
   * `broken`: a restart interrupted it. `written`: a restart came between writing the flash and reporting it.
   */
  phase: 'waiting' | 'running' | 'finishing' | 'broken' | 'written';
  /** Number of its timer. */
  readonly id: number;
  /** Aborts it while it runs. */
  abort?: AbortController;
  /** The device's clock when it started. */
  startTime?: string;
  /** Bytes that wait for the window in which they may be applied. */
  fetched?: Uint8Array;
  /** Tries in the current window. */
  tries: number;
  /** Windows that have been used up. */
  window: number;
}

const of = new WeakMap<Device, Transfer[]>();
let ids = 0;

/** Empty for nearly every modem: nothing is stored then. */
export const transfersOf = (device: Device): readonly Transfer[] => of.get(device) ?? NONE;
const NONE: readonly Transfer[] = [];

export function addTransfer(device: Device, order: TransferOrder): Transfer {
  const list = of.get(device) ?? [];
  of.set(device, list);
  ids += 1;
  const acceptedAt = device.now;
  const transfer: Transfer = { order, acceptedAt, phase: 'waiting', id: ids, tries: 0, window: 0 };
  list.push(transfer);
  return transfer;
}

/** It is done, cancelled or forgotten; returns whether it was there. */
export function removeTransfer(device: Device, transfer: Transfer): boolean {
  const list = of.get(device);
  const index = list?.indexOf(transfer) ?? -1;
  if (list === undefined || index < 0) return false;
  list.splice(index, 1);
  if (list.length === 0) of.delete(device);
  return true;
}

export function forgetTransfers(device: Device): void {
  for (const { abort } of transfersOf(device)) abort?.abort();
  of.delete(device);
}

export const isDownload = ({ do: what, args }: TransferOrder): boolean =>
  what === 'autonomous' ? args.isDownload : what !== 'upload';

export const keyOf = (order: TransferOrder): string =>
  order.do === 'autonomous' ? '' : order.args.CommandKey;
