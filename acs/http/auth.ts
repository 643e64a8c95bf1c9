/** Authentication of modems by HTTP (TR-069a6 3.4.4, 3.4.5), lenient in form and strict in substance. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readBasic } from '../../protocol/http/basic.ts';
import { fromByteText } from '../../protocol/http/byte-text.ts';
import {
  type DigestAlgorithm,
  type DigestCredentials,
  type Hash,
  readDigest,
  verifyDigest,
  writeChallenge,
} from '../../protocol/http/digest.ts';
import { type HeaderScheme, readSchemes } from '../../protocol/http/header.ts';
import type { Noted, QuirkId } from '../../protocol/quirks/note.ts';
import { createNonces } from './nonce.ts';

export type AuthMode = 'none' | 'basic' | 'digest';

export interface AuthenticatorOptions {
  readonly mode: AuthMode;
  /** The password of a user name (as text, not as bytes), or undefined where there is none such. */
  readonly credentials: (username: string) => Promise<string | undefined> | string | undefined;
  readonly realm: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** So many bytes that nobody can guess. */
  readonly random: (bytes: number) => Uint8Array;
  /** Signs nonces; random by default. Several processes behind one address must share it. */
  readonly secret?: Uint8Array;
  /** Offered in this order; MD5 alone by default, which is all that TR-069a6 3.4.5 lets one count on. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** Life of a nonce since its issue or last use, in milliseconds; 5 minutes by default. */
  readonly nonceLifeMs?: number;
  /** Nonces remembered at most; 65,536 by default, some 10 MB. */
  readonly nonces?: number;
}

export type AuthResult =
  | { readonly ok: true; readonly username?: string; readonly notes: readonly Noted[] }
  | {
      readonly ok: false;
      /** Values of WWW-Authenticate, one header line each. */
      readonly challenge: readonly string[];
      /** The password was right and only the nonce was not: this is no failed attempt. */
      readonly stale: boolean;
      /** Whether credentials were sent at all. */
      readonly attempted: boolean;
      readonly notes: readonly Noted[];
    };

export interface Authenticator {
  /**
   * Judges the Authorization header of one request; `url` is its target. No header makes it reject, only `credentials` can.
   * `challenged`: whether this session or connection was sent a challenge before, where the caller knows (Q-HT-15).
   */
  readonly check: (
    method: string,
    url: string,
    authorization: string | undefined,
    challenged?: boolean,
  ) => Promise<AuthResult>;
}

interface Verdict {
  readonly username?: string;
  readonly is: 'right' | 'wrong' | 'stale';
}

const NO_NOTES: readonly Noted[] = [];
const OPEN: AuthResult = { ok: true, notes: NO_NOTES };
const WRONG: Verdict = { is: 'wrong' };

const hash: Hash = (name, byteText) => createHash(name).update(byteText, 'latin1').digest('hex');

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { mode, realm, now, random, algorithms = ['MD5'] } = options;
  const secret = options.secret ?? random(32);
  const nonces = createNonces({
    ...{ now, random, secret },
    lifeMs: options.nonceLifeMs ?? 5 * 60_000,
    most: options.nonces ?? 65_536,
  });
  // Compared by their signatures, so that neither contents nor length shows in the time.
  const signed = (text: string): Buffer => createHmac('sha256', secret).update(text).digest();
  const equal = (a: string, b: string): boolean => timingSafeEqual(signed(a), signed(b));

  function challenge(stale: boolean): readonly string[] {
    if (mode === 'basic') return [writeChallenge({ scheme: 'basic', realm })];
    const nonce = nonces.issue();
    return algorithms.map((algorithm) =>
      writeChallenge({ scheme: 'digest', realm, nonce, qop: true, algorithm, stale }),
    );
  }

  async function basic(
    scheme: HeaderScheme,
    challenged: boolean | undefined,
    note: Teller,
  ): Promise<Verdict> {
    const given = readBasic(scheme.token68 ?? '');
    if (given === undefined) return WRONG;
    if (challenged === false || (challenged === undefined && given.password === '')) note('Q-HT-15');
    let right = false;
    for (const username of spellings(given.username)) {
      const password = await options.credentials(username);
      // Compared even where there is no such user, to take the same time.
      right = equal(password ?? '', given.password) && password !== undefined;
      if (right && username !== given.username) note('Q-AU-05', 'username');
      if (right) return { is: 'right', username };
    }
    return WRONG;
  }

  async function digest(scheme: HeaderScheme, method: string, url: string, note: Teller): Promise<Verdict> {
    const read = readDigest(scheme);
    if (read === undefined) return WRONG;
    const { credentials } = read;
    if (read.quoted) note('Q-AU-02');
    if (credentials.opaque === '(null)') note('Q-AU-04');
    const names = spellings(credentials.username);
    if (read.stray || names.length > 1) note('Q-AU-05', read.stray ? 'header' : 'username');
    const nc = credentials.auth === undefined ? undefined : readCount(credentials.auth.nc);
    if (Number.isNaN(nc) || !algorithms.includes(credentials.algorithm)) return WRONG;
    if (pathOf(credentials.uri) !== pathOf(url)) return WRONG;
    for (const name of names) {
      const username = fromByteText(name);
      const password = await options.credentials(username);
      const right = matches(credentials, names, method, password ?? '');
      if (right && password !== undefined) {
        // Only a right answer uses up the nonce: a stranger can neither spend it nor fill the memory.
        return nonces.use(credentials.nonce, nc) === 'fresh' ? { is: 'right', username } : { is: 'stale' };
      }
    }
    return WRONG;
  }

  /** Modems with a stray quote hash their user name with it or without it. */
  const matches = (
    credentials: DigestCredentials,
    names: readonly string[],
    method: string,
    password: string,
  ): boolean =>
    names.some((username) => verifyDigest({ ...credentials, username }, { method, password, hash, equal }));

  return {
    async check(method, url, authorization, challenged) {
      if (mode === 'none') return OPEN;
      const notes: Noted[] = [];
      const note: Teller = (id, detail) => {
        notes.push({ id, at: -1, ...(detail === undefined ? {} : { detail }) });
      };
      const scheme = readSchemes(authorization ?? '').find((candidate) => candidate.scheme === mode);
      let verdict = WRONG;
      if (scheme !== undefined && mode === 'basic') verdict = await basic(scheme, challenged, note);
      if (scheme !== undefined && mode === 'digest') verdict = await digest(scheme, method, url, note);
      if (verdict.is === 'right') return { ok: true, username: verdict.username ?? '', notes };
      const stale = verdict.is === 'stale';
      return { ok: false, challenge: challenge(stale), stale, attempted: authorization !== undefined, notes };
    },
  };
}

type Teller = (id: QuirkId, detail?: string) => void;

/**
 * A user name as it came and, where that differs, without quotes around it (Q-AU-05). The count in the pattern keeps the
 * search for the end linear in a name that is all quotes.
 */
function spellings(username: string): readonly string[] {
  const bare = username.replace(/^"+/, '').replace(/"{1,64}$/, '');
  return bare === username ? [username] : [username, bare];
}

/** nc is eight hexadecimal digits (RFC 2617 3.2.2); fewer are taken too. NaN where it is none of these, or nought. */
function readCount(nc: string): number {
  return /^[0-9a-f]{1,8}$/i.test(nc) ? Number.parseInt(nc, 16) || Number.NaN : Number.NaN;
}

/**
 * What digest-uri and request target must agree in. Clients put the absolute form in one and the path in the other, and
 * leave out the query, a closing slash or the whole path.
 */
function pathOf(uri: string): string {
  const path = uri.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
