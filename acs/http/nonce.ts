/**
 * Nonces of digest authentication. They carry their own time and signature, so a challenge needs no memory
 * and is valid on any connection (Q-AU-06); only those that were answered correctly are remembered, for their
 * count (Q-AU-07).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface NonceOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Signs the nonces. Processes that share it accept each other's nonces, but count on their own. */
  readonly secret: Uint8Array;
  /** How long a nonce is valid after its issue, and after each use, in milliseconds. */
  readonly lifeMs: number;
  /** How many answered nonces are remembered; beyond that, the one unused for longest becomes stale. */
  readonly max: number;
}

// 32 hexadecimal digits, the length of an MD5: modems keep the nonce in buffers made for that.
const TIME_DIGITS = 11;
const RANDOM_DIGITS = 5;
const SIGNED_DIGITS = TIME_DIGITS + RANDOM_DIGITS;
const NONCE = /^[0-9a-f]{32}$/;

interface Used {
  readonly issuedAt: number;
  usedAt: number;
  /** The highest count. */
  nc: number;
}

export class Nonces {
  readonly #options: NonceOptions;
  /** In order of last use, so the first one is the first to be forgotten. */
  readonly #used = new Map<string, Used>();
  /**
   * Nonces issued until then are valid only if still remembered: one that was forgotten cannot be replayed.
   */
  #floor = Number.NEGATIVE_INFINITY;

  constructor(options: NonceOptions) {
    this.#options = options;
  }

  /** How many are remembered. */
  get size(): number {
    return this.#used.size;
  }

  issue(): string {
    const { now, random } = this.#options;
    const time = now().toString(16).padStart(TIME_DIGITS, '0').slice(-TIME_DIGITS);
    const salt = Buffer.from(random(3)).toString('hex').slice(0, RANDOM_DIGITS);
    return time + salt + this.#sign(time + salt);
  }

  /**
   * Uses a nonce whose response was right: `fresh` the first time that it comes with this count, `stale` if
   * it is not ours, too old, or was used with this or a higher count. `nc` is undefined in RFC 2069 mode,
   * which has no count: there a nonce may be used again while it lives.
   */
  use(nonce: string, nc: number | undefined): 'fresh' | 'stale' {
    const time = this.#options.now();
    this.#forget(time);
    const known = this.#used.get(nonce);
    if (known === undefined) {
      const issuedAt = this.#issuedAt(nonce);
      if (issuedAt === undefined || issuedAt <= this.#floor) return 'stale';
      if (Math.abs(time - issuedAt) > this.#options.lifeMs) return 'stale';
      this.#used.set(nonce, { issuedAt, usedAt: time, nc: nc ?? 0 });
      this.#forget(time);
      return 'fresh';
    }
    if (nc !== undefined && nc <= known.nc) return 'stale';
    known.nc = nc ?? known.nc;
    known.usedAt = time;
    this.#used.delete(nonce);
    this.#used.set(nonce, known);
    return 'fresh';
  }

  #sign(text: string): string {
    const signature = createHmac('sha256', this.#options.secret).update(text).digest('hex');
    return signature.slice(0, 32 - SIGNED_DIGITS);
  }

  #issuedAt(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const expected = Buffer.from(this.#sign(nonce.slice(0, SIGNED_DIGITS)), 'latin1');
    const given = Buffer.from(nonce.slice(SIGNED_DIGITS), 'latin1');
    return timingSafeEqual(expected, given) ? Number.parseInt(nonce.slice(0, TIME_DIGITS), 16) : undefined;
  }

  #forget(time: number): void {
    const { lifeMs, max } = this.#options;
    for (const [nonce, used] of this.#used) {
      if (this.#used.size <= max && time - used.usedAt <= lifeMs) break;
      this.#used.delete(nonce);
      this.#floor = Math.max(this.#floor, used.issuedAt);
    }
  }
}
