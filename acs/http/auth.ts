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
import { Nonces } from './nonce.ts';

export type AuthMode = 'none' | 'basic' | 'digest';

export interface AuthenticatorOptions {
  readonly mode: AuthMode;
  /** The password of a user name (as text, not as bytes); `undefined` for an unknown user. */
  readonly credentials: (username: string) => Promise<string | undefined> | string | undefined;
  readonly realm: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The given number of bytes that nobody can guess. */
  readonly random: (bytes: number) => Uint8Array;
  /** Signs nonces; random by default. Several processes behind one address must share it. */
  readonly secret?: Uint8Array;
  /** Offered in this order; only MD5 by default, the one that TR-069a6 3.4.5 guarantees. */
  readonly algorithms?: readonly DigestAlgorithm[];
  /** Life of a nonce since its issue or last use, in milliseconds; 5 minutes by default. */
  readonly nonceLifeMs?: number;
  /** How many nonces are remembered; 65,536 by default, about 10 MB. */
  readonly maxNonces?: number;
}

export type AuthResult =
  | { readonly ok: true; readonly username?: string; readonly notes: readonly Noted[] }
  | {
      readonly ok: false;
      /** Values of WWW-Authenticate, one header line each. */
      readonly challenge: readonly string[];
      /** The password was right and only the nonce was not, so this is not a failed attempt. */
      readonly stale: boolean;
      /** Whether credentials were sent at all. */
      readonly attempted: boolean;
      readonly notes: readonly Noted[];
    };

const NO_NOTES: readonly Noted[] = [];
const OPEN: AuthResult = { ok: true, notes: NO_NOTES };

/** What became of the credentials in one header. */
interface Verdict {
  readonly username?: string;
  readonly is: 'right' | 'wrong' | 'stale';
}

const WRONG: Verdict = { is: 'wrong' };

const hash: Hash = (name, byteText) => createHash(name).update(byteText, 'latin1').digest('hex');

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #algorithms: readonly DigestAlgorithm[];
  readonly #secret: Uint8Array;
  readonly #nonces: Nonces;

  constructor(options: AuthenticatorOptions) {
    const { now, random } = options;
    const secret = options.secret ?? random(32);
    this.#options = options;
    this.#algorithms = options.algorithms ?? ['MD5'];
    this.#secret = secret;
    this.#nonces = new Nonces({
      now,
      random,
      secret,
      lifeMs: options.nonceLifeMs ?? 5 * 60_000,
      max: options.maxNonces ?? 65_536,
    });
  }

  /**
   * Judges the Authorization header of one request; `url` is its target. Whatever the header, it rejects only
   * if `credentials` does. `challenged`: whether this session or connection was sent a challenge before,
   * where the caller knows that (Q-HT-15).
   */
  async check(
    method: string,
    url: string,
    authorization: string | undefined,
    challenged?: boolean,
  ): Promise<AuthResult> {
    const { mode } = this.#options;
    if (mode === 'none') return OPEN;
    const notes: Noted[] = [];
    const note: AddNote = (id, detail) => {
      notes.push({ id, at: -1, ...(detail === undefined ? {} : { detail }) });
    };
    const scheme = readSchemes(authorization ?? '').find((candidate) => candidate.scheme === mode);
    let verdict = WRONG;
    if (scheme !== undefined && mode === 'basic') verdict = await this.#basic(scheme, challenged, note);
    if (scheme !== undefined && mode === 'digest') verdict = await this.#digest(scheme, method, url, note);
    if (verdict.is === 'right') return { ok: true, username: verdict.username ?? '', notes };
    const stale = verdict.is === 'stale';
    const challenge = this.#challenge(stale);
    return { ok: false, challenge, stale, attempted: authorization !== undefined, notes };
  }

  #challenge(stale: boolean): readonly string[] {
    const { mode, realm } = this.#options;
    if (mode === 'basic') return [writeChallenge({ scheme: 'basic', realm })];
    const nonce = this.#nonces.issue();
    return this.#algorithms.map((algorithm) =>
      writeChallenge({ scheme: 'digest', realm, nonce, qop: true, algorithm, stale }),
    );
  }

  async #basic(scheme: HeaderScheme, challenged: boolean | undefined, note: AddNote): Promise<Verdict> {
    const given = readBasic(scheme.token68 ?? '');
    if (given === undefined) return WRONG;
    if (challenged === false || (challenged === undefined && given.password === '')) note('Q-HT-15');
    for (const username of spellings(given.username)) {
      const password = await this.#options.credentials(username);
      // Compared even if there is no such user, to take the same time.
      const right = this.#equal(password ?? '', given.password) && password !== undefined;
      if (right && username !== given.username) note('Q-AU-05', 'username');
      if (right) return { is: 'right', username };
    }
    return WRONG;
  }

  async #digest(scheme: HeaderScheme, method: string, url: string, note: AddNote): Promise<Verdict> {
    const read = readDigest(scheme);
    if (read === undefined) return WRONG;
    const { credentials } = read;
    const names = spellings(credentials.username);
    if (read.quoted) note('Q-AU-02');
    if (credentials.opaque === '(null)') note('Q-AU-04');
    if (read.stray || names.length > 1) note('Q-AU-05', read.stray ? 'header' : 'username');
    const nc = credentials.auth === undefined ? undefined : readCount(credentials.auth.nc);
    if (Number.isNaN(nc) || !this.#algorithms.includes(credentials.algorithm)) return WRONG;
    if (pathOf(credentials.uri) !== pathOf(url)) return WRONG;
    for (const name of names) {
      const username = fromByteText(name);
      const password = await this.#options.credentials(username);
      const right = this.#matches(credentials, names, method, password ?? '');
      // Only a right answer uses up the nonce: a stranger can neither spend it nor fill the memory.
      if (right && password !== undefined)
        return this.#nonces.use(credentials.nonce, nc) === 'fresh'
          ? { is: 'right', username }
          : { is: 'stale' };
    }
    return WRONG;
  }

  /** Modems with a stray quote hash their user name with it or without it. */
  #matches(
    credentials: DigestCredentials,
    names: readonly string[],
    method: string,
    password: string,
  ): boolean {
    const equal = (a: string, b: string): boolean => this.#equal(a, b);
    return names.some((username) =>
      verifyDigest({ ...credentials, username }, { method, password, hash, equal }),
    );
  }

  /** Compares signatures, so that neither contents nor length shows in the time taken. */
  #equal(a: string, b: string): boolean {
    return timingSafeEqual(this.#signed(a), this.#signed(b));
  }

  #signed(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

type AddNote = (id: QuirkId, detail?: string) => void;

/**
 * A user name as it came and, if that differs, without quotes around it (Q-AU-05). The limit in the pattern
 * keeps the search linear for a name that consists of quotes.
 */
function spellings(username: string): readonly string[] {
  const bare = username.replace(/^"+/, '').replace(/"{1,64}$/, '');
  return bare === username ? [username] : [username, bare];
}

/**
 * nc is eight hexadecimal digits (RFC 2617 3.2.2); fewer are accepted too. NaN for zero and for anything
 * else.
 */
function readCount(nc: string): number {
  return /^[0-9a-f]{1,8}$/i.test(nc) ? Number.parseInt(nc, 16) || Number.NaN : Number.NaN;
}

/**
 * The part in which digest-uri and request target must agree. Clients put the absolute form in one and the
 * path in the other, and leave out the query, a trailing slash or the whole path.
 */
function pathOf(uri: string): string {
  const path = uri.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '');
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
