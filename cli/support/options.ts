/** Options that several commands share, and how their texts become values. Wrong ones end as misuse, with the place. */
import { InvalidArgumentError, Option } from 'commander';

/** A whole number in a range; commander names the option in the error. */
export const wholeNumber =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= low && value <= high) return value;
    throw new InvalidArgumentError(`a whole number from ${low} to ${high} is wanted.`);
  };

/** A number above `low`, at most `high`. */
export const positiveNumber =
  (low: number, high: number) =>
  (text: string): number => {
    const value = /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (value > low && value <= high) return value;
    throw new InvalidArgumentError(`a number above ${low}, at most ${high}, is wanted.`);
  };

/** A number, or `max`. */
export function speed(text: string): number | 'max' {
  if (text === 'max') return text;
  try {
    return positiveNumber(0, 1_000_000)(text);
  } catch {
    throw new InvalidArgumentError('a number above 0, or max, is wanted.');
  }
}

/** An absolute http or https URL. */
export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text;
  throw new InvalidArgumentError('an http:// or https:// URL is wanted.');
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
  throw new InvalidArgumentError('HOST:PORT or [IPV6]:PORT is wanted; port 0 picks a free one.');
}

/** Seconds a timer bears. */
const MOST_SECONDS = 2_000_000;

export const dataOption = (): Option =>
  new Option('--data <dir>', 'the data folder').default('modemlab-data');
export const jsonOption = (): Option => new Option('--json', 'print one JSON document').default(false);
export const waitOption = (): Option =>
  new Option('--wait', 'wait until the task has ended, and print the answer').default(false);
export const timeoutOption = (): Option =>
  new Option('--timeout <seconds>', 'with --wait: how long at most')
    .argParser(positiveNumber(0, MOST_SECONDS))
    .default(300);

export interface DataOptions {
  readonly data: string;
  readonly json: boolean;
}

export interface TaskOptions extends DataOptions {
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
}
