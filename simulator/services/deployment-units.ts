/**
 * Deployment units: operations one after the other, and their reports to the ACS (TR-069a6 A.4.1.10,
 * A.4.2.3).
 */
import type { Args } from '../../protocol/cwmp/messages.ts';
import type { Operation } from '../../protocol/cwmp/operation.ts';
import type { Device } from '../device/device.ts';
import type { OpResult, UnitChange } from '../device/rpc/change-du.ts';
import {
  addUnitChange,
  forgetUnitChanges,
  removeUnitChange,
  unitChangesOf,
} from '../device/rpc/change-du.ts';
import { faultText } from '../device/rpc/dispatch.ts';
import { announcedUnits } from '../device/unit-policy.ts';
import type { ModemContext, ModemService } from '../modem-context.ts';
import { TIMEOUT_MS } from '../modem-types.ts';
import { runOperation } from './unit-work.ts';

/** What runs on a modem now. */
interface Run {
  readonly abort: AbortController;
  readonly work: Promise<void>;
}

const running = new WeakMap<ModemContext, Run>();

export const deploymentUnits: ModemService = {
  afterwards(modem, task) {
    if (task.do !== 'change-du') return false;
    if (modem.on) start(modem);
    return true;
  },

  booted: start,

  down(modem, cause) {
    running.get(modem)?.abort.abort();
    running.delete(modem);
    if (cause === 'factory-reset') forgetUnitChanges(modem.device);
  },
};

/**
 * The subscriber, or another protocol, changes units; AutonomousDUStateChangeComplete reports it if the
 * policy says so.
 */
export function changeUnits(modem: ModemContext, operations: readonly Operation[]): void {
  addUnitChange(modem.device, operations, undefined);
  if (modem.on) start(modem);
}

function start(modem: ModemContext): void {
  if (running.has(modem) || unitChangesOf(modem.device).length === 0) return;
  const abort = new AbortController();
  const work = modem.busy(carryOn(modem, abort.signal)).finally(() => {
    if (running.get(modem)?.abort === abort) running.delete(modem);
  });
  running.set(modem, { abort, work });
}

/** An operation that a restart interrupted starts over; completed ones are not repeated. */
async function carryOn(modem: ModemContext, signal: AbortSignal): Promise<void> {
  const { device, options, random } = modem;
  const { timeoutMs = TIMEOUT_MS, tls, connect } = options;
  const context = {
    timeoutMs,
    random,
    signal,
    ...(tls === undefined ? {} : { tls }),
    ...(connect === undefined ? {} : { connect }),
  };
  for (let change = unitChangesOf(device)[0]; change !== undefined; change = unitChangesOf(device)[0]) {
    for (let operation = next(change); operation !== undefined; operation = next(change)) {
      const results = await runOperation(device, operation, context);
      if (signal.aborted) return;
      for (const result of results) change.results.push({ operation: operation.Operation, result });
      change.done += 1;
    }
    removeUnitChange(device, change);
    tell(modem, change);
  }
}

const next = ({ operations, done }: UnitChange): Operation | undefined => operations[done];

function tell(modem: ModemContext, { commandKey: CommandKey, results }: UnitChange): void {
  const { device } = modem;
  if (CommandKey !== undefined) {
    const Results = results.map(({ result }) => worded(device, result));
    modem.raise('M ChangeDUState', CommandKey);
    modem.enqueueRequest({ kind: 'request', rpc: 'DUStateChangeComplete', args: { Results, CommandKey } });
  } else {
    const Results: Args<'AutonomousDUStateChangeComplete'>['Results'] = announcedUnits(device, results).map(
      ({ operation, result }) => ({ ...worded(device, result), OperationPerformed: operation }),
    );
    if (Results.length === 0) return;
    modem.raise('12 AUTONOMOUS DU STATE CHANGE COMPLETE');
    modem.enqueueRequest({ kind: 'request', rpc: 'AutonomousDUStateChangeComplete', args: { Results } });
  }
  modem.go();
}

function worded(device: Device, result: OpResult): OpResult {
  const { FaultCode } = result.Fault;
  return {
    ...result,
    Fault: { FaultCode, FaultString: FaultCode === 0 ? '' : faultText(device, FaultCode) },
  };
}
