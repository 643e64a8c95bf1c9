/** The ingredients of a modem's session: its Inform, its ids, its HTTP client. */
import type { InformEvents } from '../protocol/cwmp/events.ts';
import type { Args, CwmpVersion, Header } from '../protocol/cwmp/messages.ts';
import type { CpeSettings } from '../protocol/cwmp/session-cpe.ts';
import { namespaceOfVersion, versionOfNamespace } from '../protocol/cwmp/version.ts';
import type { Random } from '../protocol/random.ts';
import type { Device } from './device/device.ts';
import type { CookieJar } from './http/cookies.ts';
import { HttpClient } from './http/http-client.ts';
import type { WireHooks } from './http/wire-hooks.ts';
import { lineOf } from './line/of-modem.ts';
import type { ModemOptions } from './modem-types.ts';
import { TIMEOUT_MS } from './modem-types.ts';
import type { CwmpTraits, Profile } from './profile/profile.ts';

/** Numeric codes in their order, then those of commands, as in the captures. */
const rank = (code: string): number => (/^\d/.test(code) ? Number.parseInt(code, 10) : 100);

export function informOf(
  device: Device,
  { Event }: InformEvents,
  RetryCount: number,
  changed: Iterable<string>,
): Args<'Inform'> {
  return {
    DeviceId: device.id,
    Event: [...Event].sort((a, b) => rank(a.EventCode) - rank(b.EventCode)),
    MaxEnvelopes: device.profile.dialect.maxEnvelopes,
    CurrentTime: device.clock,
    RetryCount,
    ParameterList: device.informParameters(changed),
  };
}

/**
 * `sessions`: successful ones since the restart. `old`: the ACS is assumed to speak CWMP 1.0 (TR-069a6
 * 3.2.1.1).
 */
export function settingsOf({ cwmp }: Profile, sessions: number, old = false): CpeSettings {
  const newest = newestVersion(cwmp);
  return {
    namespace: old ? namespaceOfVersion('1.0') : cwmp.namespace,
    id(n) {
      return idOf(cwmp, sessions, n);
    },
    answerId(asked, n) {
      return cwmp.answerId === 'echo' ? asked : idOf(cwmp, sessions, n);
    },
    informHeader: old ? {} : informHeader(cwmp),
    versions: old ? [] : cwmp.versions,
    ...(newest === undefined ? {} : { newest }),
    termination: cwmp.termination,
    maxRetries: 3,
  };
}

function idOf({ id, idCounts }: CwmpTraits, sessions: number, n: number): string {
  return id.replace('#', String(idCounts === 'sessions' ? sessions : n));
}

/** The newest version that a profile speaks; `undefined`: its namespace is unknown. */
export function newestVersion({ versions, namespace }: CwmpTraits): CwmpVersion | undefined {
  return versions.at(-1) ?? versionOfNamespace(namespace);
}

function informHeader({ versions, sessionTimeout }: CwmpTraits): Header {
  return {
    ...(sessionTimeout > 0 ? { SessionTimeout: sessionTimeout } : {}),
    ...(versions.length > 0 ? { SupportedCWMPVersions: versions } : {}),
  };
}

export function createClient(
  device: Device,
  url: string,
  jar: CookieJar,
  random: Random,
  options: ModemOptions,
  habits?: WireHooks,
): HttpClient {
  const { timeoutMs = TIMEOUT_MS, tls, tap, credentials, onSocket, connect } = options;
  const { http: traits } = device.profile;
  const username = device.setting('ManagementServer.Username');
  const password = device.setting('ManagementServer.Password');
  const own = username === '' ? undefined : { username, password };
  const line = lineOf(device, options);
  return new HttpClient({
    url,
    traits,
    userAgent: device.expand(traits.userAgent),
    jar,
    credentials: habits?.noCredentials ? undefined : (credentials ?? own),
    timeoutMs,
    random,
    ...(tls === undefined ? {} : { tls }),
    ...(tap === undefined ? {} : { tap }),
    ...(onSocket === undefined ? {} : { onSocket }),
    ...(connect === undefined ? {} : { connect }),
    ...(line === undefined ? {} : { line }),
    ...(habits === undefined ? {} : { habits }),
  });
}
