/** Where in the stream a fault occurs: by offsets, never by how TCP happened to cut it. */
import type { Bytes, Flow } from './flow.ts';

/** What one Ethernet packet holds of a TCP stream. */
export const PACKET = 1460;

/**
 * From when on a fault counts: from an offset in its direction, or a time since the connection was opened.
 */
export interface Begin {
  readonly bytes: number;
  readonly ms: number;
}

export interface Occurrence {
  readonly after: Begin;
  /** For each piece from then on; once per connection when absent. */
  readonly p: number | undefined;
  /** Maximum number of times, over all connections of the modem. */
  readonly times: number | undefined;
}

export interface Piece {
  readonly bytes: Buffer;
  /** Of its first byte. */
  readonly offset: number;
  /** Whether a piece begins here; if TCP split a piece, the rest continues it. */
  readonly begins: boolean;
}

/** The same bytes, cut at every `size` bytes counted from `from`. */
export async function* pieces(bytes: Bytes, size: number, from = 0): AsyncGenerator<Piece, void, undefined> {
  let offset = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const inside = offset < from ? offset - from : (offset - from) % size;
      const length = Math.min(chunk.length - at, inside < 0 ? -inside : size - inside);
      yield { bytes: chunk.subarray(at, at + length), offset, begins: inside === 0 };
      at += length;
      offset += length;
    }
  }
}

export function hasBegun({ bytes, ms }: Begin, offset: number, { clock, openedAt }: Flow): boolean {
  return offset >= bytes && (ms === 0 || clock.now() - openedAt >= ms);
}

/**
 * Called at the beginning of each piece, in order: does the fault occur there? A number is drawn at each one
 * in any case.
 */
export function occurrences({ after, p, times }: Occurrence, flow: Flow): (offset: number) => boolean {
  let done = false;
  return (offset) => {
    const drawn = p === undefined ? 0 : flow.random();
    if (done || !hasBegun(after, offset, flow) || drawn >= (p ?? 1) || !flow.claim(times)) return false;
    done = p === undefined;
    return true;
  };
}
