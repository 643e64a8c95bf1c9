/**
 * Which image a modem gets: by serial, by MAC, by board, by MAC prefix, by default; the first rule that fits.
 */
import { canonicalMac } from '../ipv4.ts';
import { assertNever } from '../result.ts';
import type { BootpServerSettings, BootRequest, ImageFor, ImageRule, Silence } from './server-types.ts';

const KINDS = ['serial', 'mac', 'board', 'prefix', 'default'] as const satisfies readonly ImageFor['by'][];

/** The rule for a request, or why it gets nothing. */
export function selectImage(
  settings: Pick<BootpServerSettings, 'rules' | 'allowDefault'>,
  request: BootRequest,
  serial: string | undefined,
): ImageRule | Extract<Silence, 'no-image' | 'wrong-board'> {
  for (const kind of KINDS) {
    if (kind === 'default' && !settings.allowDefault) continue;
    const rule = settings.rules.find((rule) => rule.for.by === kind && fits(rule.for, request, serial));
    if (rule !== undefined) return isRightBoard(rule, request.board) ? rule : 'wrong-board';
  }
  return 'no-image';
}

function fits(wanted: ImageFor, { mac, board }: BootRequest, serial: string | undefined): boolean {
  switch (wanted.by) {
    case 'serial':
      return serial !== undefined && sameSerial(serial, wanted.serial);
    case 'mac':
      return canonicalMac(wanted.mac) === mac;
    case 'board':
      return board !== '' && isSameText(wanted.board, board);
    case 'prefix':
      return hasPrefix(mac, wanted.prefix);
    case 'default':
      return true;
    default:
      return assertNever(wanted);
  }
}

/** A modem that does not tell its board is believed to be what the rule says. */
function isRightBoard({ image, force }: ImageRule, board: string): boolean {
  return force === true || image.board === undefined || board === '' || isSameText(image.board, board);
}

export const isSameText = (a: string, b: string): boolean => a.toUpperCase() === b.toUpperCase();

/**
 * The board serial, which is what ANT-ID holds, of a product serial, which has two letters of the factory
 * before it.
 */
export const boardSerial = (serial: string): string =>
  serial.toUpperCase().replace(/^[A-Z]{2}(?=[A-Z\d]{9}$)/, '');

const sameSerial = (a: string, b: string): boolean => boardSerial(a) === boardSerial(b);

/** Whether a MAC address begins with these digits, in any spelling. No digits are no prefix. */
export function hasPrefix(mac: string, prefix: string): boolean {
  const digits = prefix.replace(/[-:]/g, '').toUpperCase();
  return digits !== '' && mac.replaceAll('-', '').startsWith(digits);
}
