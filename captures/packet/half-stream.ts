/**
 * One direction of a TCP stream: where its bytes stand, and what came too early, in the order of its sequence
 * numbers.
 */
import { copyOf } from '../file/octets.ts';
import { ahead } from './tcp.ts';

/** A segment that waits for what goes before it. */
export interface Piece {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** Bytes behind `bytes` that the capture has cut off. */
  readonly missing: number;
  /** What the sender had heard when it sent this; its stream is told after the peer's up to there. */
  readonly acknowledgement: number | undefined;
  readonly fin: boolean;
  readonly reset: boolean;
  readonly time: bigint;
  /** How many packets of the stream came before it. */
  readonly packetNumber: number;
}

export interface HalfStream {
  /** Sequence number of the next byte to tell; `undefined` until it is known where the stream begins. */
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

/** Says where the stream begins, unless that is known. */
export function startAt(half: HalfStream, sequence: number): void {
  half.first ??= sequence;
  half.next ??= sequence;
}

/**
 * Puts a piece where it belongs. It keeps its bytes for itself: the chunk of the file they came in can go.
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

/** What is new of a piece that begins at or before `next`, which then is behind it. */
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

/** Whether the peer has acknowledged bytes that were not told yet: then the capture may lack them. */
export function isBehind({ acknowledged, next }: HalfStream): boolean {
  return acknowledged !== undefined && next !== undefined && ahead(acknowledged, next) > 0;
}
