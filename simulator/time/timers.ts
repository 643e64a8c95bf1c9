/** A modem's timers by name, on the clock it shares: setting one again moves it. */
import type { Scheduler } from './scheduler.ts';
import { HeapTimer } from './scheduler.ts';

/** One object per timer, chained to the next of its modem: an idle modem has only one. */
class Named extends HeapTimer {
  readonly owner: Timers;
  readonly name: string;
  next: Named | undefined;
  work: () => void;

  constructor(owner: Timers, name: string, work: () => void, next: Named | undefined) {
    super();
    this.owner = owner;
    this.name = name;
    this.work = work;
    this.next = next;
  }

  run(): void {
    this.owner.forget(this);
    this.work();
  }
}

export class Timers {
  readonly #scheduler: Scheduler;
  #first: Named | undefined;

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** Runs it after this many simulated milliseconds, unless it is cleared or set again before. */
  set(name: string, ms: number, run: () => void): void {
    let timer = this.#find(name);
    if (timer === undefined) {
      timer = new Named(this, name, run, this.#first);
      this.#first = timer;
    }
    timer.work = run;
    this.#scheduler.put(timer, ms);
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  clear(name: string): void {
    const timer = this.#find(name);
    if (timer === undefined) return;
    this.forget(timer);
    this.#scheduler.drop(timer);
  }

  clearAll(): void {
    for (let timer = this.#first; timer !== undefined; timer = timer.next) this.#scheduler.drop(timer);
    this.#first = undefined;
  }

  /** Removes it from the list of this modem; for the timer itself. */
  forget(gone: Named): void {
    if (this.#first === gone) this.#first = gone.next;
    for (let timer = this.#first; timer !== undefined; timer = timer.next)
      if (timer.next === gone) timer.next = gone.next;
  }

  #find(name: string): Named | undefined {
    let timer = this.#first;
    while (timer !== undefined && timer.name !== name) timer = timer.next;
    return timer;
  }
}
