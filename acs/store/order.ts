/** The order of parameter names: part by part, numbers by value, so that instance 10 follows 9. */
import { createHash } from 'node:crypto';

/** An instance number: no sign, no leading zero. `007` is a name like any other. */
const isNumber = (part: string): boolean => /^(0|[1-9]\d{0,99})$/.test(part);

/** Negative when `a` comes before `b`. A total order: 0 only for equal names. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  const left = a.split('.');
  const right = b.split('.');
  const shorter = Math.min(left.length, right.length);
  for (let index = 0; index < shorter; index += 1) {
    const order = compareParts(left[index] ?? '', right[index] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

function compareParts(a: string, b: string): number {
  if (a === b) return 0;
  if (isNumber(a) && isNumber(b) && a.length !== b.length) return a.length - b.length;
  if (isNumber(a) !== isNumber(b) && a !== '' && b !== '') return isNumber(a) ? -1 : 1;
  if (isPlain(a) && isPlain(b)) return a < b ? -1 : 1;
  // By octets, as LMDB compares: UTF-16 units would put characters past U+FFFF before U+E000.
  const order = Buffer.compare(Buffer.from(a), Buffer.from(b));
  return order === 0 ? (a < b ? -1 : 1) : order;
}

const isPlain = (part: string): boolean => /^[\x00-\x7f]*$/.test(part);

/** Octets of the sortable form; longer names are cut and hashed. */
const MAX_SORTABLE = 1600;

const END_OF_PART = '\x01';
const NUMBER = '\x02';
const ESCAPE = 3;
const CUT = 4;

/**
 * A name as octets that sort as `compareNames` does and fit a key of LMDB (1,978 octets with the device's
 * name before them). A name longer than 1,600 octets, or one that UTF-8 cannot encode, ends in its hash: it
 * stays different from all others, only its place among those with the same beginning is arbitrary.
 */
export function sortable(name: string): Buffer {
  const known = written.get(name);
  if (known !== undefined) return known;
  const octets = write(name);
  if (name.length > MAX_CACHED_LENGTH) return octets;
  if (written.size === MAX_CACHED) written.clear();
  written.set(name, octets);
  return octets;
}

/** Devices of one model have the same names, so their sortable forms are cached. At most about 4 MiB. */
const written = new Map<string, Buffer>();
const MAX_CACHED = 16_384;
const MAX_CACHED_LENGTH = 128;

function write(name: string): Buffer {
  const whole = encode(name);
  if (whole.length <= MAX_SORTABLE && !/\p{Surrogate}/u.test(name)) return whole;
  const hash = createHash('sha256').update(name, 'utf16le').digest();
  return Buffer.concat([whole.subarray(0, MAX_SORTABLE), Buffer.of(CUT), hash]);
}

/** The beginning of `sortable` for every name that begins with `prefix`, and for some others. */
export function sortablePrefix(prefix: string): Buffer {
  return encode(prefix.slice(0, prefix.lastIndexOf('.') + 1)).subarray(0, MAX_SORTABLE);
}

function encode(name: string): Buffer {
  const parts = name.split('.').map((part) => {
    if (isNumber(part)) return NUMBER + String.fromCharCode(part.length) + part;
    return part.replace(/[\x00-\x08]/g, (control) =>
      String.fromCharCode(ESCAPE, control.charCodeAt(0) + 0x10),
    );
  });
  return Buffer.from(parts.join(END_OF_PART));
}
