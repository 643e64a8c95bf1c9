/** A line of a journal, and whether a value that was read is one. */
import type { FlashEvent } from './modem.ts';
import { FLASH_REASONS } from './reasons.ts';

/** The modem, and the event. `mac` is empty for a modem that is known only by its serial number. */
export interface JournalEntry {
  readonly mac: string;
  readonly serial?: string;
  readonly event: FlashEvent;
}

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const list =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const oneOf =
  (...choices: readonly string[]): Check =>
  (value) =>
    choices.some((choice) => choice === value);

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const shape =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isObject(value) &&
    Object.entries(members).every(([key, check]) =>
      check(Object.hasOwn(value, key) ? value[key] : undefined),
    );

const onFailure: Check = (value) =>
  shape({ is: oneOf('stop', 'continue') })(value) || shape({ is: oneOf('retry'), times: number })(value);

const numbers: Check = (value) => isObject(value) && Object.values(value).every(number);

const job = shape({
  serial: optional(text),
  name: optional(text),
  image: optional(shape({ file: text, bytes: number, board: text, version: text })),
  always: flag,
  address: optional(text),
  commands: list(shape({ line: text, silent: flag, onFailure })),
  checks: list(shape({ line: text, shows: text })),
  verify: shape({ version: flag, address: flag }),
  numbers,
});

/** The members of each event besides its time. If you change them, change FlashEvent too. */
const EVENTS: ReadonlyMap<string, Check> = new Map([
  ['found', shape({ serial: text, product: optional(text), address: text })],
  ['bootp', shape({ board: optional(text), xid: number, invalid: flag })],
  ['offered', shape({})],
  ['rrq', shape({ transfer: text })],
  ['progress', shape({ transfer: text, bytes: number })],
  ['sent', shape({ transfer: text })],
  ['transfer-failed', shape({ transfer: text, why: text })],
  ['started', shape({ request: number })],
  [
    'answered',
    shape({
      request: number,
      outcome: oneOf('ok', 'credentials', 'refused', 'unanswered'),
      facts: optional(shape({ board: optional(text), version: optional(text) })),
      text,
    }),
  ],
  ['planned', shape({ job })],
  ['unplanned', shape({ note: text })],
  ['refused', shape({ reason: oneOf(...Object.keys(FLASH_REASONS)), note: text })],
  ['conflict', shape({ note: text })],
  ['missing', shape({})],
  ['warned', shape({ note: text })],
  ['timeout', shape({})],
  ['stop', shape({})],
  ['resumed', shape({})],
]);

const event: Check = (value) =>
  isObject(value) &&
  number(value.at) &&
  typeof value.is === 'string' &&
  EVENTS.get(value.is)?.(value) === true;

const entry = shape({ mac: text, serial: optional(text), event });

export const isEntry = (value: unknown): value is JournalEntry => entry(value);
