/** Faults that cut, lose or change bytes. */
import type { Stage } from './flow.ts';
import { Gone } from './flow.ts';
import type { Begin, Occurrence } from './pieces.ts';
import { hasBegun, occurrences, PACKET, pieces } from './pieces.ts';

/** Cuts the stream into packets of `min` to `max` bytes. Loses nothing, changes nothing, keeps the order. */
export const slice = (min: number, max: number, after: Begin): Stage =>
  async function* (bytes, flow) {
    let left = 0;
    for await (const piece of pieces(bytes, PACKET, after.bytes)) {
      if (!hasBegun(after, piece.offset, flow)) {
        yield piece.bytes;
        continue;
      }
      for (let at = 0; at < piece.bytes.length; ) {
        if (left === 0) left = min + Math.floor(flow.random() * (max - min + 1));
        const part = piece.bytes.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        yield part;
      }
    }
  };

/** Drops pieces of `size` bytes. The rest keeps its order. */
export const drop = (size: number, occurrence: Occurrence): Stage =>
  async function* (bytes, flow) {
    const occurs = occurrences(occurrence, flow);
    let swallowed = false;
    for await (const piece of pieces(bytes, size, occurrence.after.bytes)) {
      if (piece.begins) swallowed = occurs(piece.offset);
      if (!swallowed) yield piece.bytes;
    }
  };

/** Changes one byte, at a random place, in pieces of `size` bytes. As many bytes arrive as were sent. */
export const corrupt = (size: number, occurrence: Occurrence): Stage =>
  async function* (bytes, flow) {
    const occurs = occurrences(occurrence, flow);
    /** Offset of the byte to change, and the value it is changed by: never zero. */
    let at = -1;
    let by = 0;
    for await (const piece of pieces(bytes, size, occurrence.after.bytes)) {
      if (piece.begins) {
        const place = piece.offset + Math.floor(flow.random() * size);
        by = 1 + Math.floor(flow.random() * 255);
        at = occurs(piece.offset) ? place : -1;
      }
      const inside = at - piece.offset;
      if (inside >= 0 && inside < piece.bytes.length) {
        const changed = Buffer.from(piece.bytes);
        changed[inside] = (changed[inside] ?? 0) ^ by;
        yield changed;
      } else yield piece.bytes;
    }
  };

/** The connection is reset in place of the next byte, or at the given time: bytes in flight may be lost. */
export const reset = (occurrence: Occurrence): Stage =>
  async function* (bytes, flow) {
    const { after, p, times } = occurrence;
    // At a given time it happens by itself: an idle line is reset too.
    const timed = p === undefined && after.ms > 0;
    if (timed)
      flow.later(after.ms, () => {
        if (flow.claim(times)) flow.reset();
      });
    const occurs = occurrences(occurrence, flow);
    for await (const piece of pieces(bytes, PACKET, after.bytes)) {
      if (!timed && piece.begins && occurs(piece.offset)) {
        flow.reset();
        throw new Gone();
      }
      yield piece.bytes;
    }
  };
