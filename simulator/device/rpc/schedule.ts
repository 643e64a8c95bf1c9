/** ScheduleInform (TR-069a6 A.4.1.2). */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refuse } from './answer.ts';

export interface Scheduled {
  readonly id: number;
  readonly commandKey: string;
  /** Simulated milliseconds since 1970. */
  readonly due: number;
}

/** At least three may be queued; beyond this the request is denied: its faults do not include 9004. */
const MAX_SCHEDULED = 16;

const of = new WeakMap<Device, readonly Scheduled[]>();
let ids = 0;

export const scheduledOf = (device: Device): readonly Scheduled[] => of.get(device) ?? [];

/** Forgets one, or all; returns whether it was there. */
export function unschedule(device: Device, one?: Scheduled): boolean {
  const list = scheduledOf(device);
  const left = one === undefined ? [] : list.filter((other) => other !== one);
  if (left.length === 0) of.delete(device);
  else of.set(device, left);
  return left.length < list.length;
}

/** A later request with the same key, if it has one, replaces the earlier one. */
export function scheduleInform(device: Device, args: Args<'ScheduleInform'>): Performed {
  const { DelaySeconds, CommandKey } = args;
  if (DelaySeconds === 0) return refuse(device, 9003);
  const others = scheduledOf(device).filter(
    ({ commandKey }) => commandKey === '' || commandKey !== CommandKey,
  );
  if (others.length >= MAX_SCHEDULED) return refuse(device, 9001);
  ids += 1;
  of.set(device, [...others, { id: ids, commandKey: CommandKey, due: device.now + DelaySeconds * 1000 }]);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'ScheduleInform', args: {} },
    later: { do: 'schedule-inform', seconds: DelaySeconds, commandKey: CommandKey },
  };
}
