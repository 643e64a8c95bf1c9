/**
 * Options that several commands share, and how their texts become values. A wrong one ends as misuse, by its
 * name.
 */
import { InvalidArgumentError, Option } from 'commander';
import { addressNumber } from '../../protocol/ipv4.ts';

/** A whole number in a range; commander names the option in the error. */
export const wholeNumber =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${low} to ${high}.`);
  };

/** A number above `low`, at most `high`. */
export const positiveNumber =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (value > low && value <= high) return value;
    throw new InvalidArgumentError(`Expected a number above ${low} and at most ${high}.`);
  };

/** A number, or `max`. */
export function speed(text: string): number | 'max' {
  if (text === 'max') return text;
  try {
    return positiveNumber(0, 1_000_000)(text);
  } catch {
    throw new InvalidArgumentError('Expected a number above 0, or max.');
  }
}

/** An absolute http or https URL. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new InvalidArgumentError('Expected an http:// or https:// URL.');
}

/** `HOST`, `HOST:PORT` or `[IPV6]:PORT`, with port 0 where there is none; `undefined` for any other text. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/i.exec(text);
  const port = Number(match?.[3] ?? 0);
  return match === null || port > 65_535 ? undefined : { host: match[1] ?? match[2] ?? '', port };
}

/** The same for an option; commander names it in the error. */
export function listenAt(text: string): { readonly host: string; readonly port: number } {
  const at = hostAndPort(text);
  if (at !== undefined) return at;
  throw new InvalidArgumentError('Expected HOST:PORT or [IPV6]:PORT; port 0 picks a free one.');
}

export function multicastAddress(text: string): string {
  const first = (addressNumber(text) ?? 0) / 2 ** 24;
  if (first >= 224 && first < 240) return text;
  throw new InvalidArgumentError('Expected a multicast address from 224.0.0.0 to 239.255.255.255.');
}

/** For an option that may be given several times. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];

/** The longest time that a timer can run, in seconds. */
const MAX_SECONDS = 2_000_000;

export const dataOption = (): Option =>
  new Option('--data <dir>', 'the data folder').default('modemlab-data');
export const jsonOption = (): Option => new Option('--json', 'print one JSON document').default(false);
export const eventsOption = (): Option =>
  new Option('--json', 'print events as JSON, one per line, starting with "listening"').default(false);
export const waitOption = (): Option =>
  new Option('--wait', 'wait until the task has ended, and print the answer').default(false);
export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'with --wait: how long to wait')
    .argParser(positiveNumber(0, MAX_SECONDS))
    .default(300);

export const recordOption = (): Option =>
  new Option('--record <file>', 'record all connections in this capture (pcapng), TLS decrypted');
export const recordDatagramsOption = (): Option =>
  new Option('--record <file>', 'record all datagrams sent and received in this capture (pcapng)');

export const tlsServerOptions = (): Option[] => [
  new Option('--tls-cert <file>', 'the certificate (PEM): listen with TLS'),
  new Option('--tls-key <file>', 'the private key of the certificate (PEM)'),
];

export interface DataOptions {
  readonly data: string;
  readonly json: boolean;
}

export interface TaskOptions extends DataOptions {
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
}
