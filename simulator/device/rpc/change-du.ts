/**
 * ChangeDUState (TR-069a6 A.4.1.10): the operations are queued here, and executed by
 * services/deployment-units.ts.
 */
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Operation } from '../../../protocol/cwmp/operation.ts';
import type { Device } from '../device.ts';
import type { Performed } from './answer.ts';
import { refuse } from './answer.ts';

export type OpResult = Args<'DUStateChangeComplete'>['Results'][number];

export interface UnitChange {
  readonly operations: readonly Operation[];
  /** `undefined`: the ACS did not ask for it. */
  readonly commandKey: string | undefined;
  /** Completed operations with their results; an Update of all units has several. */
  done: number;
  readonly results: { readonly operation: Operation['Operation']; readonly result: OpResult }[];
}

/** Operations of all waiting changes; at least sixteen must be accepted. */
const MAX_OPERATIONS = 64;

const of = new WeakMap<Device, UnitChange[]>();

export const unitChangesOf = (device: Device): readonly UnitChange[] => of.get(device) ?? [];

export function addUnitChange(
  device: Device,
  operations: readonly Operation[],
  commandKey: string | undefined,
): void {
  of.set(device, [...unitChangesOf(device), { operations, commandKey, done: 0, results: [] }]);
}

export function removeUnitChange(device: Device, change: UnitChange): void {
  const left = unitChangesOf(device).filter((other) => other !== change);
  if (left.length === 0) of.delete(device);
  else of.set(device, left);
}

export function forgetUnitChanges(device: Device): void {
  of.delete(device);
}

export const UNITS = 'SoftwareModules.DeploymentUnit.';

export function changeDUState(device: Device, args: Args<'ChangeDUState'>): Performed {
  const { Operations, CommandKey = '' } = args;
  // A device without modules supports no operation.
  if (device.tree.find(device.name(UNITS)) === undefined) return refuse(device, 9001);
  if (Operations.length === 0 || Operations.some(isForNoUnit)) return refuse(device, 9003);
  const waiting = unitChangesOf(device).reduce((all, { operations }) => all + operations.length, 0);
  if (waiting + Operations.length > MAX_OPERATIONS) return refuse(device, 9004);
  addUnitChange(device, Operations, CommandKey);
  return {
    ok: true,
    response: { kind: 'response', rpc: 'ChangeDUState', args: {} },
    later: { do: 'change-du', args },
  };
}

/** An Update of all units cannot name a version. */
const isForNoUnit = (operation: Operation): boolean =>
  operation.Operation === 'Update' &&
  (operation.UUID ?? '') === '' &&
  (operation.URL ?? '') === '' &&
  (operation.Version ?? '') !== '';
