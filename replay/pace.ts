/** When the next message of a replay is due: in recorded time, faster, or at once. */
import { setTimeout as sleep } from 'node:timers/promises';

/** Recorded seconds per second, or `max`: no waiting. */
export type ReplaySpeed = number | 'max';

export interface Pace {
  /** Waits as long as passed between two recorded times; rejects when the signal aborts. */
  between(earlier: bigint, later: bigint): Promise<void>;
}

export function createPace(speed: ReplaySpeed, signal?: AbortSignal): Pace {
  return {
    async between(earlier, later) {
      signal?.throwIfAborted();
      if (speed === 'max' || later <= earlier) return;
      let left = Number(later - earlier) / 1e6 / speed;
      for (; left >= LONGEST_TIMER; left -= LONGEST_TIMER)
        await sleep(LONGEST_TIMER, undefined, signal === undefined ? {} : { signal });
      if (left >= 1) await sleep(left, undefined, signal === undefined ? {} : { signal });
    },
  };
}

/** Milliseconds; Node's timers take less than 2^31. */
const LONGEST_TIMER = 2 ** 30;
