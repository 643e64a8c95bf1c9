/** Lets so many pieces of work run at once, the others in the order in which they came. */
export class Semaphore {
  readonly #limit: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Nothing runs, and nothing waits. */
  get idle(): boolean {
    return this.#running === 0;
  }

  /** Runs the work when its turn has come. Its errors are the caller's. */
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
      // A place that becomes free goes to the next one without being free in between.
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}
