/**
 * Reassembles TCP streams from segments captured in any order:
 *
 * - Bytes are delivered once, in the order of their sequence numbers; the first capture of a byte counts.
 * - A segment is delivered after the peer's bytes that it acknowledges, so that requests come before their
 *   responses even if the capture has them the other way round.
 * - Bytes that the peer acknowledged and the capture lacks become a gap, after some patience with a capture
 *   out of order. Bytes that nobody acknowledged may still be retransmitted: waiting for them is limited by
 *   memory only.
 * - Without a SYN a stream begins at the lowest sequence number of its first segments.
 */
import { LIMITS } from '../../protocol/limits.ts';
import {
  hasLostBytes,
  hasPending,
  isDeliverable,
  isOverdue,
  mayBegin,
  nextDeliverable,
} from './delivery-order.ts';
import type { HalfStream, Piece } from './half-stream.ts';
import { acknowledge, addPending, advance, removePending, startAt } from './half-stream.ts';
import type { IpPacket } from './ip.ts';
import type { FoundStream, Side, StreamInfo, TrackedStream } from './stream-table.ts';
import { opposite, StreamTable } from './stream-table.ts';
import type { Segment } from './tcp.ts';
import { ahead, FLAGS } from './tcp.ts';

export type { Side, StreamInfo } from './stream-table.ts';

/** How a stream ended. `replaced`: another began between the same ports; `evicted`: there were too many. */
export type Ending = 'finished' | 'reset' | 'replaced' | 'evicted' | 'capture-ended';

export type StreamEvent = { readonly stream: StreamInfo; readonly time: bigint } & (
  | { readonly is: 'opened' }
  /** `sequence`: number of its first byte. */
  | { readonly is: 'data'; readonly from: Side; readonly sequence: number; readonly bytes: Uint8Array }
  | { readonly is: 'gap'; readonly from: Side; readonly sequence: number; readonly length: number }
  | { readonly is: 'finished'; readonly from: Side }
  | { readonly is: 'closed'; readonly how: Ending; readonly by: Side | undefined }
);

export interface Streams {
  push(packet: IpPacket, segment: Segment, time: bigint): readonly StreamEvent[];
  /** The stream to which the last segment from one `address:port` to the other belongs. */
  between(from: string, to: string): { readonly stream: number; readonly from: Side } | undefined;
  /** The capture has ended: delivers what waits, with its gaps. */
  end(): readonly StreamEvent[];
}

/** Packets between two checks of streams with pending pieces. */
const SWEEP = 256;

const NONE: readonly StreamEvent[] = [];

export function createStreams(): Streams {
  return new Tracker();
}

class Tracker implements Streams {
  readonly #streams = new StreamTable();
  readonly #waiting = new Set<TrackedStream>();
  #held = 0;
  #packets = 0;
  #out: StreamEvent[] = [];

  push(packet: IpPacket, segment: Segment, time: bigint): readonly StreamEvent[] {
    const from = `${packet.source}:${segment.sourcePort}`;
    const to = `${packet.destination}:${segment.destinationPort}`;
    const found = this.#find(from, to, segment, time);
    this.#packets += 1;
    if (this.#packets % SWEEP === 0) this.#sweep(time);
    if (found === undefined || found.live.closed) return this.#take();
    const { live, side } = found;
    live.packets += 1;
    live.lastTime = time;
    const half = live[side];
    const peer = live[opposite(side)];
    if (segment.acknowledgement !== undefined) acknowledge(peer, segment.acknowledgement);
    if ((segment.flags & FLAGS.syn) !== 0) this.#begin(half, peer, segment);
    const syn = (segment.flags & FLAGS.syn) === 0 ? 0 : 1;
    const isReset = (segment.flags & FLAGS.reset) !== 0;
    const piece: Piece = {
      sequence: (segment.sequence + syn) >>> 0,
      // A reset may carry a text about its cause (RFC 9293 3.5.2), which is not data.
      bytes: isReset ? segment.payload.subarray(0, 0) : segment.payload,
      missing: isReset ? 0 : packet.missing,
      acknowledgement: segment.acknowledgement,
      fin: (segment.flags & FLAGS.fin) !== 0,
      reset: isReset,
      time,
      packetNumber: live.packets,
    };
    if (piece.reset && half.next === undefined && half.pending.length === 0)
      this.#close(live, 'reset', side, time);
    else if (piece.bytes.length > 0 || piece.missing > 0 || piece.fin || piece.reset)
      this.#accept(live, side, piece);
    this.#drain(live, time);
    if (hasPending(live)) this.#losePatience(live, time);
    return this.#take();
  }

  between(from: string, to: string) {
    const found = this.#streams.find(from, to);
    return found === undefined ? undefined : { stream: found.live.info.number, from: found.side };
  }

  end(): readonly StreamEvent[] {
    for (const live of this.#streams.all()) {
      if (live.closed) continue;
      this.#flush(live);
      if (!live.closed) this.#close(live, 'capture-ended', undefined, live.lastTime);
    }
    this.#streams.clear();
    return this.#take();
  }

  #take(): readonly StreamEvent[] {
    if (this.#out.length === 0) return NONE;
    const taken = this.#out;
    this.#out = [];
    return taken;
  }

  #find(from: string, to: string, segment: Segment, time: bigint): FoundStream | undefined {
    const found = this.#streams.find(from, to);
    const isSyn = (segment.flags & FLAGS.syn) !== 0;
    if (found !== undefined) {
      const { live, side } = found;
      // A SYN with another number begins another stream; one before known bytes is merely late.
      const { first } = live[side];
      if (!isSyn || first === undefined || first === (segment.sequence + 1) >>> 0) return found;
      if (live.closed) this.#streams.forget(live);
      else this.#replace(live, 'replaced', time);
    } else if (segment.payload.length === 0 && (segment.flags & (FLAGS.syn | FLAGS.fin)) === 0)
      return undefined;
    return this.#open(from, to, segment, time);
  }

  #open(from: string, to: string, segment: Segment, time: bigint): FoundStream {
    const crowded = this.#streams.evictionCandidate();
    if (crowded !== undefined) this.#replace(crowded, 'evicted', crowded.lastTime);
    const found = this.#streams.open(from, to, segment, time);
    this.#out.push({ is: 'opened', stream: found.live.info, time });
    return found;
  }

  /** Delivers the rest of a stream, and makes room for another. */
  #replace(live: TrackedStream, how: 'replaced' | 'evicted', time: bigint): void {
    this.#flush(live);
    this.#close(live, how, undefined, time);
    this.#streams.forget(live);
  }

  /** A SYN shows where its direction begins, and with ACK where the other one does. */
  #begin(half: HalfStream, peer: HalfStream, { acknowledgement, sequence }: Segment): void {
    startAt(half, (sequence + 1) >>> 0);
    if (acknowledgement !== undefined) startAt(peer, acknowledgement);
  }

  #accept(live: TrackedStream, side: Side, piece: Piece): void {
    const half = live[side];
    if (half.pending.length === 0 && isDeliverable(live, side, piece)) {
      this.#deliver(live, side, piece);
      return;
    }
    addPending(half, piece);
    this.#held += piece.bytes.length;
    this.#waiting.add(live);
    const full = half.pendingBytes > LIMITS.streamHeldBytes || half.pending.length > LIMITS.streamHeldPieces;
    if (full || this.#held > LIMITS.streamsHeldBytes) this.#flush(live);
  }

  #drain(live: TrackedStream, time: bigint): void {
    for (let delivered = true; delivered; ) {
      delivered = false;
      for (const side of ['client', 'server'] as const) {
        for (let due = nextDeliverable(live, side); due !== undefined; due = nextDeliverable(live, side)) {
          this.#drop(live[side], due);
          this.#deliver(live, side, due);
          delivered = true;
        }
      }
    }
    if (!live.closed && live.client.finished && live.server.finished)
      this.#close(live, 'finished', undefined, time);
    if (!hasPending(live)) this.#waiting.delete(live);
  }

  #drop(half: HalfStream, piece: Piece): void {
    this.#held -= piece.bytes.length;
    removePending(half, piece);
  }

  #deliver(live: TrackedStream, from: Side, piece: Piece): void {
    const half = live[from];
    const stream = live.info;
    const { time } = piece;
    const { bytes, missing } = advance(half, piece);
    if (half.finished || live.closed) return;
    const behind = half.next ?? 0;
    const sequence = (behind - missing - bytes.length) >>> 0;
    if (bytes.length > 0) this.#out.push({ is: 'data', stream, from, sequence, bytes, time });
    if (missing > 0)
      this.#out.push({ is: 'gap', stream, from, sequence: (behind - missing) >>> 0, length: missing, time });
    if (piece.fin) {
      half.finished = true;
      half.next = ((half.next ?? 0) + 1) >>> 0;
      this.#out.push({ is: 'finished', stream, from, time });
    }
    if (piece.reset) this.#close(live, 'reset', from, time);
  }

  #close(live: TrackedStream, how: Ending, by: Side | undefined, time: bigint): void {
    if (live.closed) return;
    live.closed = true;
    for (const half of [live.client, live.server])
      for (const piece of [...half.pending]) this.#drop(half, piece);
    this.#waiting.delete(live);
    this.#out.push({ is: 'closed', stream: live.info, how, by, time });
  }

  #sweep(time: bigint): void {
    for (const live of this.#waiting) this.#losePatience(live, time);
  }

  /** Stops waiting for what has been missing for long: begins the stream, or reports a gap. */
  #losePatience(live: TrackedStream, time: bigint): void {
    for (let again = true; again && hasPending(live); ) {
      again = false;
      for (const side of ['client', 'server'] as const) {
        const half = live[side];
        const [first] = half.pending;
        if (first !== undefined && half.next === undefined && mayBegin(live, first, time)) {
          startAt(half, first.sequence);
          again = true;
        } else if (hasLostBytes(live, side, time)) {
          this.#gap(live, side, half.acknowledged ?? 0, time);
          again = true;
        }
      }
      const reset = [live.client.pending.at(-1), live.server.pending.at(-1)].find((piece) => piece?.reset);
      if (!again && reset !== undefined && isOverdue(live, reset, time)) this.#flush(live);
      else this.#drain(live, time);
    }
  }

  /** Begins both directions from one piece: its first byte, and what it acknowledges of the other. */
  #beginBy(live: TrackedStream, side: Side, piece: Piece): boolean {
    const half = live[side];
    const peer = live[opposite(side)];
    if (half.next !== undefined && (peer.next !== undefined || piece.acknowledgement === undefined))
      return false;
    startAt(half, piece.sequence);
    const [waits] = peer.pending;
    const heard = piece.acknowledgement ?? waits?.sequence;
    if (heard !== undefined)
      startAt(peer, waits !== undefined && ahead(waits.sequence, heard) < 0 ? waits.sequence : heard);
    return true;
  }

  /** Reports a gap up to `until`, or to the first pending byte. */
  #gap(live: TrackedStream, from: Side, until: number, time: bigint): void {
    const half = live[from];
    const [first] = half.pending;
    const next = half.next ?? 0;
    const end = first !== undefined && ahead(first.sequence, until) < 0 ? first.sequence : until;
    const length = ahead(end, next);
    if (length <= 0) {
      // The pending piece only waits for the peer, whose gap is reported on its own side.
      half.acknowledged = next;
      return;
    }
    half.next = end;
    if (!half.finished && !live.closed)
      this.#out.push({ is: 'gap', stream: live.info, from, sequence: next, length, time });
  }

  /** Delivers everything pending, in the order in which it was sent as far as that is known. */
  #flush(live: TrackedStream): void {
    for (;;) {
      this.#drain(live, live.lastTime);
      const [a] = live.client.pending;
      const [b] = live.server.pending;
      const first = a === undefined || (b !== undefined && b.packetNumber < a.packetNumber) ? b : a;
      if (first === undefined || live.closed) return;
      const side: Side = first === a ? 'client' : 'server';
      const half = live[side];
      if (this.#beginBy(live, side, first)) continue;
      if (half.next !== undefined && ahead(first.sequence, half.next) > 0)
        this.#gap(live, side, first.sequence, first.time);
      this.#drop(half, first);
      this.#deliver(live, side, first);
    }
  }
}
