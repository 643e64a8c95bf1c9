/** Limits how many sessions of a fleet are open at once. Further ones wait in order. */

export interface Waiter {
  /** A session may be opened now. `false`: it is no longer needed. */
  admit(): boolean;
}

export class SessionLimiter {
  readonly #most: number;
  #open = 0;
  #waiters: Waiter[] = [];
  /** Index of the first waiter: the list is cut when half of it is past. */
  #first = 0;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get open(): number {
    return this.#open;
  }

  get waiting(): number {
    return this.#waiters.length - this.#first;
  }

  /** `false`: `admit` is called when a session may be opened. */
  enter(waiter: Waiter): boolean {
    if (this.#open < this.#most) {
      this.#open += 1;
      return true;
    }
    this.#waiters.push(waiter);
    return false;
  }

  leave(): void {
    this.#open -= 1;
    while (this.#open < this.#most) {
      const waiter = this.#waiters[this.#first];
      if (waiter === undefined) return;
      this.#first += 1;
      if (this.#first > 64 && this.#first * 2 > this.#waiters.length) {
        this.#waiters = this.#waiters.slice(this.#first);
        this.#first = 0;
      }
      if (waiter.admit()) this.#open += 1;
    }
  }
}
