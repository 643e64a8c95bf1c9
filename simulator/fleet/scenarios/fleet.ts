/** The modems of a scenario. */
import { createModem } from '../../modem.ts';
import type { Modem, ModemOptions } from '../../modem-types.ts';
import { loadProfile } from '../../profile/profile.ts';
import type { Scheduler } from '../../time/scheduler.ts';
import type { Scenario } from './types.ts';

/** The user's options override the scenario's; quirks are added to its own. */
export interface FleetOptions
  extends Pick<
    ModemOptions,
    | 'acs'
    | 'seed'
    | 'credentials'
    | 'line'
    | 'quirks'
    | 'bootSeconds'
    | 'address'
    | 'externalAddress'
    | 'timeoutMs'
    | 'tls'
    | 'onSocket'
    | 'connectionRequests'
  > {
  readonly count?: number;
  /** One for all, or several that are assigned in rotation. */
  readonly profile?: string | readonly string[];
  /** Index of the first modem in its fleet; default 0. */
  readonly first?: number;
}

const USUAL = 'st780wl';

/** Throws ModemlabError for an invalid profile, line or quirk. */
export function makeFleet(
  { modem: overlay, count: usual }: Scenario,
  { count = usual, first = 0, ...given }: FleetOptions,
  scheduler: Scheduler,
): Modem[] {
  const names = [given.profile ?? overlay.profile ?? USUAL].flat();
  const profiles = names.map((name) => loadProfile(name));
  const { credentials, ...options } = { ...overlay, ...optionsOf(given) };
  const quirks = [...(overlay.quirks ?? []), ...(given.quirks ?? [])];
  const settings = { ...settingsOf(credentials), ...overlay.settings };
  return Array.from({ length: count }, (_, at) => {
    const index = first + at;
    const profile = profiles[index % profiles.length] ?? USUAL;
    return createModem({
      ...options,
      acs: given.acs,
      index,
      profile,
      settings,
      scheduler,
      ...(quirks.length === 0 ? {} : { quirks }),
    });
  });
}

/** Only the members that are options of a modem: the user's object may have others. */
function optionsOf(given: FleetOptions): Partial<ModemOptions> {
  const { seed, credentials, line, bootSeconds, address, externalAddress, timeoutMs, tls, onSocket } = given;
  const { connectionRequests } = given;
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(line === undefined ? {} : { line }),
    ...(bootSeconds === undefined ? {} : { bootSeconds }),
    ...(address === undefined ? {} : { address }),
    ...(externalAddress === undefined ? {} : { externalAddress }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(tls === undefined ? {} : { tls }),
    ...(onSocket === undefined ? {} : { onSocket }),
    ...(connectionRequests === undefined ? {} : { connectionRequests }),
  };
}

/** As settings, not as an option: what the ACS or a step sets later overrides them. */
function settingsOf(credentials: ModemOptions['credentials']): Readonly<Record<string, string>> {
  if (credentials === undefined) return {};
  return {
    'ManagementServer.Username': credentials.username,
    'ManagementServer.Password': credentials.password,
  };
}
