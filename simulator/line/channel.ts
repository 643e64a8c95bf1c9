/** A queue between one writer and one reader that holds a bounded number of bytes: the faster one waits. */

export class Channel<T> {
  readonly #limit: number;
  readonly #sizeOf: (item: T) => number;
  readonly #items: T[] = [];
  #size = 0;
  #over: { readonly error: Error | undefined } | undefined;
  /** The reader waits for an item, or the writer for space. */
  #reader: (() => void) | undefined;
  #writer: (() => void) | undefined;

  constructor(limit: number, sizeOf: (item: T) => number) {
    this.#limit = limit;
    this.#sizeOf = sizeOf;
  }

  /** Bytes in the queue: below the limit before the last item. */
  get size(): number {
    return this.#size;
  }

  /** Accepts the item at once; resolves when there is space for another. Items after the end are dropped. */
  async put(item: T): Promise<void> {
    if (this.#over !== undefined) return;
    this.#items.push(item);
    this.#size += this.#sizeOf(item);
    this.#reader?.();
    if (this.#size < this.#limit) return;
    await new Promise<void>((resolve) => {
      this.#writer = resolve;
    });
    this.#writer = undefined;
  }

  /** No more items follow. With an error the reader gets it at once, and waiting items are dropped. */
  end(error?: Error): void {
    if (this.#over?.error !== undefined) return;
    this.#over = { error };
    if (error !== undefined) {
      this.#items.length = 0;
      this.#size = 0;
    }
    this.#reader?.();
    this.#writer?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) {
        this.#size -= this.#sizeOf(item);
        if (this.#size < this.#limit) this.#writer?.();
        yield item;
      } else if (this.#over !== undefined) {
        if (this.#over.error !== undefined) throw this.#over.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.#reader = resolve;
        });
        this.#reader = undefined;
      }
    }
  }
}
