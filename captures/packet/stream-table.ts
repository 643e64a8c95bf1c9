/** The TCP streams of a capture, found by either direction. */
import { LIMITS } from '../../protocol/limits.ts';
import type { HalfStream } from './half-stream.ts';
import { newHalfStream } from './half-stream.ts';
import type { Segment } from './tcp.ts';
import { FLAGS } from './tcp.ts';

export type Side = 'client' | 'server';

export interface StreamInfo {
  /** 1, 2, ... in the order in which they began. */
  readonly number: number;
  /** `address:port`. Without a handshake the side with the lower port is taken for the server. */
  readonly client: string;
  readonly server: string;
  readonly handshake: boolean;
}

export interface TrackedStream {
  readonly info: StreamInfo;
  readonly client: HalfStream;
  readonly server: HalfStream;
  packets: number;
  lastTime: bigint;
  closed: boolean;
  readonly keys: readonly [string, string];
}

export interface FoundStream {
  readonly live: TrackedStream;
  /** The sender. */
  readonly side: Side;
}

/** How many streams are examined for a closed one when one must be evicted. */
const MAX_EXAMINED = 64;

export class StreamTable {
  /** Each stream under both directions. */
  readonly #streams = new Map<string, FoundStream>();
  #count = 0;

  find(from: string, to: string): FoundStream | undefined {
    return this.#streams.get(`${from} ${to}`);
  }

  /** Adds a stream that begins with this packet. */
  open(
    from: string,
    to: string,
    { acknowledgement, flags, sourcePort, destinationPort }: Segment,
    time: bigint,
  ): FoundStream {
    const isSyn = (flags & FLAGS.syn) !== 0;
    const fromClient = isSyn ? acknowledgement === undefined : sourcePort >= destinationPort;
    const [client, server] = fromClient ? [from, to] : [to, from];
    this.#count += 1;
    const live: TrackedStream = {
      info: { number: this.#count, client, server, handshake: isSyn },
      client: newHalfStream(),
      server: newHalfStream(),
      packets: 0,
      lastTime: time,
      closed: false,
      keys: [`${client} ${server}`, `${server} ${client}`],
    };
    this.#streams.set(live.keys[0], { live, side: 'client' });
    this.#streams.set(live.keys[1], { live, side: 'server' });
    return { live, side: fromClient ? 'client' : 'server' };
  }

  /**
   * The stream to evict before another one fits: a closed one of the oldest few, else the oldest.
   */
  evictionCandidate(): TrackedStream | undefined {
    if (this.#streams.size < 2 * LIMITS.streams) return undefined;
    let chosen: TrackedStream | undefined;
    let looked = 0;
    for (const { live } of this.#streams.values()) {
      chosen ??= live;
      looked += 1;
      if (live.closed) return live;
      if (looked > MAX_EXAMINED) break;
    }
    return chosen;
  }

  forget({ keys }: TrackedStream): void {
    for (const key of keys) this.#streams.delete(key);
  }

  /** In the order in which they began. */
  all(): readonly TrackedStream[] {
    return [...new Set([...this.#streams.values()].map(({ live }) => live))];
  }

  clear(): void {
    this.#streams.clear();
  }
}

export const opposite = (side: Side): Side => (side === 'client' ? 'server' : 'client');
