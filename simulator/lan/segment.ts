/**
 * A network segment in memory. Every station may have any address, even one that others have: a datagram
 * reaches all that match. Losses, repetitions and delays are seeded: the same seed and the same traffic give
 * the same.
 */
import type { Endpoint } from '../../protocol/ipv4.ts';
import { EVERYBODY } from '../../protocol/ipv4.ts';
import type { Random } from '../../protocol/random.ts';
import { createRandom } from '../../protocol/random.ts';
import type { Scheduler } from '../time/scheduler.ts';
import type { Heard, Lan, LanSocket } from './lan.ts';

export interface SegmentOptions {
  readonly scheduler: Scheduler;
  readonly seed?: string | number;
  /** Shares of all deliveries, for each receiver separately: 0 to 1. */
  readonly loss?: number;
  readonly duplication?: number;
  /**
   * Simulated milliseconds that a delivery takes: `delayMs`, and up to `jitterMs` more, so that one may
   * overtake another.
   */
  readonly delayMs?: number;
  readonly jitterMs?: number;
}

export interface Segment {
  /** Attaches one more station. */
  plug(): Lan;
  /** Sees every datagram that is sent, including those that are lost afterwards. */
  onSent: (bytes: Uint8Array, from: Endpoint, to: Endpoint) => void;
}

interface Bound {
  readonly station: object;
  readonly at: Endpoint;
  readonly isGroup: boolean;
  readonly heard: Heard;
}

const FIRST_FREE_PORT = 49_152;
const FREE_PORTS = 65_536 - FIRST_FREE_PORT;

export function createSegment(options: SegmentOptions): Segment {
  return new MemorySegment(options);
}

class MemorySegment implements Segment {
  onSent: Segment['onSent'] = () => undefined;
  readonly #options: SegmentOptions;
  readonly #random: Random;
  readonly #bound = new Set<Bound>();
  #ports = 0;

  constructor(options: SegmentOptions) {
    this.#options = options;
    this.#random = createRandom(`${options.seed ?? 0}/segment`);
  }

  plug(): Lan {
    const station = {};
    return {
      open: async ({ address, port }, heard): Promise<LanSocket> => {
        const local = { address, port: port === 0 ? this.#freePort() : port };
        const bound: Bound = { station, at: local, isGroup: false, heard };
        this.#bound.add(bound);
        return {
          local,
          send: (bytes, to) => {
            if (this.#bound.has(bound)) this.#send(bound, bytes, to);
          },
          close: () => this.#bound.delete(bound),
        };
      },
      join: async (group, heard) => {
        const bound: Bound = { station, at: group, isGroup: true, heard };
        this.#bound.add(bound);
        return { close: () => this.#bound.delete(bound) };
      },
    };
  }

  #freePort(): number {
    this.#ports = (this.#ports + 1) % FREE_PORTS;
    return FIRST_FREE_PORT + this.#ports;
  }

  #send({ at: from }: Bound, bytes: Uint8Array, to: Endpoint): void {
    this.onSent(bytes, from, to);
    const copy = new Uint8Array(bytes);
    for (const receiver of this.#bound) {
      if (!reaches(to, receiver)) continue;
      this.#deliver(receiver, copy, from);
      if (this.#random() < (this.#options.duplication ?? 0)) this.#deliver(receiver, copy, from);
    }
  }

  #deliver(receiver: Bound, bytes: Uint8Array, from: Endpoint): void {
    const { scheduler, loss = 0, delayMs = 1, jitterMs = 0 } = this.#options;
    if (this.#random() < loss) return;
    scheduler.after(delayMs + this.#random() * jitterMs, () => {
      if (this.#bound.has(receiver)) receiver.heard(bytes, from);
    });
  }
}

function reaches(to: Endpoint, { at, isGroup }: Bound): boolean {
  if (to.port !== at.port) return false;
  return to.address === at.address || (!isGroup && to.address === EVERYBODY);
}
