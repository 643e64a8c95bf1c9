/** Many deadlines, one timer: a server with a hundred transfers sets one at every packet. */

/** Milliseconds of any origin that do not go back, and one timer. Tests give their own. */
export interface Ticker {
  readonly now: () => number;
  /** Calls back once after `ms` milliseconds, unless the function it returns is called before. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

export const realTicker: Ticker = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

export class Deadlines {
  readonly #ticker: Ticker;
  readonly #due = new Map<object, { at: number; readonly callback: () => void }>();
  #armed: { readonly at: number; readonly disarm: () => void } | undefined;

  constructor(ticker: Ticker) {
    this.#ticker = ticker;
  }

  /** Calls back after `ms` milliseconds; replaces a deadline of the same owner. */
  set(owner: object, ms: number, callback: () => void): void {
    const at = this.#ticker.now() + ms;
    this.#due.set(owner, { at, callback });
    // A timer that fires too early costs one look at the list; a timer for every packet would cost more.
    if (this.#armed === undefined || at < this.#armed.at) this.#arm(at);
  }

  clear(owner: object): void {
    this.#due.delete(owner);
  }

  /** No deadline is left, and no timer. */
  stop(): void {
    this.#due.clear();
    this.#armed?.disarm();
    this.#armed = undefined;
  }

  get size(): number {
    return this.#due.size;
  }

  #arm(at: number): void {
    this.#armed?.disarm();
    const disarm = this.#ticker.after(Math.max(1, at - this.#ticker.now()), () => this.#ring());
    this.#armed = { at, disarm };
  }

  #ring(): void {
    this.#armed = undefined;
    const now = this.#ticker.now();
    for (const [owner, { at, callback }] of [...this.#due]) {
      // One that an earlier callback replaced or cleared is not due any more.
      if (at > now || this.#due.get(owner)?.callback !== callback) continue;
      this.#due.delete(owner);
      callback();
    }
    if (this.#due.size > 0) this.#arm(Math.min(...[...this.#due.values()].map(({ at }) => at)));
  }
}
