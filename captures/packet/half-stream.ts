/**
 * One direction of a TCP stream: how far it was delivered, and what came too early, by sequence number.
 */
import { copyOf } from '../file/octets.ts';
import { ahead } from './tcp.ts';

/** A segment that waits for what comes before it. */
export interface Piece {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** Bytes after `bytes` that the capture has cut off. */
  readonly missing: number;
  /** What the sender had received when it sent this; the peer's stream is delivered up to there first. */
  readonly acknowledgement: number | undefined;
  readonly fin: boolean;
  readonly reset: boolean;
  readonly time: bigint;
  /** Its number among the packets of the stream. */
  readonly packetNumber: number;
}

export interface HalfStream {
  /** Sequence number of the next byte to deliver; `undefined` until the start of the stream is known. */
  next: number | undefined;
  /** Sequence number of its first byte. */
  first: number | undefined;
  /** The highest number that the peer has acknowledged. */
  acknowledged: number | undefined;
  readonly pending: Piece[];
  pendingBytes: number;
  finished: boolean;
}

export const newHalfStream = (): HalfStream => ({
  next: undefined,
  first: undefined,
  acknowledged: undefined,
  pending: [],
  pendingBytes: 0,
  finished: false,
});

/** Sets where the stream begins, unless that is known. */
export function startAt(half: HalfStream, sequence: number): void {
  half.first ??= sequence;
  half.next ??= sequence;
}

/**
 * Inserts a piece in order. Its bytes are copied, so that the chunk of the file can be freed.
 */
export function addPending(half: HalfStream, piece: Piece): void {
  let index = half.pending.length;
  for (; index > 0; index -= 1) {
    const before = half.pending[index - 1];
    if (before === undefined || ahead(before.sequence, piece.sequence) <= 0) break;
  }
  half.pending.splice(index, 0, { ...piece, bytes: copyOf(piece.bytes) });
  half.pendingBytes += piece.bytes.length;
}

export function removePending(half: HalfStream, piece: Piece): void {
  const index = half.pending.indexOf(piece);
  if (index >= 0) half.pendingBytes -= half.pending.splice(index, 1)[0]?.bytes.length ?? 0;
}

/** Moves `next` past a piece that begins at or before it, and returns the new part of the piece. */
export function advance(
  half: HalfStream,
  piece: Piece,
): { readonly bytes: Uint8Array; readonly missing: number } {
  const next = half.next ?? piece.sequence;
  const old = Math.max(0, ahead(next, piece.sequence));
  const bytes = piece.bytes.subarray(Math.min(old, piece.bytes.length));
  const missing = Math.max(0, piece.missing - Math.max(0, old - piece.bytes.length));
  half.next = (next + bytes.length + missing) >>> 0;
  return { bytes, missing };
}

export function acknowledge(half: HalfStream, number: number): void {
  if (half.acknowledged === undefined || ahead(number, half.acknowledged) > 0) half.acknowledged = number;
}

/** Whether the peer has acknowledged bytes that were not delivered yet: the capture may lack them. */
export function isBehind({ acknowledged, next }: HalfStream): boolean {
  return acknowledged !== undefined && next !== undefined && ahead(acknowledged, next) > 0;
}
