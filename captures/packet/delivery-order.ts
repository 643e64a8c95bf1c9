/** When a segment of a TCP stream is delivered: what must come before it, and how long to wait for that. */
import { SECOND } from '../file/frame.ts';
import type { Piece } from './half-stream.ts';
import { isBehind } from './half-stream.ts';
import type { Side, TrackedStream } from './stream-table.ts';
import { opposite } from './stream-table.ts';
import { ahead } from './tcp.ts';

/** How long to wait for packets out of order: this many packets of the stream, or this time. */
const PATIENCE_PACKETS = 64;
const PATIENCE = 2n * SECOND;
/** The same before the first byte of a stream without a handshake. */
const START_PACKETS = 16;
const START = SECOND;

/**
 * Whether a piece can be delivered: nothing before it is missing, on its own side or of what its sender had
 * received.
 */
export function isDeliverable(live: TrackedStream, side: Side, piece: Piece): boolean {
  const { next } = live[side];
  if (next === undefined || ahead(piece.sequence, next) > 0) return false;
  const heard = live[opposite(side)].next;
  return (
    piece.acknowledgement === undefined || (heard !== undefined && ahead(piece.acknowledgement, heard) <= 0)
  );
}

/**
 * The first pending piece that can be delivered: a segment that repeats old bytes may wait longer than those
 * after it.
 */
export function nextDeliverable(live: TrackedStream, side: Side): Piece | undefined {
  const { next, pending } = live[side];
  if (next === undefined) return undefined;
  for (const piece of pending) {
    if (ahead(piece.sequence, next) > 0) return undefined;
    if (isDeliverable(live, side, piece)) return piece;
  }
  return undefined;
}

export function hasPending({ client, server }: TrackedStream): boolean {
  return client.pending.length > 0 || server.pending.length > 0;
}

/** Whether a piece has waited long enough for what comes before it. */
export const isOverdue = (live: TrackedStream, piece: Piece, time: bigint): boolean =>
  hasWaited(live, piece, time, PATIENCE_PACKETS, PATIENCE);

/** Whether a stream without a handshake may begin with this piece. */
export const mayBegin = (live: TrackedStream, piece: Piece, time: bigint): boolean =>
  hasWaited(live, piece, time, START_PACKETS, START);

const hasWaited = (
  live: TrackedStream,
  piece: Piece,
  time: bigint,
  packets: number,
  patience: bigint,
): boolean => live.packets - piece.packetNumber >= packets || time - piece.time > patience;

/** Whether the capture lacks bytes of this side, and something has waited for them long enough. */
export function hasLostBytes(live: TrackedStream, side: Side, time: bigint): boolean {
  if (!isBehind(live[side])) return false;
  return [live.client.pending[0], live.server.pending[0]].some(
    (piece) => piece !== undefined && isOverdue(live, piece, time),
  );
}
