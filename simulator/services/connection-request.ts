/**
 * Connection requests as a modem handles them (TR-069a6 3.2.2): who may call, what is answered, and the
 * session that follows. The port is connection-request-listener.ts; calls by UDP arrive here as well
 * (stun.ts).
 */
import { createHash } from 'node:crypto';
import { readBasic } from '../../protocol/http/basic.ts';
import { fromByteText } from '../../protocol/http/byte-text.ts';
import type { Hash } from '../../protocol/http/digest.ts';
import { readDigest, verifyDigest, writeChallenge } from '../../protocol/http/digest.ts';
import type { HeaderScheme } from '../../protocol/http/header.ts';
import { quote, readSchemes } from '../../protocol/http/header.ts';
import type { Call, Callee } from '../connection-request-types.ts';
import type { ModemService } from '../modem-context.ts';
import type { ConnectionRequestTraits } from '../profile/connection-request-traits.ts';
import { type Nonces, noUsedNonces, type UsedNonces } from './connection-request-nonce.ts';

const EVENT = '6 CONNECTION REQUEST';

/** What a modem remembers about its calls; created at the first. */
interface Called {
  /** Simulated times at which calls were accepted, the oldest first. */
  accepted: number[];
  nonces: UsedNonces;
}

const of = new WeakMap<Callee, Called>();

function calledOf(modem: Callee): Called {
  let called = of.get(modem);
  if (called === undefined) {
    called = { accepted: [], nonces: noUsedNonces() };
    of.set(modem, called);
  }
  return called;
}

export const connectionRequests: ModemService = {
  booted(modem) {
    modem.options.connectionRequests?.listener.add(modem);
  },

  async stop(modem) {
    modem.options.connectionRequests?.listener.remove(modem);
  },
};

/** The content and credentials of a request over HTTP. */
export interface Asked {
  readonly method: string;
  /** The request's target, and the path by which it was found. */
  readonly target: string;
  readonly path: string;
  readonly authorization: string | undefined;
}

/** The reason for the answer; the listener turns it into lines. */
export type Verdict = Pick<Call, 'why'> & { readonly status: number; readonly stale?: boolean };

/** Judges a call over HTTP. It changes nothing but the nonces: `serve` acts on what is accepted. */
export function judge(modem: Callee, asked: Asked, nonces: Nonces): Verdict {
  const traits = modem.device.profile.connectionRequest;
  if (asked.method !== 'GET') return { why: 'method', status: 405 };
  const proof = prove(modem, asked, nonces, traits);
  if (proof !== 'right') return { why: proof, status: 401, stale: proof === 'stale-nonce' };
  const refused = refusal(modem, traits);
  return refused === undefined
    ? { why: isServedAlready(modem) ? 'accepted-again' : 'accepted', status: traits.status }
    : { why: refused, status: 503 };
}

/** Too many calls, or a bad moment: a correct call is refused for no other reason (3.2.2.1). */
function refusal(modem: Callee, traits: ConnectionRequestTraits): 'throttled' | 'in-session' | undefined {
  if (isServedAlready(modem)) return undefined;
  if (modem.inSession && traits.inSession === 'refuse') return 'in-session';
  return isThrottled(modem) ? 'throttled' : undefined;
}

/**
 * Whether its profile's limit of recent calls is reached; one that opens no session of its own does not
 * count.
 */
export function isThrottled(modem: Callee): boolean {
  const { most, seconds } = modem.device.profile.connectionRequest;
  const accepted = of.get(modem)?.accepted;
  if (most === 0 || accepted === undefined || isServedAlready(modem)) return false;
  const since = modem.scheduler.now() - seconds * 1000;
  return accepted.filter((at) => at > since).length >= most;
}

/** Before the session of one call starts, further ones are accepted and add none (3.2.2.1). */
const isServedAlready = (modem: Callee): boolean => modem.pending(EVENT);

/** Opens a session that reports it: now, or right after the current session (3.2.2.2). */
export function serve(modem: Callee, call: Call): void {
  modem.emit('connection-request', call);
  if (!call.ok || modem.device.profile.connectionRequest.session === 'never') return;
  if (isServedAlready(modem)) return;
  const { most } = modem.device.profile.connectionRequest;
  const called = calledOf(modem);
  if (most > 0) called.accepted = [...called.accepted, modem.scheduler.now()].slice(-most);
  modem.raise(EVENT);
  modem.go();
}

/** The header lines of an answer, in order. Everything that a caller sees of a modem is written here. */
export function answerLines(
  modem: Callee,
  verdict: Verdict,
  asked: Asked,
  nonces: Nonces,
): (readonly [name: string, value: string])[] {
  const traits = modem.device.profile.connectionRequest;
  const lines: (readonly [string, string])[] = [...traits.headers].map(([name, value]) => [
    name,
    modem.device.expand(value),
  ]);
  const challenged = verdict.status === 401;
  if (challenged) lines.push(['WWW-Authenticate', challengeOf(modem, verdict, asked, nonces)]);
  if (verdict.status === 405) lines.push(['Allow', 'GET']);
  if (verdict.status !== 204) lines.push(['Content-Length', '0']);
  lines.push(['Connection', challenged && traits.afterChallenge === 'keep' ? 'keep-alive' : 'close']);
  return lines;
}

function challengeOf(modem: Callee, verdict: Verdict, asked: Asked, nonces: Nonces): string {
  const { auth, realm: text, qop, algorithm, domain, opaque } = modem.device.profile.connectionRequest;
  const realm = modem.device.expand(text);
  if (auth === 'basic') return writeChallenge({ scheme: 'basic', realm });
  const challenge = writeChallenge({
    scheme: 'digest',
    realm,
    nonce: nonces.issue(asked.path),
    qop,
    ...(algorithm === 'plain' ? { algorithm: 'MD5' } : {}),
    ...(opaque === '' ? {} : { opaque }),
    stale: verdict.stale === true,
  });
  const more = [
    ...(algorithm === 'quoted' ? ['algorithm="MD5"'] : []),
    ...(domain === '' ? [] : [`domain=${quote(domain)}`]),
  ];
  return [challenge, ...more].join(', ');
}

type Proof = 'right' | 'no-credentials' | 'wrong-credentials' | 'stale-nonce';

function prove(modem: Callee, asked: Asked, nonces: Nonces, traits: ConnectionRequestTraits): Proof {
  if (traits.auth === 'none') return 'right';
  const scheme = readSchemes(asked.authorization ?? '').find((given) => given.scheme === traits.auth);
  if (scheme === undefined) return 'no-credentials';
  const { username, password } = credentialsOf(modem);
  if (traits.auth === 'digest') return proveDigest(modem, scheme, asked, nonces);
  const given = readBasic(scheme.token68 ?? '');
  return given?.username === username && given.password === password ? 'right' : 'wrong-credentials';
}

const hash: Hash = (name, text) => createHash(name).update(text, 'latin1').digest('hex');

function proveDigest(modem: Callee, scheme: HeaderScheme, asked: Asked, nonces: Nonces): Proof {
  const traits = modem.device.profile.connectionRequest;
  const { username, password } = credentialsOf(modem);
  const credentials = readDigest(scheme)?.credentials;
  if (credentials === undefined || credentials.algorithm !== 'MD5') return 'wrong-credentials';
  const { auth, uri, nonce } = credentials;
  // The digest is over the uri in the header; it must be the one that was requested (RFC 2617 3.2.2.5).
  const right =
    fromByteText(credentials.username) === username &&
    fromByteText(credentials.realm) === modem.device.expand(traits.realm) &&
    pathOf(uri) === pathOf(asked.target) &&
    verifyDigest(credentials, { method: asked.method, password, hash, equal: (a, b) => a === b });
  if (!right) return 'wrong-credentials';
  const nc = auth === undefined ? 0 : Number.parseInt(auth.nc, 16) || 0;
  const { nonces: used } = calledOf(modem);
  return nonces.use(nonce, nc, asked.path, used, traits.nonceSeconds) ? 'right' : 'stale-nonce';
}

/** The permitted caller: the current ManagementServer.ConnectionRequestUsername and Password. */
export function credentialsOf({ device }: Callee): { readonly username: string; readonly password: string } {
  return {
    username: device.setting('ManagementServer.ConnectionRequestUsername'),
    password: device.setting('ManagementServer.ConnectionRequestPassword'),
  };
}

/** Path and query of a target, which may be an absolute URI. */
export const pathOf = (target: string): string => target.replace(/^http:\/\/[^/?]*/i, '') || '/';

/** Whether the ACS switched off calls over HTTP. */
export const isDisabled = (modem: Pick<Callee, 'device'>): boolean =>
  isOff(modem, 'HTTPConnectionRequestEnable') || !isManaged(modem);

/** EnableCWMP, which defaults to true, and the owner's own switch. */
export const isManaged = (modem: Pick<Callee, 'device'>): boolean =>
  modem.device.client.on && !isOff(modem, 'EnableCWMP');

const isOff = ({ device }: Pick<Callee, 'device'>, name: string): boolean =>
  /^(0|false)$/.test(device.setting(`ManagementServer.${name}`));
