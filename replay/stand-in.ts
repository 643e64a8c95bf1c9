/** Who answers for a recorded modem what the capture does not tell. */
import type { Device } from '../simulator/device/device.ts';

export type StandIn = (
  | { readonly from: 'clone' | 'profile'; readonly device: Device }
  | { readonly from: 'nobody' }
) & {
  /** Told once it had to answer: why it is nobody, or how little it knows. */
  readonly note: string | undefined;
};

/**
 * Gives the stand-in of a device, by its key. It is asked once for each device, and only when an answer is
 * missing.
 */
export type StandIns = (device: string) => StandIn;

export const noStandIns: StandIns = () => ({ from: 'nobody', note: undefined });
