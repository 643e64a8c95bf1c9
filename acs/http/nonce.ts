/**
 * Nonces of digest authentication. They carry their own time and signature, so a challenge costs no memory and holds on
 * any connection (Q-AU-06); only those that came back rightly answered are remembered, for their count (Q-AU-07).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export interface NonceOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: (bytes: number) => Uint8Array;
  /** Signs the nonces. Processes that share it take each other's nonces, yet count by themselves. */
  readonly secret: Uint8Array;
  /** How long a nonce is good after its issue, and after each use, in milliseconds. */
  readonly lifeMs: number;
  /** How many answered nonces are remembered at most; beyond it the one unused for longest is given up as stale. */
  readonly most: number;
}

export interface Nonces {
  readonly issue: () => string;
  /**
   * Uses a nonce whose response proved right: `fresh` the first time that it is seen with this count, `stale` when it is
   * not ours, too old, or was used with this or a higher count. `nc` is undefined in RFC 2069 mode, which has none: there
   * a nonce may be used again while it lives.
   */
  readonly use: (nonce: string, nc: number | undefined) => 'fresh' | 'stale';
  /** How many are remembered. */
  readonly size: () => number;
}

// 32 hexadecimal digits, the length of an MD5: modems keep the nonce in buffers made for that.
const TIME_DIGITS = 11;
const RANDOM_DIGITS = 5;
const SIGNED_DIGITS = TIME_DIGITS + RANDOM_DIGITS;
const NONCE = /^[0-9a-f]{32}$/;

export function createNonces({ now, random, secret, lifeMs, most }: NonceOptions): Nonces {
  // In order of last use, so what is given up first stands first.
  const used = new Map<string, { readonly issuedAt: number; usedAt: number; nc: number }>();
  /** Nonces issued until then are good only if still remembered; so forgetting one never lets it be replayed. */
  let floor = Number.NEGATIVE_INFINITY;

  const sign = (text: string): string =>
    createHmac('sha256', secret)
      .update(text)
      .digest('hex')
      .slice(0, 32 - SIGNED_DIGITS);

  function issuedAt(nonce: string): number | undefined {
    if (!NONCE.test(nonce)) return undefined;
    const expected = Buffer.from(sign(nonce.slice(0, SIGNED_DIGITS)), 'latin1');
    const given = Buffer.from(nonce.slice(SIGNED_DIGITS), 'latin1');
    return timingSafeEqual(expected, given) ? Number.parseInt(nonce.slice(0, TIME_DIGITS), 16) : undefined;
  }

  function forget(time: number): void {
    for (const [nonce, entry] of used) {
      if (used.size <= most && time - entry.usedAt <= lifeMs) break;
      used.delete(nonce);
      floor = Math.max(floor, entry.issuedAt);
    }
  }

  return {
    issue() {
      const time = now().toString(16).padStart(TIME_DIGITS, '0').slice(-TIME_DIGITS);
      const salt = Buffer.from(random(3)).toString('hex').slice(0, RANDOM_DIGITS);
      return time + salt + sign(time + salt);
    },
    use(nonce, nc) {
      const time = now();
      forget(time);
      const known = used.get(nonce);
      if (known === undefined) {
        const issued = issuedAt(nonce);
        if (issued === undefined || Math.abs(time - issued) > lifeMs || issued <= floor) return 'stale';
        used.set(nonce, { issuedAt: issued, usedAt: time, nc: nc ?? 0 });
        forget(time);
        return 'fresh';
      }
      if (nc !== undefined && nc <= known.nc) return 'stale';
      known.nc = nc ?? known.nc;
      known.usedAt = time;
      used.delete(nonce);
      used.set(nonce, known);
      return 'fresh';
    },
    size: () => used.size,
  };
}
