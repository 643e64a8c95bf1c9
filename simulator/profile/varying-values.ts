/**
 * Values that vary as on a real line: counters, noise margins, rates after a resynchronisation, addresses
 * after a reconnect, leases. Each is a function of simulated time, the modem's seed and the parameter's path,
 * computed when it is read: it costs no timer and no memory, and the same seed and time give the same value.
 * docs/profiles.md lists them.
 */
import { hash } from '../../protocol/random.ts';
import type { ValueRule, ValueSource } from './value-rule.ts';
import { moving } from './value-rule.ts';

/** By name; the argument without its `#NAME`. `undefined`: the argument is invalid for the rule. */
const VARYING_RULES: ReadonlyMap<string, (argument: string, key: Key) => ValueRule | undefined> = new Map([
  ['counter', (argument, key) => counter(argument, key, 2 ** 32)],
  ['counter64', (argument, key) => counter(argument, key, Number.MAX_SAFE_INTEGER)],
  ['wander', wander],
  ['redrawn', redrawn],
  ['turn', choice],
  ['address', address],
  ['since', since],
  ['lease', lease],
]);

/** The key of a rule's random numbers: equal for two rules that vary together. */
type Key = (source: ValueSource) => string;

/** The rule `${word:argument}`, if it is one of these and valid. */
export function compileVaryingValue(word: string, argument: string): ValueRule | undefined {
  const [, body = '', name] = /^(.*?)(?:#([\w*-]{1,64}))?$/s.exec(argument) ?? [];
  return VARYING_RULES.get(word)?.(body, keyOf(name));
}

/**
 * `#NAME` is shared by all parameters of the modem with it, `#NAME*` by all of one instance, no name is for
 * one parameter.
 */
function keyOf(name: string | undefined): Key {
  if (name === undefined) return ({ seed, path }) => `${seed}/${path}`;
  if (name.endsWith('*')) return ({ seed, indices }) => `${seed}#${name}${indices.join('.')}`;
  return ({ seed }) => `${seed}#${name}`;
}

/** [0, 1) */
const fraction = (key: string): number => hash(key) / 2 ** 32;
const always = ({ now }: ValueSource): number => now;

interface Range {
  readonly low: number;
  readonly high: number;
  /** What follows the range. */
  readonly rest: string;
}

function readRange(text: string): Range | undefined {
  const match = /^(-?\d{1,15}(?:\.\d{1,9})?)-(-?\d{1,15}(?:\.\d{1,9})?)(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [low, high] = [Number(match[1]), Number(match[2])];
  return high >= low ? { low, high, rest: match[3] ?? '' } : undefined;
}

/** `/SECONDS` at the end of an argument, in milliseconds. */
function readPeriod(text: string): { readonly before: string; readonly ms: number } | undefined {
  const match = /^(.*)\/([1-9]\d{0,8})$/s.exec(text);
  return match === null ? undefined : { before: match[1] ?? '', ms: Number(match[2]) * 1000 };
}

/** The time between two reconnects: periodic ones, each modem at its own moment, and restarts. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly key: string;
}

function stretch(key: string, ms: number, { now, bootedAt }: ValueSource): Stretch {
  const phase = Math.floor(fraction(`${key}/phase`) * ms);
  const begun = Math.floor((now + phase) / ms) * ms - phase;
  const start = Math.max(begun, bootedAt);
  return { start, end: begun + ms, key: `${key}/${Math.round(start)}` };
}

/**
 * The waves by which traffic rises and falls: period in seconds, and share of the mean rate. Together below
 * 1.
 */
const WAVES = [
  { seconds: 86_400, share: 0.45 },
  { seconds: 1_700, share: 0.4 },
] as const;

/**
 * `LOW-HIGH[/SECONDS]`: grows by LOW to HIGH per second, with a mean of the modem's own, at some times faster
 * than at others, from 0 at each restart, and every SECONDS if given; never decreases before it wraps.
 */
function counter(argument: string, key: Key, wrap: number): ValueRule | undefined {
  const range = readRange(argument);
  if (range === undefined || range.low < 0) return undefined;
  const period = range.rest === '' ? undefined : readPeriod(range.rest);
  if (range.rest !== '' && period?.before !== '') return undefined;
  const { low, high } = range;
  return moving((source) => {
    const own = key(source);
    const start = period === undefined ? source.bootedAt : stretch(own, period.ms, source).start;
    const seconds = Math.max(0, source.now - start) / 1000;
    const rate = low + fraction(own) * (high - low);
    return String(Math.floor(rate * swollen(seconds, own)) % wrap);
  }, always);
}

/** Seconds weighted by traffic: the integral of 1 plus the waves, so that it only grows. */
function swollen(seconds: number, key: string): number {
  let sum = seconds;
  for (const { seconds: length, share } of WAVES) {
    const angle = (2 * Math.PI) / length;
    const phase = 2 * Math.PI * fraction(`${key}/${length}`);
    sum += (share / angle) * (Math.sin(angle * seconds + phase) - Math.sin(phase));
  }
  return Math.max(0, sum);
}

/**
 * `LOW-HIGH~SWING/SECONDS`: a number of the modem's own, varied by up to SWING, towards a new target every
 * SECONDS.
 */
function wander(argument: string, key: Key): ValueRule | undefined {
  const range = readRange(argument);
  const period = readPeriod(range?.rest ?? '');
  const swing = /^~(\d{1,9}(?:\.\d{1,9})?)$/.exec(period?.before ?? '');
  if (range === undefined || period === undefined || swing === null) return undefined;
  const { low, high } = range;
  const by = Number(swing[1]);
  return moving((source) => {
    const own = key(source);
    const steps = source.now / period.ms + fraction(own);
    const step = Math.floor(steps);
    const from = fraction(`${own}/${step}`);
    const to = fraction(`${own}/${step + 1}`);
    const middle = low + fraction(`${own}/middle`) * (high - low);
    return String(Math.round(middle + by * (2 * (from + (to - from) * (steps - step)) - 1)));
  }, always);
}

/** `LOW-HIGH/SECONDS`: an integer, redrawn every SECONDS and after each restart. */
function redrawn(argument: string, key: Key): ValueRule | undefined {
  const period = readPeriod(argument);
  const range = readRange(period?.before ?? '');
  if (period === undefined || range === undefined || range.rest !== '') return undefined;
  const low = Math.ceil(range.low);
  const count = Math.floor(range.high) - low + 1;
  if (count < 1) return undefined;
  return between(period.ms, key, (now) => String(low + (hash(now.key) % count)));
}

/** `A|B|C/SECONDS`: one of them, redrawn every SECONDS and after each restart. */
function choice(argument: string, key: Key): ValueRule | undefined {
  const period = readPeriod(argument);
  if (period === undefined) return undefined;
  const choices = period.before.split('|');
  return between(period.ms, key, (now) => choices[hash(now.key) % choices.length] ?? '');
}

/**
 * `NETWORK/BITS/SECONDS`: an IPv4 address out of the network, redrawn every SECONDS and after each restart;
 * or the one that the modem was given for its WAN side.
 */
function address(argument: string, key: Key): ValueRule | undefined {
  const period = readPeriod(argument);
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(period?.before ?? '');
  if (period === undefined || match === null) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, bits = 0] = match.slice(1).map(Number);
  if (Math.max(a, b, c, d) > 255 || bits > 30) return undefined;
  const size = 2 ** (32 - bits);
  const network = ((a * 256 + b) * 256 + c) * 256 + d;
  const first = network - (network % size) + 1;
  const dotted = (value: number): string =>
    [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
  const rule = between(period.ms, key, (now) => dotted(first + (hash(now.key) % (size - 2))));
  const given = (source: ValueSource): string => source.fact('externalAddress') ?? '';
  return moving(
    (source) => given(source) || rule(source),
    (source) => (given(source) === '' ? (rule.next?.(source) ?? Infinity) : Infinity),
  );
}

/** `SECONDS`: how many seconds ago it began: it restarts every SECONDS, and with the modem. */
function since(argument: string, key: Key): ValueRule | undefined {
  const period = readPeriod(`/${argument}`);
  if (period === undefined) return undefined;
  return moving((source) => {
    const { start } = stretch(key(source), period.ms, source);
    return String(Math.floor((source.now - start) / 1000));
  }, always);
}

/** `SECONDS`: the remaining time of a lease of that length, which is renewed at half time as in DHCP. */
function lease(argument: string, key: Key): ValueRule | undefined {
  const period = readPeriod(`/${argument}`);
  if (period === undefined || period.ms < 2000) return undefined;
  const half = period.ms / 2;
  return moving((source) => {
    const passed = (source.now + Math.floor(fraction(key(source)) * half)) % half;
    return String(Math.floor((period.ms - passed) / 1000));
  }, always);
}

/** A value that stays from one reconnect to the next. */
function between(ms: number, key: Key, read: (now: Stretch) => string): ValueRule {
  return moving(
    (source) => read(stretch(key(source), ms, source)),
    (source) => stretch(key(source), ms, source).end,
  );
}
