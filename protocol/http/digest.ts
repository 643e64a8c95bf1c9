/**
 * HTTP Digest for both sides (RFC 2617, RFC 7616; RFC 2069 where a challenge has no qop, Q-AU-01). Hashes are
 * made by the caller's function. qop is `auth` alone: TR-069a6 3.4.5 asks for no more.
 */
import { writeBasic } from './basic.ts';
import { toByteText, toLatin1 } from './byte-text.ts';
import { type HeaderParameter, type HeaderScheme, quote, readSchemes } from './header.ts';

export type HashName = 'md5' | 'sha256';

/**
 * Lower-case hexadecimal hash of byte text (each character one byte; node: `createHash(name).update(text,
 * 'latin1')`).
 */
export type Hash = (name: HashName, byteText: string) => string;

export type DigestAlgorithm = 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';

export interface DigestChallenge {
  readonly scheme: 'digest';
  readonly realm: string;
  readonly nonce: string;
  readonly opaque?: string;
  /** Absent where the challenge names none: MD5 then, and the answer names none either. */
  readonly algorithm?: DigestAlgorithm;
  /** Whether qop="auth" is among what is offered; without it the answer is that of RFC 2069. */
  readonly qop: boolean;
  readonly stale: boolean;
}

export interface BasicChallenge {
  readonly scheme: 'basic';
  readonly realm: string;
}

export type Challenge = DigestChallenge | BasicChallenge;

/** What an Authorization header of scheme Digest says, byte text as it came. */
export interface DigestCredentials {
  readonly username: string;
  readonly realm: string;
  readonly nonce: string;
  readonly uri: string;
  /** Lower case. */
  readonly response: string;
  readonly algorithm: DigestAlgorithm;
  /** Absent in RFC 2069 mode. */
  readonly auth?: { readonly nc: string; readonly cnonce: string };
  /** In RFC 2069 mode, for `-sess`. */
  readonly cnonce?: string;
  readonly opaque?: string;
}

const ALGORITHMS: ReadonlyMap<string, DigestAlgorithm> = new Map([
  ['md5', 'MD5'],
  ['md5-sess', 'MD5-sess'],
  ['sha-256', 'SHA-256'],
  ['sha-256-sess', 'SHA-256-sess'],
]);
/** Strongest first (RFC 7616 3.7 leaves the choice to the client). */
const STRENGTH: readonly DigestAlgorithm[] = ['SHA-256-sess', 'SHA-256', 'MD5-sess', 'MD5'];

/** The value of WWW-Authenticate. `algorithm` and `qop` stand as RFC 2617 3.2.1 writes them. */
export function writeChallenge(challenge: Challenge): string {
  if (challenge.scheme === 'basic') return `Basic realm=${quote(toByteText(challenge.realm))}`;
  const parts = [`realm=${quote(toByteText(challenge.realm))}`, `nonce=${quote(challenge.nonce)}`];
  if (challenge.qop) parts.push('qop="auth"');
  if (challenge.algorithm !== undefined) parts.push(`algorithm=${challenge.algorithm}`);
  if (challenge.opaque !== undefined) parts.push(`opaque=${quote(challenge.opaque)}`);
  if (challenge.stale) parts.push('stale=true');
  return `Digest ${parts.join(', ')}`;
}

/**
 * The challenges of WWW-Authenticate that can be answered, in their order: one line, or several joined by
 * commas.
 */
export function readChallenges(header: string): readonly Challenge[] {
  const challenges: Challenge[] = [];
  for (const scheme of readSchemes(header)) {
    const realm = scheme.parameters.get('realm')?.value ?? '';
    if (scheme.scheme === 'basic') challenges.push({ scheme: 'basic', realm });
    const digest = scheme.scheme === 'digest' ? readDigestChallenge(scheme, realm) : undefined;
    if (digest !== undefined) challenges.push(digest);
  }
  return challenges;
}

function readDigestChallenge({ parameters }: HeaderScheme, realm: string): DigestChallenge | undefined {
  const nonce = parameters.get('nonce')?.value;
  const algorithm = readAlgorithm(parameters.get('algorithm'));
  const qops = parameters
    .get('qop')
    ?.value.toLowerCase()
    .split(/[\s,]+/);
  if (nonce === undefined || algorithm === 'unknown') return undefined;
  if (qops?.some((qop) => qop !== '') === true && !qops.includes('auth')) return undefined;
  const opaque = parameters.get('opaque')?.value;
  return {
    scheme: 'digest',
    realm,
    nonce,
    ...(opaque === undefined ? {} : { opaque }),
    ...(algorithm === undefined ? {} : { algorithm }),
    qop: qops?.includes('auth') === true,
    stale: parameters.get('stale')?.value.toLowerCase() === 'true',
  };
}

function readAlgorithm(parameter: HeaderParameter | undefined): DigestAlgorithm | 'unknown' | undefined {
  if (parameter === undefined) return undefined;
  return ALGORITHMS.get(parameter.value.toLowerCase()) ?? 'unknown';
}

export interface DigestInput {
  readonly method: string;
  readonly uri: string;
  readonly username: string;
  readonly realm: string;
  readonly password: string;
  readonly nonce: string;
  readonly algorithm: DigestAlgorithm;
  /** Without it, the formula of RFC 2069 is used. */
  readonly auth?: { readonly nc: string; readonly cnonce: string };
  /** For `-sess` without qop, which has a client nonce all the same. */
  readonly cnonce?: string;
}

/** The response of RFC 2617 3.2.2.1. All texts are byte text. */
export function digestResponse(input: DigestInput, hash: Hash): string {
  const name: HashName = input.algorithm.startsWith('SHA-256') ? 'sha256' : 'md5';
  let a1 = hash(name, `${input.username}:${input.realm}:${input.password}`);
  if (input.algorithm.endsWith('-sess')) {
    a1 = hash(name, `${a1}:${input.nonce}:${input.auth?.cnonce ?? input.cnonce ?? ''}`);
  }
  const a2 = hash(name, `${input.method}:${input.uri}`);
  const middle = input.auth === undefined ? '' : `:${input.auth.nc}:${input.auth.cnonce}:auth`;
  return hash(name, `${a1}:${input.nonce}${middle}:${a2}`);
}

/** What is known of a Digest header besides its contents. */
export interface DigestHeader {
  readonly credentials: DigestCredentials;
  /** qop, nc or algorithm in quotes (Q-AU-02). */
  readonly quoted: boolean;
  /** A stray quote (Q-AU-05). */
  readonly stray: boolean;
}

/**
 * Credentials out of a scheme that `readSchemes` gave; `undefined` where a part that digest needs is missing.
 */
export function readDigest({ scheme, parameters }: HeaderScheme): DigestHeader | undefined {
  if (scheme !== 'digest') return undefined;
  const text = (name: string): string | undefined => parameters.get(name)?.value;
  const username = text('username');
  const nonce = text('nonce');
  const uri = text('uri');
  const response = text('response')?.toLowerCase();
  if (username === undefined || nonce === undefined || uri === undefined || response === undefined)
    return undefined;
  const algorithm = readAlgorithm(parameters.get('algorithm')) ?? 'MD5';
  const qop = text('qop')?.toLowerCase();
  const auth = { nc: text('nc') ?? '', cnonce: text('cnonce') ?? '' };
  if (algorithm === 'unknown' || (qop !== undefined && qop !== '' && qop !== 'auth')) return undefined;
  const opaque = text('opaque');
  return {
    credentials: {
      username,
      realm: text('realm') ?? '',
      nonce,
      uri,
      response,
      algorithm,
      ...(qop === 'auth' ? { auth } : { cnonce: auth.cnonce }),
      ...(opaque === undefined ? {} : { opaque }),
    },
    quoted: ['qop', 'nc', 'algorithm'].some((name) => parameters.get(name)?.quoted === true),
    stray: [...parameters.values()].some((parameter) => parameter.stray),
  };
}

/** How to compare two texts of equal meaning without telling by the time it takes how much of them agrees. */
export type Compare = (expected: string, given: string) => boolean;

/**
 * Whether the response is right for this password. Beyond ASCII the password is tried in UTF-8 and in
 * ISO-8859-1, for modems hash what they store. Neither realm nor nonce nor nc is judged here: that is the
 * server's business.
 */
export function verifyDigest(
  credentials: DigestCredentials,
  { method, password, hash, equal }: { method: string; password: string; hash: Hash; equal: Compare },
): boolean {
  const utf8 = toByteText(password);
  const latin1 = utf8 === password ? undefined : toLatin1(password);
  const right = (bytes: string): boolean =>
    equal(digestResponse({ ...credentials, method, password: bytes }, hash), credentials.response);
  return right(utf8) || (latin1 !== undefined && right(latin1));
}

export interface Answer {
  readonly method: string;
  readonly uri: string;
  readonly username: string;
  readonly password: string;
  readonly cnonce: string;
  /** How many requests were made with this nonce, this one included: 1, 2, 3... */
  readonly nc: number;
  readonly hash: Hash;
  /** Takes Basic although Digest is offered, as some modems do (Q-HT-16). */
  readonly preferBasic?: boolean;
  /** Quotes qop, nc and algorithm (Q-AU-02). */
  readonly quoteAll?: boolean;
  /** Sent as opaque where the challenge has none; real ones send `(null)` (Q-AU-04). */
  readonly opaque?: string;
  /** Puts a quote behind the user name (Q-AU-05). */
  readonly strayQuote?: boolean;
}

/** The challenge to answer: the strongest digest, then basic (RFC 2617 4.6). */
export function chooseChallenge(
  challenges: readonly Challenge[],
  preferBasic = false,
): Challenge | undefined {
  const basic = challenges.find((challenge) => challenge.scheme === 'basic');
  if (preferBasic && basic !== undefined) return basic;
  let best: DigestChallenge | undefined;
  for (const challenge of challenges) {
    if (challenge.scheme === 'basic') continue;
    if (best === undefined || rank(challenge) < rank(best)) best = challenge;
  }
  return best ?? basic;
}

const rank = ({ algorithm }: DigestChallenge): number => STRENGTH.indexOf(algorithm ?? 'MD5');

/**
 * The value of Authorization that answers one challenge or the best of several; `undefined` when there is
 * none that can be answered. What the challenge did not say is not said back: neither qop nor algorithm
 * (Q-AU-01).
 */
export function answerChallenge(
  challenge: Challenge | readonly Challenge[],
  answer: Answer,
): string | undefined {
  const offered: readonly Challenge[] = 'scheme' in challenge ? [challenge] : challenge;
  const chosen = chooseChallenge(offered, answer.preferBasic);
  if (chosen === undefined) return undefined;
  return chosen.scheme === 'basic' ? writeBasic(answer) : writeDigest(chosen, answer);
}

function writeDigest(challenge: DigestChallenge, answer: Answer): string {
  const { uri, cnonce } = answer;
  const username = toByteText(answer.username);
  const nc = answer.nc.toString(16).padStart(8, '0');
  const algorithm = challenge.algorithm ?? 'MD5';
  const input = {
    method: answer.method,
    uri,
    username,
    password: toByteText(answer.password),
    realm: challenge.realm,
    nonce: challenge.nonce,
    algorithm,
    cnonce,
    ...(challenge.qop ? { auth: { nc, cnonce } } : {}),
  };
  const bare = (value: string): string => (answer.quoteAll === true ? quote(value) : value);
  const parts = [
    `username=${quote(username)}${answer.strayQuote === true ? '"' : ''}`,
    `realm=${quote(challenge.realm)}`,
    `nonce=${quote(challenge.nonce)}`,
    `uri=${quote(uri)}`,
  ];
  if (challenge.algorithm !== undefined) parts.push(`algorithm=${bare(algorithm)}`);
  if (challenge.qop) parts.push(`qop=${bare('auth')}`, `nc=${bare(nc)}`);
  if (challenge.qop || algorithm.endsWith('-sess')) parts.push(`cnonce=${quote(cnonce)}`);
  parts.push(`response="${digestResponse(input, answer.hash)}"`);
  const opaque = challenge.opaque ?? answer.opaque;
  if (opaque !== undefined) parts.push(`opaque=${quote(opaque)}`);
  return `Digest ${parts.join(', ')}`;
}
