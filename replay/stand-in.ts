/** Answers for a recorded modem where the capture cannot. */
import type { Device } from '../simulator/device/device.ts';

export type StandIn = (
  | { readonly from: 'clone' | 'profile'; readonly device: Device }
  | { readonly from: 'nobody' }
) & {
  /** Reported once it had to answer: why there is nobody, or how little it knows. */
  readonly note: string | undefined;
};

/**
 * Returns the stand-in of a device, by its key. Called once per device, and only when an answer is missing.
 */
export type StandIns = (device: string) => StandIn;

export const noStandIns: StandIns = () => ({ from: 'nobody', note: undefined });
