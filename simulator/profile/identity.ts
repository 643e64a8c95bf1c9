/** Serial numbers and MAC addresses in the format of the real ones, each unique in a fleet. */
import { hash } from '../../protocol/random.ts';

/** For a known device: the first unit has this serial number, and the others count up from it. */
export interface KnownSerial {
  readonly text: string;
}

export interface ThomsonSerial {
  /** Before the board's serial number on the label and in DeviceId: `CP`. */
  readonly prefix: string;
  /** Year and week of make, two digits each. */
  readonly yearWeek: string;
  /** Two letters: product or plant. */
  readonly plant: string;
  /** Counter of the first unit made, three digits in base 36. */
  readonly first: string;
}

export type SerialScheme = ThomsonSerial | KnownSerial;

export interface UnitIdentity {
  /** 9 characters: year, week, plant, and a counter in base 36. */
  readonly boardSerial: string;
  readonly serial: string;
  /** Of the LAN side; the unit's other interfaces follow it. */
  readonly mac: string;
}

/** The counter of the first unit by default. */
export const FIRST_UNIT = '0A0';
/** Units that one week and plant can number: three digits in base 36. */
const PER_WEEK = 36 ** 3;
/** Addresses that one unit takes from the manufacturer's block. */
const MACS_PER_UNIT = 4;

/**
 * The unit at this index in the fleet of this seed and profile. With seed 0 the first unit has the scheme's
 * first number; other seeds begin elsewhere, so that two fleets rarely overlap. Within a fleet no two units
 * share a serial number or an address.
 */
export function unitIdentity(
  scheme: SerialScheme,
  macPrefix: string,
  { seed, profile, index }: { readonly seed: string; readonly profile: string; readonly index: number },
): UnitIdentity {
  const place = ((hash(`${seed}/${profile}/mac`) % 2 ** 22) + index) % 2 ** 22;
  const tail = (place * MACS_PER_UNIT).toString(16).padStart(6, '0');
  const mac = (`${macPrefix}${tail}`.toLowerCase().match(/../g) ?? []).join(':');
  if ('text' in scheme) {
    const serial = countOn(scheme.text, index);
    return { boardSerial: serial, serial, mac };
  }
  const before = seed === '0' ? 0 : hash(seed) % PER_WEEK;
  const number = Number.parseInt(scheme.first, 36) + before + index;
  const { year, week } = laterWeek(scheme.yearWeek, Math.floor(number / PER_WEEK));
  const counter = (number % PER_WEEK).toString(36).toUpperCase().padStart(3, '0');
  const boardSerial = `${year}${week}${scheme.plant}${counter}`;
  return { boardSerial, serial: scheme.prefix + boardSerial, mac };
}

/** The serial number some steps after another, of the same length while its digits suffice. */
function countOn(serial: string, steps: number): string {
  if (steps === 0) return serial;
  const digits = /\d{0,15}$/.exec(serial)?.[0] ?? '';
  const stem = serial.slice(0, serial.length - digits.length);
  return stem + String(Number(digits) + steps).padStart(digits.length, '0');
}

function laterWeek(yearWeek: string, weeks: number): { year: string; week: string } {
  if (weeks === 0) return { year: yearWeek.slice(0, 2), week: yearWeek.slice(2) };
  const first = Number(yearWeek.slice(0, 2)) * 52 + Number(yearWeek.slice(2)) - 1 + weeks;
  const two = (value: number): string => String(value).padStart(2, '0');
  return { year: two(Math.floor(first / 52) % 100), week: two((first % 52) + 1) };
}
