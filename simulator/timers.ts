/** A modem's timers by name, on the clock it shares: setting one again moves it. */
import type { Scheduler } from './scheduler.ts';

export class Timers {
  readonly #scheduler: Scheduler;
  readonly #cancels = new Map<string, () => void>();

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Runs it after so many simulated milliseconds, unless it is cleared or set again before. */
  set(name: string, ms: number, run: () => void): void {
    this.clear(name);
    const cancel = this.#scheduler.after(ms, () => {
      this.#cancels.delete(name);
      run();
    });
    this.#cancels.set(name, cancel);
  }

  clear(name: string): void {
    this.#cancels.get(name)?.();
    this.#cancels.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.#cancels.keys()]) this.clear(name);
  }
}
