/** How a model answers connection requests (TR-069a6 3.2.2), as data of its profile. */
import type { Fields } from './fields.ts';

export interface ConnectionRequestTraits {
  /** Path of its ConnectionRequestURL, with `${...}` as in values. */
  readonly path: string;
  /** TR-069a6 3.2.2.2 requires digest; SpeedTouch can be set to any of them. */
  readonly auth: 'digest' | 'basic' | 'none';
  readonly realm: string;
  /** Offers qop="auth"; without it the answer is that of RFC 2069 (Q-AU-01). */
  readonly qop: boolean;
  /** How the challenge names MD5: as a token, in quotes (Q-AU-01), or not at all. */
  readonly algorithm: 'plain' | 'quoted' | 'absent';
  /** Left out of the challenge when empty. */
  readonly domain: string;
  readonly opaque: string;
  /** Header lines of every answer, before those that the answer needs. */
  readonly headers: ReadonlyMap<string, string>;
  /** Status of an accepted request; its body is empty either way. */
  readonly status: 200 | 204;
  /** What happens to the connection that carried the challenge: stays open, or is closed (Q-AU-08). */
  readonly afterChallenge: 'keep' | 'close';
  /** Maximum of requests accepted within `seconds`, which are simulated; 503 beyond it. 0: unlimited. */
  readonly most: number;
  readonly seconds: number;
  /** During a session: accepted, and another session follows; or 503. */
  readonly inSession: 'accept' | 'refuse';
  /** The session of an accepted call: after the answer, before it (Q-CR-01), or none (Q-CR-02). */
  readonly session: 'after' | 'before' | 'never';
  /** While it boots: the connection is closed, or accepted and never answered. */
  readonly whileBooting: 'close' | 'silent';
  /** Real seconds from a challenge until its nonce is stale. */
  readonly nonceSeconds: number;
}

/** The section `connectionRequest` of a profile; every member may be absent. */
export function readConnectionRequest(file: Fields): ConnectionRequestTraits {
  const traits: ConnectionRequestTraits = {
    path: file.string('path', `/\${hex:32}`),
    auth: file.choice('auth', ['digest', 'basic', 'none'], 'digest'),
    realm: file.string('realm', 'IGD'),
    qop: file.boolean('qop', true),
    algorithm: file.choice('algorithm', ['plain', 'quoted', 'absent'], 'plain'),
    domain: file.string('domain', ''),
    opaque: file.string('opaque', ''),
    headers: file.texts('headers'),
    status: file.choice('status', [200, 204], 200),
    afterChallenge: file.choice('afterChallenge', ['keep', 'close'], 'keep'),
    most: file.number('most', 0),
    seconds: file.number('seconds', 60),
    inSession: file.choice('inSession', ['accept', 'refuse'], 'accept'),
    session: file.choice('session', ['after', 'before', 'never'], 'after'),
    whileBooting: file.choice('whileBooting', ['close', 'silent'], 'close'),
    nonceSeconds: file.number('nonceSeconds', 60),
  };
  if (!traits.path.startsWith('/')) file.refuse('path', 'a path that begins with /');
  for (const [name, value] of traits.headers)
    if (!/^[\w-]{1,64}$/.test(name) || /[^\t -~]/.test(value)) file.refuse('headers', 'header lines');
  file.done();
  return traits;
}
