/** When a modem informs by itself: the period with its reference time, and the waits of the retry ladder. */
import type { LadderSettings } from '../../protocol/cwmp/retry-ladder.ts';
import { DEFAULT_LADDER } from '../../protocol/cwmp/retry-ladder.ts';
import { readDateTime } from '../../protocol/datamodel/date-time.ts';
import type { Device } from './device.ts';

/** The next moment is never closer than this; otherwise rounding could make the same one come twice. */
const SAME_MS = 1;

/**
 * Simulated milliseconds until the next `2 PERIODIC`; `undefined` when it sends none. PeriodicInformTime sets
 * the phase (TR-069a6 3.2.1 and TR-098 ManagementServer); without it, the period counts from `since`: when it
 * booted, was configured, or was last due, in milliseconds before now.
 */
export function untilPeriodic(device: Device, since: number): number | undefined {
  if (device.setting('ManagementServer.PeriodicInformEnable') !== '1') return undefined;
  const seconds = Number(device.setting('ManagementServer.PeriodicInformInterval'));
  if (!(seconds >= 1)) return undefined;
  const interval = seconds * 1000;
  const passed = modulo(sinceReference(device) ?? since, interval);
  const left = interval - passed;
  return left <= SAME_MS ? left + interval : left;
}

/** Milliseconds since the reference time by the device's own clock; negative before it. */
function sinceReference(device: Device): number | undefined {
  const time = readDateTime(device.setting('ManagementServer.PeriodicInformTime'));
  switch (time?.is) {
    case 'absolute':
      return device.clockMs - time.ms;
    case 'relative':
      return device.uptime - time.ms;
    default:
      return undefined;
  }
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/** m and k as the ACS set them, where the model has them (TR-069a6 3.2.1.1). */
export function ladderOf(device: Device): LadderSettings {
  const wait = Number(device.setting('ManagementServer.CWMPRetryMinimumWaitInterval'));
  const multiplier = Number(device.setting('ManagementServer.CWMPRetryIntervalMultiplier'));
  return {
    minimumWait: wait >= 1 ? wait : DEFAULT_LADDER.minimumWait,
    multiplier: multiplier >= 1 ? multiplier : DEFAULT_LADDER.multiplier,
  };
}
