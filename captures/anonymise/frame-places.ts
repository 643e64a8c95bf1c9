/** Where the heads of a frame have addresses: of the link, of ARP, of IP. */
import { LINK_TYPES } from '../file/frame.ts';
import { u16 } from '../file/octets.ts';

export interface Field {
  readonly at: number;
  /** 6: of Ethernet; 4 and 16: of IP. */
  readonly length: number;
  readonly is: 'mac' | 'address';
}

const MAC = 6;
const ARP = 0x0806;

/** Addresses of the link. */
export function linkFields(linkType: number, bytes: Uint8Array): readonly Field[] {
  const macs = (...places: readonly number[]): readonly Field[] =>
    places.filter((at) => at + MAC <= bytes.length).map((at) => ({ at, length: MAC, is: 'mac' }));
  switch (linkType) {
    case LINK_TYPES.ethernet:
      return macs(0, MAC);
    case LINK_TYPES.linuxSll:
      return u16(bytes, 4) === MAC ? macs(6) : [];
    case LINK_TYPES.linuxSll2:
      return bytes[11] === MAC ? macs(12) : [];
    default:
      return [];
  }
}

/** Addresses of an ARP packet of Ethernet and IPv4 (RFC 826) at `at`; `undefined`: it is another one. */
export function arpFields(bytes: Uint8Array, at: number): readonly Field[] | undefined {
  if (u16(bytes, at) !== 1 || u16(bytes, at + 2) !== 0x0800 || u16(bytes, at + 4) !== 0x0604)
    return undefined;
  if (at + 28 > bytes.length) return undefined;
  return [
    { at: at + 8, length: 6, is: 'mac' },
    { at: at + 14, length: 4, is: 'address' },
    { at: at + 18, length: 6, is: 'mac' },
    { at: at + 24, length: 4, is: 'address' },
  ];
}

/** Addresses of the head of an IP packet. */
export function ipFields(packet: Uint8Array): readonly Field[] {
  const isV4 = (packet[0] ?? 0) >> 4 === 4;
  const [first, length] = isV4 ? [12, 4] : [8, 16];
  return [first, first + length].map((at) => ({ at, length, is: 'address' }));
}

export const isArp = (etherType: number): boolean => etherType === ARP;
