/** The options of `simulate cpe` as the simulator takes them. */
import type { Socket } from 'node:net';
import { ModemlabError } from '../../protocol/errors.ts';
import { isQuirkKey, type QuirkKey } from '../../protocol/quirks.ts';
import type { ConnectionRequestListener, Speed } from '../../simulator/index.ts';
import { createConnectionRequestListener, createModem, listQuirks } from '../../simulator/index.ts';
import { hostAndPort } from '../support/options.ts';
import type { TlsClientOptions } from '../support/tls-files.ts';
import type { List } from './list.ts';

export interface SimulateOptions extends TlsClientOptions {
  readonly list?: List;
  readonly acs?: string;
  readonly profile?: readonly string[];
  readonly count?: number;
  readonly first: number;
  readonly sessions: number;
  /** Simulated seconds. */
  readonly interval?: number;
  /** Modems a real second. */
  readonly rate?: number;
  /** Real seconds. */
  readonly rampUp?: number;
  readonly maxOpen?: number;
  readonly retries: number;
  readonly seed: string;
  readonly speed?: Speed;
  /** Simulated seconds. */
  readonly boot?: number;
  readonly param?: readonly string[];
  readonly quirk?: readonly string[];
  readonly fault?: readonly string[];
  readonly scenario?: string;
  readonly with?: readonly string[];
  readonly username?: string;
  readonly password?: string;
  readonly listen: string;
  readonly record?: string;
  readonly json: boolean;
}

/** The profile of modems unless --profile is given. */
export const DEFAULT_PROFILE = 'st780wl';

/** The options of one run: the ACS is known. */
export interface RunOptions extends SimulateOptions {
  readonly acs: string;
  /** Called with the sockets of all modems, for --record. */
  readonly onSocket?: (socket: Socket) => void;
}

export function credentialsOf({ username, password }: RunOptions) {
  return username === undefined || password === undefined ? {} : { credentials: { username, password } };
}

/**
 * NAME=VALUE texts as a record.
 * @throws ModemlabError E_USAGE naming the option and the text
 */
export function pairs(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  const entries = texts.map((text): readonly [string, string] => {
    const equals = text.indexOf('=');
    if (equals < 1) throw new ModemlabError('E_USAGE', `${option} ${text}: expected NAME=VALUE`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return Object.fromEntries(entries);
}

/**
 * The factory settings of --interval and --param.
 * @throws ModemlabError E_PARAMETER_UNKNOWN for a parameter that a profile does not have
 */
export function settingsOf({ acs, interval, param, profile }: RunOptions): Readonly<Record<string, string>> {
  const periodic =
    interval === undefined
      ? {}
      : {
          'ManagementServer.PeriodicInformEnable': '1',
          'ManagementServer.PeriodicInformInterval': String(interval),
        };
  const own = pairs('--param', param ?? []);
  for (const name of profile ?? [DEFAULT_PROFILE]) {
    const { device } = createModem({ acs, profile: name });
    const unknown = Object.keys(own).find((below) => device.read(device.name(below)) === undefined);
    if (unknown !== undefined)
      throw new ModemlabError(
        'E_PARAMETER_UNKNOWN',
        `--param ${unknown}: ${name} has no ${device.name(unknown)}`,
      );
  }
  return { ...periodic, ...own };
}

/**
 * Quirks by id, with or without commas.
 * @throws ModemlabError E_USAGE for one that no modem can have
 */
export function quirksOf({ quirk = [] }: RunOptions): readonly QuirkKey[] {
  const can = new Set(listQuirks().flatMap(({ id, acted }) => (acted ? [id] : [])));
  return quirk
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')
    .map((text) => {
      const id = text.toUpperCase();
      if (isQuirkKey(id) && can.has(id)) return id;
      const why = isQuirkKey(id) ? 'no simulated modem can have it' : 'there is no such quirk';
      throw new ModemlabError('E_USAGE', `--quirk ${text}: ${why}; see simulate cpe --list quirks`);
    });
}

/** The port at which the modems of this process accept connection requests; `undefined` for `none`. */
export async function listenerOf({
  listen,
  seed,
}: RunOptions): Promise<ConnectionRequestListener | undefined> {
  if (listen === 'none') return undefined;
  const at = hostAndPort(listen);
  if (at === undefined)
    throw new ModemlabError('E_USAGE', `--listen ${listen}: expected HOST, HOST:PORT, [IPV6]:PORT or none`);
  return createConnectionRequestListener({ ...at, seed });
}
