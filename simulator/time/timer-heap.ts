/**
 * Timers by due time: a binary heap in which every timer knows its index, so that a cancelled one leaves at
 * once.
 */

/**
 * Something that runs at a time. One object is both the timer and its action, so that a waiting modem costs
 * nothing else; it can be put again after it ran, and waits in one queue at a time.
 */
export abstract class HeapTimer {
  /** Simulated milliseconds since 1970. */
  at = 0;
  /** Equal times run in the order in which they were set. */
  order = 0;
  /** Index in the heap; -1: it is not waiting. */
  place = -1;

  abstract run(): void;
}

export class TimerHeap {
  readonly #heap: HeapTimer[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** All waiting timers were set before this number. */
  get nextOrder(): number {
    return this.#order;
  }

  get first(): HeapTimer | undefined {
    return this.#heap[0];
  }

  /** Moves it if it is already waiting. */
  put(due: HeapTimer, at: number): void {
    this.drop(due);
    due.at = at;
    due.order = this.#order;
    this.#order += 1;
    this.#heap.push(due);
    this.#rise(due, this.#heap.length - 1);
  }

  /** Does nothing if it is not waiting. */
  drop(due: HeapTimer): void {
    const { place } = due;
    if (place < 0 || this.#heap[place] !== due) return;
    due.place = -1;
    const last = this.#heap.pop();
    if (last === undefined || last === due) return;
    // It takes the free place, and from there moves up or down.
    this.#rise(last, place);
    this.#sink(last, last.place);
  }

  clear(): void {
    for (const due of this.#heap) due.place = -1;
    this.#heap.length = 0;
  }

  #set(due: HeapTimer, place: number): void {
    this.#heap[place] = due;
    due.place = place;
  }

  #rise(due: HeapTimer, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || !isBefore(due, parent)) break;
      this.#set(parent, place);
      place = above;
    }
    this.#set(due, place);
  }

  #sink(due: HeapTimer, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#heap[2 * place + 1];
      const right = this.#heap[2 * place + 2];
      if (left === undefined) break;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, due)) break;
      const below = child.place;
      this.#set(child, place);
      place = below;
    }
    this.#set(due, place);
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
