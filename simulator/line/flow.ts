/** What a fault of the line sees: bytes that come piece by piece, time, and chance from a seed. */
import type { Random } from '../../protocol/random.ts';

/** `up`: from the modem to the ACS. */
export type Direction = 'up' | 'down';

export type Bytes = AsyncIterable<Buffer>;

/** Real time; a Scheduler of speed 1 is one. */
export interface LineClock {
  /** Milliseconds from any origin. */
  now(): number;
  /** Runs it after so many milliseconds. The answer cancels it. */
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
  /** Resolves after so many milliseconds; rejects when the connection is gone. Infinity waits for that. */
  wait(ms: number): Promise<void>;
  /** Runs it after so many milliseconds, unless the connection is gone by then. */
  later(ms: number, run: () => void): void;
  /** One of the times that the fault may still occur on this modem, over all of its connections. */
  claim(times: number | undefined): boolean;
  /** The connection is reset (RST) on both sides. */
  reset(): void;
}

/**
 * What a fault does to one direction. It gives away what it is given, in order, as the comment at each one promises; it
 * looks at offsets only, so that where TCP cuts the stream changes nothing.
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

/** The clock on the wall. */
export const realClock: LineClock = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
