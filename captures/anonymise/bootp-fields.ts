/** Where the secrets of a BOOTP or DHCP message are (RFC 951, RFC 2132, TR-069a6 Annex F). */
import { ETHERNET_LENGTH } from '../../protocol/bootp/message.ts';
import { MAGIC_COOKIE, OPTION } from '../../protocol/bootp/options.ts';
import type { Kind } from './kinds.ts';

export interface BootpField {
  readonly at: number;
  readonly length: number;
  /**
   * `text`: secrets in it are replaced; `blank`: unknown, becomes zeros; a kind: the text is such a secret.
   */
  readonly is: 'address' | 'mac' | 'text' | 'blank' | Kind;
}

const [CHADDR, SNAME, FILE, VEND] = [28, 44, 108, 236] as const;
const OTHER_FIGURES = [
  1, 2, 13, 19, 20, 22, 23, 24, 25, 26, 27, 29, 30, 31, 34, 35, 36, 37, 38, 39, 46, 47, 58, 59,
];

/** Options whose data are figures, switches or lists of numbers (RFC 2132). */
const FIGURES: ReadonlySet<number> = new Set([
  OPTION.leaseTime,
  OPTION.overload,
  OPTION.messageType,
  OPTION.parameterRequestList,
  OPTION.maximumSize,
  ...OTHER_FIGURES,
]);
/** Options whose data are IPv4 addresses. */
const ADDRESSES: ReadonlySet<number> = new Set([
  3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 21, 28, 32, 33, 41, 42, 44, 45, 48, 49, 50, 54, 65, 68, 69, 70, 71, 72, 73,
  74, 75, 76,
]);
const TEXTS: ReadonlyMap<number, BootpField['is']> = new Map<number, BootpField['is']>([
  [OPTION.hostName, 'device name'],
  [15, 'host name'],
  [OPTION.rootPath, 'text'],
  [OPTION.message, 'text'],
  [OPTION.vendorClass, 'text'],
  [OPTION.tftpServerName, 'text'],
  [OPTION.bootFileName, 'text'],
  [OPTION.vendorSpecific, 'text'],
  [77, 'text'],
  [124, 'text'],
  [125, 'text'],
]);

export function bootpFields(bytes: Uint8Array): readonly BootpField[] {
  const fields: BootpField[] = [12, 16, 20, 24].map((at) => ({ at, length: 4, is: 'address' }));
  const isEthernet = bytes[2] === ETHERNET_LENGTH;
  if (isEthernet) fields.push({ at: CHADDR, length: ETHERNET_LENGTH, is: 'mac' });
  const behind = CHADDR + (isEthernet ? ETHERNET_LENGTH : 0);
  fields.push({ at: behind, length: SNAME - behind, is: 'blank' });
  fields.push(...fixedText(bytes, SNAME, FILE), ...fixedText(bytes, FILE, VEND));
  const isOptions = MAGIC_COOKIE.every((byte, index) => bytes[VEND + index] === byte);
  if (!isOptions) return [...fields, { at: VEND, length: bytes.length - VEND, is: 'blank' }];
  return [...fields, ...optionFields(bytes, VEND + MAGIC_COOKIE.length)];
}

/** A text up to its zero; the rest is left over from another one. */
function fixedText(bytes: Uint8Array, from: number, to: number): readonly BootpField[] {
  const zero = bytes.subarray(from, to).indexOf(0);
  const length = zero < 0 ? to - from : zero;
  return [
    { at: from, length, is: 'text' },
    { at: from + length, length: to - from - length, is: 'blank' },
  ];
}

function optionFields(bytes: Uint8Array, from: number): readonly BootpField[] {
  const fields: BootpField[] = [];
  let at = from;
  while (at < bytes.length) {
    const code = bytes[at] ?? OPTION.end;
    at += 1;
    if (code === OPTION.pad) continue;
    if (code === OPTION.end) break;
    const length = Math.min(bytes[at] ?? 0, bytes.length - at - 1);
    at += 1;
    fields.push(...dataFields(bytes, code, at, length));
    at += length;
  }
  if (at < bytes.length) fields.push({ at, length: bytes.length - at, is: 'blank' });
  return fields;
}

function dataFields(bytes: Uint8Array, code: number, at: number, length: number): readonly BootpField[] {
  if (length <= 0 || FIGURES.has(code)) return [];
  if (ADDRESSES.has(code)) {
    const count = Math.floor(length / 4);
    const addresses = Array.from({ length: count }, (_, index) => ({
      at: at + 4 * index,
      length: 4,
      is: 'address' as const,
    }));
    return [...addresses, { at: at + 4 * count, length: length - 4 * count, is: 'blank' }];
  }
  // RFC 2132 9.14: a type of hardware and its address, or 0 and a name.
  if (code === OPTION.clientIdentifier && length === 7 && bytes[at] === 1)
    return [{ at: at + 1, length: 6, is: 'mac' }];
  if (code === OPTION.clientIdentifier) return [{ at: at + 1, length: length - 1, is: 'serial number' }];
  return [{ at, length, is: TEXTS.get(code) ?? 'blank' }];
}
