/**
 * Options of a transfer (RFC 2347): block size (RFC 2348), timeout and size (RFC 2349), window (RFC 7440).
 */
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';
import type { TftpOption, TftpPacket } from './packet.ts';
import { TFTP_ERROR } from './packet.ts';

/** What a transfer goes by once it is agreed. */
export interface TransferTerms {
  /** Bytes of a full block. */
  readonly blksize: number;
  /** Blocks sent before one ACK. */
  readonly windowsize: number;
  /** Milliseconds until the first retransmission, as agreed; without it, each side decides. */
  readonly timeoutMs: number | undefined;
  /** Bytes of the file, if one side has said so. */
  readonly tsize: number | undefined;
}

/** RFC 1350: what holds without options. */
export const PLAIN_TERMS: TransferTerms = {
  blksize: 512,
  windowsize: 1,
  timeoutMs: undefined,
  tsize: undefined,
};

/** How far a server goes. */
export interface OptionCaps {
  /** A block size asked for below this is left out: small blocks multiply packets. */
  readonly minBlksize: number;
  /** Larger ones are lowered to this: 1468 avoids IP fragments on Ethernet. */
  readonly maxBlksize: number;
  readonly maxWindowsize: number;
  /** Bytes in flight: a window of large blocks is lowered to this. */
  readonly maxFlightBytes: number;
  /** Whether a bad value is refused with ERROR 8 rather than left out. */
  readonly strict: boolean;
}

export const OPTION_CAPS: OptionCaps = {
  minBlksize: 512,
  maxBlksize: 1468,
  maxWindowsize: 16,
  maxFlightBytes: 65536,
  strict: false,
};

export type TftpErrorPacket = Extract<TftpPacket, { kind: 'error' }>;

export interface Negotiated {
  readonly terms: TransferTerms;
  /** What the OACK says; empty: none is sent. */
  readonly answer: readonly TftpOption[];
}

/** RFC 2348, RFC 2349, RFC 7440: the values that a request may hold. */
const RANGES = {
  blksize: [8, 65464],
  timeout: [1, 255],
  tsize: [0, Number.MAX_SAFE_INTEGER],
  windowsize: [1, 65535],
} as const;
type OptionName = keyof typeof RANGES;

const NAMES = ['blksize', 'timeout', 'tsize', 'windowsize'] as const satisfies readonly OptionName[];

/**
 * The server's side: what of the options asked for is granted. Unknown ones are left out, of repeated ones
 * the first counts. `size` is what the OACK says for a tsize in a read request; `undefined` leaves it out.
 * For a write request give 'echo'.
 */
export function grantOptions(
  asked: readonly TftpOption[],
  caps: OptionCaps,
  size: number | 'echo' | undefined,
): Result<Negotiated, TftpErrorPacket> {
  if (asked.length > LIMITS.tftpOptions) return err(refused('too many options'));
  let terms = PLAIN_TERMS;
  const answer: TftpOption[] = [];
  const seen = new Set<string>();
  for (const { name, value } of asked) {
    const known = knownName(name);
    if (known === undefined || seen.has(known)) continue;
    seen.add(known);
    const number = readValue(known, value);
    if (number === undefined) {
      if (caps.strict) return err(refused(`bad value of ${known}`));
      continue;
    }
    const granted = grant(known, number, caps, size);
    if (granted === undefined) continue;
    terms = withValue(terms, known, granted);
    answer.push({ name, value: String(granted) });
  }
  return ok(fitFlight({ terms, answer }, caps));
}

function grant(
  name: OptionName,
  value: number,
  { minBlksize, maxBlksize, maxWindowsize }: OptionCaps,
  size: number | 'echo' | undefined,
): number | undefined {
  switch (name) {
    case 'blksize':
      return value < minBlksize ? undefined : Math.min(value, maxBlksize);
    case 'windowsize':
      return Math.min(value, maxWindowsize);
    case 'tsize':
      return size === 'echo' ? value : size;
    default:
      // RFC 2349: a timeout is taken as it is or not at all.
      return value;
  }
}

/** The window lowered until no more bytes are in flight than the caps allow. */
function fitFlight({ terms, answer }: Negotiated, { maxFlightBytes }: OptionCaps): Negotiated {
  const windowsize = Math.max(1, Math.min(terms.windowsize, Math.floor(maxFlightBytes / terms.blksize)));
  return {
    terms: { ...terms, windowsize },
    answer: answer.map((option) =>
      knownName(option.name) === 'windowsize' ? { ...option, value: String(windowsize) } : option,
    ),
  };
}

/** The client's side: whether what the OACK says is what was asked for (RFC 2347: else ERROR 8). */
export function acceptOack(
  asked: readonly TftpOption[],
  answered: readonly TftpOption[],
): Result<TransferTerms, TftpErrorPacket> {
  let terms = PLAIN_TERMS;
  for (const { name, value } of answered) {
    const known = knownName(name);
    const request = asked.find((option) => option.name.toLowerCase() === name.toLowerCase());
    if (request === undefined) return err(refused(`${name} was not asked for`));
    if (known === undefined) continue;
    const [number, wanted] = [readValue(known, value), readValue(known, request.value)];
    const fits =
      known === 'tsize' || (known === 'timeout' ? number === wanted : (number ?? 0) <= (wanted ?? 0));
    if (number === undefined || !fits) return err(refused(`${known} ${value}`));
    terms = withValue(terms, known, number);
  }
  return ok(terms);
}

/** The options that a client sends for these terms; defaults are left out. */
export function requestOptions(terms: Partial<TransferTerms>): TftpOption[] {
  const { blksize, windowsize, timeoutMs, tsize } = terms;
  const options: [OptionName, number | undefined][] = [
    ['blksize', blksize === PLAIN_TERMS.blksize ? undefined : blksize],
    ['timeout', timeoutMs === undefined ? undefined : Math.round(timeoutMs / 1000)],
    ['tsize', tsize],
    ['windowsize', windowsize === PLAIN_TERMS.windowsize ? undefined : windowsize],
  ];
  return options.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value: String(value) }]));
}

function withValue(terms: TransferTerms, name: OptionName, value: number): TransferTerms {
  return name === 'timeout' ? { ...terms, timeoutMs: value * 1000 } : { ...terms, [name]: value };
}

/** Names are compared without case (RFC 2347). */
function knownName(name: string): OptionName | undefined {
  return NAMES.find((known) => known === name.toLowerCase());
}

function readValue(name: OptionName, text: string): number | undefined {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  const [low, high] = RANGES[name];
  return value >= low && value <= high ? value : undefined;
}

function refused(text: string): TftpErrorPacket {
  return { kind: 'error', code: TFTP_ERROR.optionRefused, text };
}
