/** Serial numbers and MAC addresses in the grammar of the real ones, each once in a fleet. */
import { hash } from './random.ts';

export interface SerialScheme {
  /** Before the board's serial number on the label and in DeviceId: `CP`. */
  readonly prefix: string;
  /** Year and week of make, two digits each. */
  readonly yearWeek: string;
  /** Two letters: product or plant. */
  readonly plant: string;
}

export interface UnitIdentity {
  /** 9 characters: year, week, plant, and a counter in base 36. */
  readonly boardSerial: string;
  readonly serial: string;
  /** Of the LAN side; the unit's other interfaces follow it. */
  readonly mac: string;
}

/** Units that one week and plant can number: three digits in base 36. */
const PER_WEEK = 36 ** 3;
/** Addresses that one unit takes of the maker's block. */
const MACS_PER_UNIT = 4;

/**
 * The unit of this place in the fleet of this seed and profile. Fleets begin at different places of the counter, so that
 * two seldom meet; within a fleet no two units share a serial number or an address.
 */
export function unitIdentity(
  scheme: SerialScheme,
  macPrefix: string,
  fleet: string,
  index: number,
): UnitIdentity {
  const number = (hash(fleet) % PER_WEEK) + index;
  const { year, week } = laterWeek(scheme.yearWeek, Math.floor(number / PER_WEEK));
  const counter = (number % PER_WEEK).toString(36).toUpperCase().padStart(3, '0');
  const boardSerial = `${year}${week}${scheme.plant}${counter}`;
  const place = ((hash(`${fleet}/mac`) % 2 ** 22) + index) % 2 ** 22;
  const tail = (place * MACS_PER_UNIT).toString(16).padStart(6, '0');
  const mac = (`${macPrefix}${tail}`.toLowerCase().match(/../g) ?? []).join(':');
  return { boardSerial, serial: scheme.prefix + boardSerial, mac };
}

function laterWeek(yearWeek: string, weeks: number): { year: string; week: string } {
  const first = Number(yearWeek.slice(0, 2)) * 52 + Number(yearWeek.slice(2)) - 1 + weeks;
  const two = (value: number): string => String(value).padStart(2, '0');
  return { year: two(Math.floor(first / 52) % 100), week: two((first % 52) + 1) };
}
