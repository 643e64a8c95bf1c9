/**
 * One MDAP message as it stands in one UDP datagram: a first line, header lines, a text after an empty line
 * where there is one, and two hexadecimal digits, the exclusive-or of all bytes before them. What is written
 * is exact; what is read may be odd in ways that are reported. Texts are byte text: one character per byte
 * (protocol/latin1.ts).
 */
import type { WireError } from '../errors.ts';
import { latin1Bytes, latin1Text } from '../latin1.ts';
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';

export interface Header {
  /** As it was read; compare it with `isKey`. */
  readonly key: string;
  readonly value: string;
}

export interface Frame {
  readonly verb: string;
  /** `1.2` */
  readonly version: string;
  readonly headers: readonly Header[];
  /** What follows the empty line; `undefined` without an empty line. */
  readonly body: string | undefined;
}

export type Oddity =
  | 'lower-case-check'
  /** A line end follows the check value. */
  | 'line-end-after-check'
  /** The check value is wrong, and `acceptBadChecksum` let it pass. */
  | 'bad-check'
  /** A key occurs twice; the first one counts. */
  | 'repeated-key'
  /**
   * A line of the head has no colon: the message is malformed, which an ant answers with -5 and a host
   * ignores.
   */
  | 'no-colon'
  /** The last line of the head has no line end. */
  | 'no-line-end';

export interface ReadFrame {
  readonly frame: Frame;
  readonly odd: readonly Oddity[];
}

export interface FrameOptions {
  /** Accept a message whose check value is wrong. */
  readonly acceptBadChecksum?: boolean;
}

const EOL = '\r\n';
const START_LINE = /^([A-Z0-9-]+) MDAP\/(\d{1,4}\.\d{1,4})$/;
/** Bytes that would end a line, and thereby a value. */
const LINE_BREAKERS = /[\0\r\n]/g;
const NO_BYTES = /[^\u0000-\u00ff]/gu;

export const isKey = (header: Header, key: string): boolean => header.key.toUpperCase() === key;

/** The message as bytes. A line end within a value becomes a blank: a value never makes a line of its own. */
export function encodeFrame({ verb, version, headers, body }: Frame): Uint8Array {
  const lines = headers.map(({ key, value }) => `${key}:${value.replace(LINE_BREAKERS, ' ')}${EOL}`);
  return seal(`${verb} MDAP/${version}${EOL}${lines.join('')}${body === undefined ? '' : EOL + body}`);
}

function seal(unsealed: string): Uint8Array {
  const bytes = latin1Bytes(`${unsealed.replace(NO_BYTES, '?')}00`);
  const end = bytes.length - 2;
  bytes.set(latin1Bytes(checkText(checkOf(bytes, end))), end);
  return bytes;
}

/** The exclusive-or of the first `end` bytes. */
function checkOf(bytes: Uint8Array, end: number): number {
  let check = 0;
  for (let at = 0; at < end; at++) check ^= bytes[at] ?? 0;
  return check;
}

const checkText = (check: number): string => check.toString(16).toUpperCase().padStart(2, '0');

/** The check value that a frame has when its text ends here: what some ants put there a first time. */
export function innerCheck(frame: Frame): string {
  return latin1Text(encodeFrame(frame).slice(-2));
}

export function decodeFrame(bytes: Uint8Array, options: FrameOptions = {}): Result<ReadFrame, WireError> {
  if (bytes.length < 4) return err({ code: 'E_MDAP_SHORT', at: 0 });
  const opened = openSeal(bytes, options.acceptBadChecksum ?? false);
  if (!opened.ok) return opened;
  const { end, odd } = opened.value;
  const text = latin1Text(bytes.subarray(0, end));
  const gap = text.indexOf(EOL + EOL);
  const head = gap < 0 ? text : text.slice(0, gap + EOL.length);
  const body = gap < 0 ? undefined : text.slice(gap + 2 * EOL.length);
  if (body !== undefined && body.length > LIMITS.mdapBodyBytes)
    return err({ code: 'E_MDAP_LIMIT', at: gap, found: `a text of ${body.length} bytes` });
  const closed = head.endsWith(EOL);
  const lines = (closed ? head.slice(0, -EOL.length) : head).split(EOL, LIMITS.mdapHeadLines + 1);
  if (lines.length > LIMITS.mdapHeadLines)
    return err({ code: 'E_MDAP_LIMIT', at: 0, found: `more than ${LIMITS.mdapHeadLines} lines` });
  const [first = '', ...rest] = lines;
  const start = first.length > LIMITS.mdapValueBytes ? null : START_LINE.exec(first);
  if (start === null) return err({ code: 'E_MDAP_START_LINE', at: 0, found: first.slice(0, 40) });
  const read = readHeaders(rest, first.length + EOL.length);
  if (!read.ok) return read;
  const [, verb = '', version = ''] = start;
  return ok({
    frame: { verb, version, headers: read.value.headers, body },
    odd: [...odd, ...(closed ? [] : (['no-line-end'] as const)), ...read.value.odd],
  });
}

interface Opened {
  /** Where the check value begins. */
  readonly end: number;
  readonly odd: readonly Oddity[];
}

/** Finds the check value, and checks it. */
function openSeal(bytes: Uint8Array, acceptBad: boolean): Result<Opened, WireError> {
  const tail = latin1Text(bytes.subarray(-4));
  const digits = tail.slice(-2);
  if (fits(bytes, bytes.length - 2, digits)) return ok({ end: bytes.length - 2, odd: caseOf(digits) });
  const before = tail.endsWith(EOL) ? tail.slice(0, 2) : undefined;
  if (before !== undefined && fits(bytes, bytes.length - 4, before))
    return ok({ end: bytes.length - 4, odd: [...caseOf(before), 'line-end-after-check'] });
  if (acceptBad && isHex(digits)) return ok({ end: bytes.length - 2, odd: [...caseOf(digits), 'bad-check'] });
  if (acceptBad && before !== undefined && isHex(before))
    return ok({ end: bytes.length - 4, odd: [...caseOf(before), 'line-end-after-check', 'bad-check'] });
  return err({ code: 'E_MDAP_CHECK', at: bytes.length - 2, found: digits });
}

const isHex = (text: string): boolean => /^[0-9A-Fa-f]{2}$/.test(text);

const fits = (bytes: Uint8Array, end: number, digits: string): boolean =>
  isHex(digits) && Number.parseInt(digits, 16) === checkOf(bytes, end);

const caseOf = (digits: string): readonly Oddity[] =>
  digits === digits.toUpperCase() ? [] : ['lower-case-check'];

interface ReadHeaders {
  readonly headers: readonly Header[];
  readonly odd: readonly Oddity[];
}

function readHeaders(lines: readonly string[], start: number): Result<ReadHeaders, WireError> {
  const headers: Header[] = [];
  const odd = new Set<Oddity>();
  const keys = new Set<string>();
  let at = start;
  for (const line of lines) {
    const colon = line.indexOf(':');
    const key = line.slice(0, Math.max(0, colon));
    const value = line.slice(colon + 1);
    if (value.length > LIMITS.mdapValueBytes || key.length > LIMITS.mdapValueBytes)
      return err({ code: 'E_MDAP_LIMIT', at, found: line.slice(0, 40) });
    if (colon < 1) odd.add('no-colon');
    else if (keys.has(key.toUpperCase())) odd.add('repeated-key');
    else headers.push({ key, value });
    keys.add(key.toUpperCase());
    at += line.length + EOL.length;
  }
  return ok({ headers, odd: [...odd] });
}
