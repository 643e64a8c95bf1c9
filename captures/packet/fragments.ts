/**
 * Reassembles fragmented IP packets (RFC 791 3.2, RFC 8200 4.5), bounded in count, bytes and time.
 */
import { LIMITS } from '../../protocol/limits.ts';
import { SECOND } from '../file/frame.ts';
import { copyOf } from '../file/octets.ts';
import type { IpPacket } from './ip.ts';

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

interface Partial {
  readonly begun: bigint;
  /** Sorted by offset; none overlaps another. */
  readonly pieces: Piece[];
  /** Length of the whole payload; known from the last fragment. */
  length: number | undefined;
  gathered: number;
}

/** RFC 8200 4.5: what is incomplete after 60 seconds is discarded. */
const PATIENCE = 60n * SECOND;

export interface Fragments {
  /** The packet itself if it is whole, the one it completes, or nothing yet. */
  add(packet: IpPacket, time: bigint): IpPacket | undefined;
}

export const createFragments = (): Fragments => new Reassembler();

class Reassembler implements Fragments {
  readonly #partials = new Map<string, Partial>();

  add(packet: IpPacket, time: bigint): IpPacket | undefined {
    const { fragment, payload, source, destination, protocol } = packet;
    if (fragment === undefined) return packet;
    if (packet.missing > 0) return undefined;
    const key = `${source} ${destination} ${protocol} ${fragment.id}`;
    const partial = this.#partialAt(key, time);
    if (!fragment.more) partial.length ??= fragment.offset + payload.length;
    put(partial, { offset: fragment.offset, bytes: payload });
    if (partial.gathered !== partial.length) return undefined;
    this.#partials.delete(key);
    const whole = new Uint8Array(partial.gathered);
    for (const { offset, bytes } of partial.pieces) whole.set(bytes, offset);
    return { source, destination, protocol, payload: whole, missing: 0 };
  }

  #partialAt(key: string, time: bigint): Partial {
    const known = this.#partials.get(key);
    if (known !== undefined && time - known.begun <= PATIENCE) return known;
    this.#partials.delete(key);
    const [oldest] = this.#partials;
    if (
      oldest !== undefined &&
      (this.#partials.size >= LIMITS.fragmented || time - oldest[1].begun > PATIENCE)
    )
      this.#partials.delete(oldest[0]);
    const made: Partial = { begun: time, pieces: [], length: undefined, gathered: 0 };
    this.#partials.set(key, made);
    return made;
  }
}

/** Adds the new bytes of a piece: of bytes that come twice the first count. */
function put(partial: Partial, { offset, bytes }: Piece): void {
  let from = offset;
  const end = Math.min(offset + bytes.length, partial.length ?? 0x10000);
  let index = 0;
  while (from < end) {
    const next = partial.pieces[index];
    if (next !== undefined && next.offset + next.bytes.length <= from) {
      index += 1;
      continue;
    }
    const until = Math.min(end, next?.offset ?? end);
    if (until > from) {
      partial.pieces.splice(index, 0, {
        offset: from,
        bytes: copyOf(bytes.subarray(from - offset, until - offset)),
      });
      partial.gathered += until - from;
      from = until;
      index += 1;
    } else if (next !== undefined) from = next.offset + next.bytes.length;
  }
}
