/** Runs at most `limit` pieces of work at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Nothing is running, and nothing is waiting. */
  get idle(): boolean {
    return this.#running === 0;
  }

  /** Runs the work when a slot is free. Rejects as the work does. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limit)
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // A slot is passed on to the next one without becoming free in between.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
