/**
 * What a SpeedTouch boot loader may tell of itself in option 43. The header "ST" and its length are known
 * from later loaders; the numbers of the items are a choice made for simulated modems, for those of the
 * loaders are not known. Nothing here is needed to serve a modem.
 */
import { latin1Bytes, latin1Text } from '../latin1.ts';
import { assertNever } from '../result.ts';

export const BOOT_REASONS = ['button', 'software-upgrade', 'no-valid-image', 'start-failures'] as const;
/** Why the modem is in boot mode; numbered from 1 on the wire. */
export type BootReason = (typeof BOOT_REASONS)[number];

export interface StOptions {
  /** Board serial, as ANT-ID. */
  readonly serial?: string;
  /** Three numbers with points: `1.0.6`. */
  readonly bootVersion?: string;
  readonly reason?: BootReason;
  readonly chip?: number;
  /** Board name, such as `BANT-R`. */
  readonly board?: string;
}

const HEADER = Uint8Array.of(0x53, 0x54);
const ITEM = { serial: 0x10, bootVersion: 0x11, reason: 0x12, chip: 0x13, board: 0x14 } as const;

/** Data of option 43. Throws when it comes to more than 255 bytes, or a text holds what is no byte. */
export function encodeStOptions(options: StOptions): Uint8Array {
  const items: number[] = [];
  const add = (tag: number, data: readonly number[]): void => {
    if (data.length > 255) throw new RangeError(`an item of ${data.length} bytes`);
    items.push(tag, data.length, ...data);
  };
  const { serial, bootVersion, reason, chip, board } = options;
  if (serial !== undefined) add(ITEM.serial, [...latin1Bytes(serial)]);
  if (bootVersion !== undefined) add(ITEM.bootVersion, bootVersion.split('.').map(Number));
  if (reason !== undefined) add(ITEM.reason, [BOOT_REASONS.indexOf(reason) + 1]);
  if (chip !== undefined) add(ITEM.chip, [chip]);
  if (board !== undefined) add(ITEM.board, [...latin1Bytes(board)]);
  if (items.length > 252) throw new RangeError(`vendor options of ${items.length} bytes`);
  return Uint8Array.from([...HEADER, items.length, ...items]);
}

/** The contents of option 43; `undefined` if it is of another kind. Unknown and broken items are skipped. */
export function decodeStOptions(data: Uint8Array): StOptions | undefined {
  if (data[0] !== HEADER[0] || data[1] !== HEADER[1]) return undefined;
  const body = data.subarray(3, 3 + (data[2] ?? 0));
  let options: StOptions = {};
  for (let at = 0; at + 2 <= body.length; at += 2 + (body[at + 1] ?? 0)) {
    const end = at + 2 + (body[at + 1] ?? 0);
    if (end > body.length) break;
    options = { ...options, ...readItem(body[at] ?? 0, body.subarray(at + 2, end)) };
  }
  return options;
}

function readItem(tag: number, data: Uint8Array): StOptions {
  const name = nameOf(tag);
  switch (name) {
    case undefined:
      return {};
    case 'serial':
    case 'board':
      return { [name]: latin1Text(data) };
    case 'bootVersion':
      return data.length === 3 ? { bootVersion: data.join('.') } : {};
    case 'reason': {
      const reason = data.length === 1 ? BOOT_REASONS[(data[0] ?? 0) - 1] : undefined;
      return reason === undefined ? {} : { reason };
    }
    case 'chip':
      return data.length === 1 ? { chip: data[0] ?? 0 } : {};
    default:
      return assertNever(name);
  }
}

function nameOf(tag: number): keyof typeof ITEM | undefined {
  switch (tag) {
    case ITEM.serial:
      return 'serial';
    case ITEM.bootVersion:
      return 'bootVersion';
    case ITEM.reason:
      return 'reason';
    case ITEM.chip:
      return 'chip';
    case ITEM.board:
      return 'board';
    default:
      return undefined;
  }
}
