/** Faults that take time. They lose nothing, change nothing and keep the order. */
import { Channel } from './channel.ts';
import type { Flow, Stage } from './flow.ts';
import { Gone } from './flow.ts';
import type { Begin, Occurrence, Piece } from './pieces.ts';
import { hasBegun, occurrences, PACKET, pieces } from './pieces.ts';

/** Bytes in flight in one direction, as in a TCP window without scaling: a sender that is ahead waits. */
const WINDOW = 65_536;

interface UnderWay {
  readonly bytes: Buffer;
  readonly due: number;
}

/**
 * While some pieces are in flight others are accepted: `dueOf` gives the arrival time of each, never before
 * the one ahead of it.
 */
function underWay(size: number, from: number, dueOf: (flow: Flow) => (piece: Piece) => number): Stage {
  return async function* (bytes, flow) {
    const queue = new Channel<UnderWay>(WINDOW, (item) => item.bytes.length);
    const due = dueOf(flow);
    const sender = (async () => {
      let last = 0;
      try {
        for await (const piece of pieces(bytes, size, from)) {
          last = Math.max(last, due(piece));
          await queue.put({ bytes: piece.bytes, due: last });
        }
        queue.end();
      } catch (error) {
        queue.end(error instanceof Error ? error : new Error(String(error)));
      }
    })();
    try {
      for await (const item of queue) {
        await flow.wait(item.due - flow.clock.now());
        yield item.bytes;
      }
      await sender;
    } finally {
      queue.end(new Gone());
    }
  };
}

/** Every byte arrives `ms` later. */
export const latency = (ms: number, after: Begin): Stage =>
  underWay(PACKET, after.bytes, (flow) => ({ offset }) => {
    return flow.clock.now() + (hasBegun(after, offset, flow) ? ms : 0);
  });

/** Every packet arrives up to `ms` later, each by a random time, but none before the one ahead of it. */
export const jitter = (ms: number, after: Begin): Stage =>
  underWay(PACKET, after.bytes, (flow) => {
    let extra = 0;
    return ({ offset, begins }) => {
      if (begins) extra = flow.random() * ms;
      return flow.clock.now() + (hasBegun(after, offset, flow) ? extra : 0);
    };
  });

/** At most this many bytes arrive per second. */
export function bandwidth(perSecond: number, after: Begin): Stage {
  // At least twenty pieces per second, so that a slow line trickles instead of stopping and bursting.
  const size = Math.min(PACKET, Math.max(1, Math.floor(perSecond / 20)));
  return underWay(size, after.bytes, (flow) => {
    let free = 0;
    return ({ bytes, offset }) => {
      const now = flow.clock.now();
      if (!hasBegun(after, offset, flow)) return now;
      free = Math.max(free, now) + (bytes.length / perSecond) * 1000;
      return free;
    };
  });
}

/** Nothing arrives for `ms`; Infinity: never again. */
export const stall = (ms: number, occurrence: Occurrence): Stage =>
  async function* (bytes, flow) {
    const occurs = occurrences(occurrence, flow);
    for await (const piece of pieces(bytes, PACKET, occurrence.after.bytes)) {
      if ((piece.begins || waitsForTime(occurrence)) && occurs(piece.offset)) await flow.wait(ms);
      yield piece.bytes;
    }
  };

/** A stall at a given time does not wait for a packet to begin. */
const waitsForTime = ({ after, p }: Occurrence): boolean => p === undefined && after.ms > 0;
