/**
 * Nonces of connection requests: they contain their own time and proof, so that a challenge costs a modem no
 * memory.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

const TIME_DIGITS = 11;
const COUNT_DIGITS = 5;
const OPEN_DIGITS = TIME_DIGITS + COUNT_DIGITS;
const DIGITS = 32;
/** Used nonces that a modem remembers; those older than the oldest of them are stale. */
const MAX_USED = 8;

/** What a modem remembers about the nonces that were answered correctly. */
export interface UsedNonces {
  /** Highest count of each, in order of their first use. */
  readonly counts: Map<string, number>;
  /** Nonces issued up to then are valid only if still remembered. */
  floor: number;
}

export const noUsedNonces = (): UsedNonces => ({ counts: new Map(), floor: 0 });

export class Nonces {
  readonly #key: Uint8Array;
  readonly #clock: () => number;
  #issued = 0;

  /** `clock`: real milliseconds. */
  constructor(key: Uint8Array, clock: () => number) {
    this.#key = key;
    this.#clock = clock;
  }

  /** A new one, valid only for this path. */
  issue(path: string): string {
    this.#issued = (this.#issued + 1) % 16 ** COUNT_DIGITS;
    const time = hex(Math.floor(this.#clock()), TIME_DIGITS);
    const open = time + hex(this.#issued, COUNT_DIGITS);
    return open + this.#sign(open, path);
  }

  /**
   * Uses up a nonce whose response was correct. `false`: it is not ours, too old, or was used with this or a
   * higher count. `nc` is 0 in the mode of RFC 2069, where a nonce is valid once.
   */
  use(nonce: string, nc: number, path: string, used: UsedNonces, seconds: number): boolean {
    const known = used.counts.get(nonce);
    const issuedAt = this.#issuedAt(nonce, path);
    if (issuedAt === undefined || this.#clock() - issuedAt > seconds * 1000) return false;
    if (known === undefined ? issuedAt < used.floor : nc <= known) return false;
    used.counts.set(nonce, nc);
    for (const oldest of used.counts.keys()) {
      if (used.counts.size <= MAX_USED) break;
      used.counts.delete(oldest);
      used.floor = Math.max(used.floor, (this.#issuedAt(oldest, path) ?? 0) + 1);
    }
    return true;
  }

  #issuedAt(nonce: string, path: string): number | undefined {
    if (!/^[0-9a-f]{32}$/.test(nonce)) return undefined;
    const proof = Buffer.from(this.#sign(nonce.slice(0, OPEN_DIGITS), path), 'latin1');
    if (!timingSafeEqual(proof, Buffer.from(nonce.slice(OPEN_DIGITS), 'latin1'))) return undefined;
    return Number.parseInt(nonce.slice(0, TIME_DIGITS), 16);
  }

  #sign(open: string, path: string): string {
    return createHmac('sha256', this.#key)
      .update(`${open} ${path}`)
      .digest('hex')
      .slice(0, DIGITS - OPEN_DIGITS);
  }
}

const hex = (value: number, digits: number): string =>
  value.toString(16).padStart(digits, '0').slice(-digits);
