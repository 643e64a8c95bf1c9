/** dateTime values as TR-069a6 A.2.1 defines them, and as modems write them. */

/** Unknown Time (TR-069a6 A.2.1). */
export const UNKNOWN_TIME = '0001-01-01T00:00:00Z';

const FORM = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,20})?(Z|[+-]\d\d:\d\d)?$/;

export type DateTime =
  | { readonly is: 'unknown' }
  /** Absolute, in milliseconds since 1970; without a zone it is read as UTC. */
  | { readonly is: 'absolute'; readonly ms: number; readonly zone: boolean }
  /** Time since boot, in milliseconds (year below 1000, no zone). */
  | { readonly is: 'relative'; readonly ms: number }
  /** 9999-12-31T23:59:59Z (TR-106). */
  | { readonly is: 'infinite' };

const YEAR_ONE = Date.parse('0001-01-01T00:00:00Z');

function daysOf(year: number, month: number): number {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** `undefined` if it is not a dateTime in any form we know. */
export function readDateTime(text: string): DateTime | undefined {
  const match = FORM.exec(text.trim());
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', zone] = match;
  if (year === '0000' || month === '00') return { is: 'unknown' };
  const millis = fraction === '' ? '' : `.${fraction.slice(1, 4).padEnd(3, '0')}`;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${millis}${zone ?? 'Z'}`);
  // Date.parse takes the 30th of February for the 1st of March.
  if (Number.isNaN(ms) || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  if (ms === YEAR_ONE && zone !== undefined) return { is: 'unknown' };
  if (Number(year) < 1000 && zone === undefined) return { is: 'relative', ms: ms - YEAR_ONE };
  if (year === '9999') return { is: 'infinite' };
  return { is: 'absolute', ms, zone: zone !== undefined };
}

/** The quirk that a dateTime value shows by its form alone. */
export function dateTimeOddity(text: string): 'Q-VL-04' | 'Q-VL-08' | undefined {
  if (text.startsWith('0000-')) return 'Q-VL-04';
  const match = FORM.exec(text);
  if (match === null || (match[7]?.length ?? 0) > 7) return 'Q-VL-08';
  return undefined;
}

/** The quirk that a modem's clock shows: an epoch where relative time belongs, or no zone. */
export function clockOddity(text: string): 'Q-VL-04' | 'Q-VL-06' | 'Q-VL-07' | 'Q-VL-08' | undefined {
  const oddity = dateTimeOddity(text);
  if (oddity !== undefined) return oddity;
  const year = Number(text.slice(0, 4));
  if (year >= 1000 && year < 2005) return 'Q-VL-06';
  return year >= 1000 && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? 'Q-VL-07' : undefined;
}
