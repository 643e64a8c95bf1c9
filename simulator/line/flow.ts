/** What a fault of the line sees: bytes in pieces, time, and seeded randomness. */
import type { Random } from '../../protocol/random.ts';

/** `up`: from the modem to the ACS. */
export type Direction = 'up' | 'down';

export type Bytes = AsyncIterable<Buffer>;

/** Real time; a Scheduler of speed 1 qualifies. */
export interface LineClock {
  /** Milliseconds from any origin. */
  now(): number;
  /** Runs it after this many milliseconds. The returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** One direction of one connection, as one fault sees it. */
export interface Flow {
  readonly direction: Direction;
  readonly clock: LineClock;
  /** Same seed, modem, connection, fault and direction: the same numbers. */
  readonly random: Random;
  /** When the connection was opened, by the clock. */
  readonly openedAt: number;
  /** Resolves after this many milliseconds; rejects when the connection is gone. Infinity waits for that. */
  wait(ms: number): Promise<void>;
  /** Runs it after this many milliseconds, unless the connection is gone by then. */
  later(ms: number, run: () => void): void;
  /** Whether the fault may occur once more on this modem, counted over all of its connections. */
  claim(times: number | undefined): boolean;
  /** Resets the connection (RST) on both sides. */
  reset(): void;
}

/**
 * The effect of a fault on one direction. It passes on what it is given, in order, as the comment at each
 * fault promises; it uses only offsets, so how TCP cuts the stream does not matter.
 */
export type Stage = (bytes: Bytes, flow: Flow) => Bytes;

export interface LineFault {
  readonly name: string;
  readonly direction: Direction | 'both';
  readonly stage: Stage;
}

/** Why a wait ended: the connection is gone. */
export class Gone extends Error {
  constructor() {
    super('the connection is gone');
    this.name = 'Gone';
  }
}

/** The wall clock. */
export const realClock: LineClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
