/** How long a CPE waits before it tries a failed session again (TR-069a6 3.2.1.1 Table 3). */

export interface LadderSettings {
  /** CWMPRetryMinimumWaitInterval m, in seconds: 1 to 65535. */
  readonly minimumWait: number;
  /** CWMPRetryIntervalMultiplier k, in thousandths: 1000 to 65535. */
  readonly multiplier: number;
}

/** The waits of CWMP 1.0 and 1.1, which had no settings. */
export const DEFAULT_LADDER: LadderSettings = { minimumWait: 5, multiplier: 2000 };

/** A wait in seconds lies in it. */
export interface WaitRange {
  readonly from: number;
  readonly to: number;
}

/** The last step of the ladder: later retries wait like it. */
const STEPS = 10;

const clamp = (value: number, from: number, to: number): number => Math.min(Math.max(value, from), to);

/**
 * The range of the n-th retry, counted from 1 since the last success or reboot. Settings out of their ranges
 * are taken for the nearest that is in.
 */
export function retryRange(n: number, settings: LadderSettings = DEFAULT_LADDER): WaitRange {
  const m = clamp(settings.minimumWait, 1, 65535);
  const k = clamp(settings.multiplier, 1000, 65535) / 1000;
  const step = clamp(Math.trunc(n), 1, STEPS);
  return { from: m * k ** (step - 1), to: m * k ** step };
}

/** The wait in seconds that a random number of [0, 1) picks, evenly over the range. */
export function pickWait({ from, to }: WaitRange, random: number): number {
  return from + clamp(random, 0, 1) * (to - from);
}
