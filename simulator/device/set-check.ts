/** Whether a value may be written to a parameter: by its type (TR-069a6 A.2.1), then by its limits. */
import { readDateTime } from '../../protocol/datamodel/date-time.ts';
import type { Form, Limits } from '../profile/limits.ts';
import type { LeafShape } from '../profile/tree-shape.ts';

export type Checked =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly code: 9006 | 9007 };

const bad = (code: 9006 | 9007): Checked => ({ ok: false, code });

/**
 * The value as the device stores it, or the fault. `exists`: whether a path, as used in references, exists.
 */
export function checkValue(
  leaf: LeafShape,
  limits: Limits,
  { type, value }: { readonly type: string; readonly value: string },
  exists: (path: string) => boolean = () => true,
): Checked {
  if (type !== leaf.type) return bad(9006);
  switch (leaf.type) {
    case 'boolean':
      if (!/^(0|1|true|false)$/.test(value)) return bad(9007);
      return { ok: true, value: value === '1' || value === 'true' ? '1' : '0' };
    case 'int':
      return checkInteger(value, -2147483648, 2147483647, limits);
    case 'unsignedInt':
      return checkInteger(value, 0, 4294967295, limits);
    case 'long':
      return checkLong(value, -(2n ** 63n), 2n ** 63n - 1n, limits);
    case 'unsignedLong':
      return checkLong(value, 0n, 2n ** 64n - 1n, limits);
    case 'dateTime':
      return readDateTime(value) === undefined ? bad(9007) : { ok: true, value };
    case 'base64':
      return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value) &&
        octets(value) <= (limits.length ?? LONGEST_VALUE)
        ? { ok: true, value }
        : bad(9007);
    case 'hexBinary':
      return /^(?:[0-9A-Fa-f]{2})*$/.test(value) && value.length / 2 <= (limits.length ?? LONGEST_VALUE)
        ? { ok: true, value }
        : bad(9007);
    case 'string':
      return isText(value, limits, exists) ? { ok: true, value } : bad(9007);
  }
}

/**
 * Used where no length is given: no string of TR-098 is longer, except lists, which no SpeedTouch allows to
 * be written.
 */
const LONGEST_VALUE = 1024;

const octets = (base64: string): number =>
  (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);

const inRanges = ({ ranges }: Limits, value: number): boolean =>
  ranges === undefined || ranges.some(([low, high]) => value >= low && value <= high);

function checkInteger(text: string, low: number, high: number, limits: Limits): Checked {
  if (!/^[+-]?\d{1,10}$/.test(text.trim())) return bad(9007);
  const value = Number(text);
  if (value < low || value > high || !inRanges(limits, value)) return bad(9007);
  return { ok: true, value: String(value) };
}

function checkLong(text: string, low: bigint, high: bigint, limits: Limits): Checked {
  const digits = /^([+-]?)(\d{1,20})$/.exec(text.trim());
  if (digits === null) return bad(9007);
  const value = BigInt(digits[2] ?? '0') * (digits[1] === '-' ? -1n : 1n);
  if (value < low || value > high || !inRanges(limits, Number(value))) return bad(9007);
  return { ok: true, value: String(value) };
}

function isText(value: string, limits: Limits, exists: (path: string) => boolean): boolean {
  const { length = LONGEST_VALUE, list = false, reference, empty = false } = limits;
  if (Array.from(value).length > length) return false;
  if (value === '' && (list || empty || reference !== undefined)) return true;
  // A literal comma in an item is written as %2C (TR-106 3.2.3).
  const items = list ? value.split(',').map((item) => item.trim().replaceAll('%2C', ',')) : [value];
  return items.every((item) => isItem(item, limits, exists));
}

function isItem(
  item: string,
  { values, pattern, form, reference }: Limits,
  exists: (path: string) => boolean,
): boolean {
  if (values !== undefined && !values.has(item)) return false;
  if (pattern !== undefined && !pattern.test(item)) return false;
  if (form !== undefined && !hasForm(form, item)) return false;
  return reference !== 'strong' || exists(item);
}

function hasForm(form: Form, text: string): boolean {
  switch (form) {
    case 'ipv4':
      return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
    case 'mac':
      return /^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/.test(text);
    case 'url':
      return URL.canParse(text);
    case 'uuid':
      return /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/.test(text);
  }
}
