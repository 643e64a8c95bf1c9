/** What the commands that speak MDAP share: their options, the host that they open, and the ants that they are told. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvalidArgumentError, Option } from 'commander';
import type { AntRecord } from '../../mdap/ant-fleet.ts';
import { chooseInterfaces } from '../../mdap/choose-interfaces.ts';
import type { MdapHost, MdapHostOptions } from '../../mdap/host.ts';
import { openMdapHost } from '../../mdap/host.ts';
import { boardSerial } from '../../protocol/bootp/image-rules.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { addressNumber } from '../../protocol/ipv4.ts';
import { HOST_SETTINGS, MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import type { Io } from '../support/io.ts';
import { positiveNumber, wholeNumber } from '../support/options.ts';
import { recordDatagramsOption, withPorts } from '../support/record-option.ts';
import { safe } from '../support/table.ts';

export interface HostOptions {
  readonly iface?: readonly string[];
  readonly group: string;
  readonly port: number;
  /** Seconds. */
  readonly timeout: number;
  readonly force: boolean;
  readonly record?: string;
  readonly json: boolean;
}

export interface LoginOptions {
  readonly user: string;
  readonly password: string;
}

export function groupAddress(text: string): string {
  const first = (addressNumber(text) ?? 0) / 2 ** 24;
  if (first >= 224 && first < 240) return text;
  throw new InvalidArgumentError('a multicast address from 224.0.0.0 to 239.255.255.255 is wanted.');
}

/** `timeout`: what it is the time of, and its default in seconds. */
export const hostOptions = (timeout: string, seconds: number): Option[] => [
  new Option(
    '--iface <address>',
    'address or name of the interface that the modems are at; several times; without it all that lead to no other network',
  ).argParser((text: string, before: readonly string[] = []) => [...before, text]),
  new Option('--group <address>', 'the multicast group').argParser(groupAddress).default(MDAP_GROUP),
  new Option('--port <number>', 'the UDP port').argParser(wholeNumber(1, 65535)).default(MDAP_PORT),
  new Option('--timeout <seconds>', timeout).argParser(positiveNumber(0, 86_400)).default(seconds),
  new Option(
    '--force',
    'also where it may do harm: a network that is no lab, two ants with one ANT-ID',
  ).default(false),
  recordDatagramsOption(),
];

export const loginOptions = (): Option[] => [
  new Option('--user <name>', 'the user of the modem').default('Administrator'),
  new Option('--password <text>', 'the password; all on the line can read it').default(''),
];

/** Seconds of a command, as a time of a conversation. */
export const COMMAND_SECONDS = HOST_SETTINGS.conv.total / 1000;

/** Opens a host for as long as `work` takes. */
export async function withHost<T>(
  io: Io,
  { iface = [], group, port, timeout, force, record }: HostOptions,
  extra: Partial<MdapHostOptions>,
  work: (host: MdapHost) => Promise<T>,
): Promise<T> {
  const interfaces = await chooseInterfaces(iface, force);
  const settings = { conv: { ...HOST_SETTINGS.conv, total: timeout * 1000 } };
  return withPorts(io, record, async (ports) => {
    const host = await openMdapHost({ interfaces, group, port, settings, ...extra, ...ports });
    try {
      return await work(host);
    } finally {
      await host.close();
    }
  });
}

/** Milliseconds after which a second ant of the same ANT-ID has spoken too: they wait up to 200 before they answer. */
const SETTLE_MS = 250;

/** Finds the ants of these ANT-IDs or serial numbers, in their order. Throws E_MDAP_ANT_UNKNOWN with those that do not answer. */
export async function locate(host: MdapHost, names: readonly string[]): Promise<readonly AntRecord[]> {
  const find = (ants: readonly AntRecord[], name: string): AntRecord | undefined =>
    ants.find(({ antId }) => antId === name) ??
    ants.find(({ antId }) => boardSerial(antId) === boardSerial(name));
  const found = await host.discover({
    until: (ants) => names.every((name) => find(ants, name) !== undefined),
  });
  const missing = names.filter((name) => find(found, name) === undefined);
  if (missing.length > 0) throw new ModemlabError('E_MDAP_ANT_UNKNOWN', missing.join(', '));
  await sleep(SETTLE_MS);
  const located = names.flatMap((name) => find(found, name) ?? []);
  return [...new Set(located)];
}

/** Every ant that answers. Throws E_MDAP_ANT_UNKNOWN where there is none. */
export async function locateAll(host: MdapHost): Promise<readonly AntRecord[]> {
  const found = await host.discover();
  if (found.length === 0) throw new ModemlabError('E_MDAP_ANT_UNKNOWN', 'nobody answers');
  return [...found].sort((a, b) => a.antId.localeCompare(b.antId));
}

/** What an ant put out, as lines that do nothing to a terminal. */
export function writeOutput(io: Io, output: string): void {
  if (output === '') return;
  const lines = output.replace(/\r?\n$/, '').split(/\r?\n/);
  io.out(`${lines.map((line) => safe(line)).join('\n')}\n`);
}

/** `== 0703KT3PP SpeedTouch 585` */
export const heading = ({ antId, name }: AntRecord): string =>
  `== ${safe(antId)}${name === undefined ? '' : ` ${safe(name)}`}\n`;
