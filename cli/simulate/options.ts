/** What the flags of `simulate cpe` say, as the simulator takes it. */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { ModemlabError } from '../../protocol/errors.ts';
import { isQuirkKey, type QuirkKey } from '../../protocol/quirks.ts';
import type { ConnectionRequestListener, Speed } from '../../simulator/index.ts';
import { createConnectionRequestListener, createModem, listQuirks } from '../../simulator/index.ts';
import { hostAndPort } from '../support/options.ts';
import type { List } from './list.ts';

export interface SimulateOptions {
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
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure: boolean;
  readonly record?: string;
  readonly json: boolean;
}

/** What modems are when nobody says. */
export const DEFAULT_PROFILE = 'st780wl';

/** Options of one run: where the ACS is, is known by now. */
export interface Run extends SimulateOptions {
  readonly acs: string;
  /** Hears of the sockets of all modems, for --record. */
  readonly onSocket?: (socket: Socket) => void;
}

export function credentialsOf({ username, password }: Run) {
  return username === undefined || password === undefined ? {} : { credentials: { username, password } };
}

/** NAME=VALUE texts as a record. Throws ModemlabError E_USAGE naming the option and the text. */
export function pairs(option: string, texts: readonly string[]): Readonly<Record<string, string>> {
  const entries = texts.map((text): readonly [string, string] => {
    const equals = text.indexOf('=');
    if (equals < 1) throw new ModemlabError('E_USAGE', `${option} ${text}: NAME=VALUE is wanted`);
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  return Object.fromEntries(entries);
}

/**
 * Parameters that the factory sets: those of --interval and of --param. Throws ModemlabError E_PARAMETER_UNKNOWN for one that a
 * profile does not have.
 */
export function settingsOf({ acs, interval, param, profile }: Run): Readonly<Record<string, string>> {
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

/** Quirks by id, with commas or without. Throws ModemlabError E_USAGE for one that no modem can have. */
export function quirksOf({ quirk = [] }: Run): readonly QuirkKey[] {
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

/** Throws ModemlabError E_DATA_UNREADABLE naming the file. */
export function tlsOf({
  ca,
  cert,
  key,
  insecure,
}: Pick<SimulateOptions, 'ca' | 'cert' | 'key' | 'insecure'>): { readonly tls?: ConnectionOptions } {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new ModemlabError('E_DATA_UNREADABLE', file, { cause: error });
    }
  };
  if (ca === undefined && cert === undefined && !insecure) return {};
  return {
    tls: {
      ...(ca === undefined ? {} : { ca: read(ca) }),
      ...(cert === undefined ? {} : { cert: read(cert) }),
      ...(key === undefined ? {} : { key: read(key) }),
      rejectUnauthorized: !insecure,
    },
  };
}

/** The port at which all modems of this process are called; `undefined` for `none`. */
export async function listenerOf({ listen, seed }: Run): Promise<ConnectionRequestListener | undefined> {
  if (listen === 'none') return undefined;
  const at = hostAndPort(listen);
  if (at === undefined)
    throw new ModemlabError('E_USAGE', `--listen ${listen}: HOST, HOST:PORT, [IPV6]:PORT or none is wanted`);
  return createConnectionRequestListener({ ...at, seed });
}
