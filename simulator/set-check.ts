/** Whether a value may be written to a parameter, by its type (TR-069a6 A.2.1) and by what modemlab knows of the name. */
import { readDateTime } from '../protocol/datamodel/date-time.ts';
import type { LeafShape } from './tree-shape.ts';

export type Checked =
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly code: 9006 | 9007 };

const bad = (code: 9006 | 9007): Checked => ({ ok: false, code });

/** The value as the device keeps it, or the fault. */
export function checkValue(leaf: LeafShape, type: string, value: string): Checked {
  if (type !== leaf.type) return bad(9006);
  switch (leaf.type) {
    case 'boolean':
      if (!/^(0|1|true|false)$/.test(value)) return bad(9007);
      return { ok: true, value: value === '1' || value === 'true' ? '1' : '0' };
    case 'int':
      return checkInteger(value, -2147483648, 2147483647);
    case 'unsignedInt':
      return checkInteger(value, MINIMA.get(leaf.name) ?? 0, 4294967295);
    case 'dateTime':
      return readDateTime(value) === undefined ? bad(9007) : { ok: true, value };
    default:
      return value.length > LONGEST_VALUE ? bad(9007) : { ok: true, value };
  }
}

/** Values of 0 that would stop a modem for good, or that no line knows. */
const MINIMA: ReadonlyMap<string, number> = new Map([['PeriodicInformInterval', 1]]);

/** No string of TR-098 is longer but lists, which no SpeedTouch lets be written. */
const LONGEST_VALUE = 1024;

function checkInteger(text: string, low: number, high: number): Checked {
  if (!/^[+-]?\d{1,10}$/.test(text.trim())) return bad(9007);
  const value = Number(text);
  return value < low || value > high ? bad(9007) : { ok: true, value: String(value) };
}
