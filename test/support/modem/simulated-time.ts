/** Simulated time for tests: it stands still, and passes when the test says so, as fast as events allow. */
import type { Scheduler } from '../../../simulator/time/scheduler.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';

export interface SimulatedTime {
  readonly scheduler: Scheduler;
  /**
   * Lets this many simulated milliseconds pass, with everything that is due in them; then time stands still
   * again.
   */
  pass(ms: number): Promise<void>;
  /** Lets time pass until the promise is settled, and returns its result. */
  until<T>(what: Promise<T>): Promise<T>;
}

export function simulatedTime(start = Date.UTC(2026, 0, 5, 12)): SimulatedTime {
  const scheduler = createScheduler({ speed: 'max', start });
  let release = scheduler.hold();
  const stand = (): void => {
    release = scheduler.hold();
  };
  return {
    scheduler,
    pass: (ms) =>
      new Promise((resolve) => {
        scheduler.after(ms, () => {
          stand();
          resolve();
        });
        release();
      }),
    until: async (what) => {
      const settled = what.finally(stand);
      release();
      return settled;
    },
  };
}
