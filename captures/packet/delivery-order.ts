/** When a segment of a TCP stream is told: what has to stand before it, and how long that is waited for. */
import { SECOND } from '../file/frame.ts';
import type { Piece } from './half-stream.ts';
import { isBehind } from './half-stream.ts';
import type { Side, TrackedStream } from './stream-table.ts';
import { opposite } from './stream-table.ts';
import { ahead } from './tcp.ts';

/** Patience with a capture out of order: this many packets of the stream, or this long. */
const PATIENCE_PACKETS = 64;
const PATIENCE = 2n * SECOND;
/** The same before the first byte of a stream that has no handshake. */
const START_PACKETS = 16;
const START = SECOND;

/**
 * Whether a piece can be told: nothing before it is missing, of its own side and of what its sender had
 * heard.
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
 * Of what waits, the first that is due: a segment that goes back over old bytes may wait longer than they do.
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

/** Whether a piece has waited long enough for what goes before it. */
export const isOverdue = (live: TrackedStream, piece: Piece, time: bigint): boolean =>
  hasWaited(live, piece, time, PATIENCE_PACKETS, PATIENCE);

/** Whether a stream without handshake may begin with this piece. */
export const mayBegin = (live: TrackedStream, piece: Piece, time: bigint): boolean =>
  hasWaited(live, piece, time, START_PACKETS, START);

const hasWaited = (
  live: TrackedStream,
  piece: Piece,
  time: bigint,
  packets: number,
  patience: bigint,
): boolean => live.packets - piece.packetNumber >= packets || time - piece.time > patience;

/** Whether bytes of this side are lost to the capture, and something has waited for them long enough. */
export function hasLostBytes(live: TrackedStream, side: Side, time: bigint): boolean {
  if (!isBehind(live[side])) return false;
  return [live.client.pending[0], live.server.pending[0]].some(
    (piece) => piece !== undefined && isOverdue(live, piece, time),
  );
}
