/** Shares a number of packets per second fairly: the owners with packets to send take turns. */
import type { Deadlines, Ticker } from './deadlines.ts';

interface Queue {
  readonly packets: (() => void)[];
  /** Called when the last one is sent. */
  empty: (() => void) | undefined;
}

/** Milliseconds' worth of packets that may be sent at once after a pause. */
const BURST_MS = 5;

export class Pacer {
  readonly #ticker: Ticker;
  readonly #deadlines: Deadlines;
  readonly #perMs: number;
  /** In the order of their turns. */
  readonly #queues = new Map<object, Queue>();
  #tokens: number;
  #filledAt: number;

  constructor(ticker: Ticker, deadlines: Deadlines, packetsPerSecond: number) {
    this.#ticker = ticker;
    this.#deadlines = deadlines;
    this.#perMs = packetsPerSecond / 1000;
    this.#tokens = this.#most();
    this.#filledAt = ticker.now();
  }

  /** Sends these packets of one owner in their turns, then calls `empty`. */
  add(owner: object, packets: readonly (() => void)[], empty: () => void): void {
    const queue = this.#queues.get(owner);
    if (queue === undefined) this.#queues.set(owner, { packets: [...packets], empty });
    else {
      queue.packets.push(...packets);
      queue.empty = empty;
    }
    this.#drain();
  }

  /** Drops what an owner has not sent yet. */
  drop(owner: object): void {
    this.#queues.delete(owner);
  }

  #most(): number {
    return Math.max(1, this.#perMs * BURST_MS);
  }

  #drain(): void {
    const now = this.#ticker.now();
    this.#tokens = Math.min(this.#most(), this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    while (this.#tokens >= 1) {
      const first = this.#queues.entries().next().value;
      if (first === undefined) return;
      const [owner, queue] = first;
      this.#queues.delete(owner);
      const packet = queue.packets.shift();
      if (queue.packets.length > 0) this.#queues.set(owner, queue);
      if (packet === undefined) continue;
      this.#tokens -= 1;
      packet();
      if (queue.packets.length === 0) queue.empty?.();
    }
    if (this.#queues.size > 0)
      this.#deadlines.set(this, Math.max(1, (1 - this.#tokens) / this.#perMs), () => this.#drain());
  }
}
