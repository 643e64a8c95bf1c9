/** Reads and writes IPv4 (RFC 791) and IPv6 (RFC 8200) packets. */

import { u16, u32 } from '../file/octets.ts';
import { checksum } from './checksum.ts';

export const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export interface Fragment {
  readonly id: number;
  /** Bytes from the start of the datagram's payload. */
  readonly offset: number;
  readonly more: boolean;
}

export interface IpPacket {
  readonly source: string;
  readonly destination: string;
  /** Of the payload: one of PROTOCOLS, or another. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Bytes of the payload that the capture has cut off. */
  readonly missing: number;
  readonly fragment?: Fragment;
}

/** Reads a packet; `undefined`: it is not one. Never throws. */
export function readIp(bytes: Uint8Array): IpPacket | undefined {
  switch ((bytes[0] ?? 0) >> 4) {
    case 4:
      return readIpv4(bytes);
    case 6:
      return readIpv6(bytes);
    default:
      return undefined;
  }
}

function readIpv4(bytes: Uint8Array): IpPacket | undefined {
  const header = ((bytes[0] ?? 0) & 0x0f) * 4;
  if (header < 20 || bytes.length < header) return undefined;
  // A packet that the network card will segment is captured whole, and its length may be 0.
  const total = u16(bytes, 2) || bytes.length;
  if (total < header) return undefined;
  const flags = u16(bytes, 6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  return {
    source: ipv4Text(bytes, 12),
    destination: ipv4Text(bytes, 16),
    protocol: bytes[9] ?? 0,
    payload: bytes.subarray(header, Math.min(total, bytes.length)),
    missing: Math.max(0, total - bytes.length),
    ...(more || offset > 0 ? { fragment: { id: u16(bytes, 4), offset, more } } : {}),
  };
}

/** Extension headers (RFC 8200 4.1); all but two give their length in units of 8 bytes after the first 8. */
const EXTENSION = { hopByHop: 0, routing: 43, fragment: 44, authentication: 51, destination: 60 } as const;
const OTHER_EXTENSIONS: readonly number[] = [135, 139, 140];
/** Valid packets have a handful at most. */
const MAX_EXTENSIONS = 16;

function readIpv6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined;
  const end = 40 + (u16(bytes, 4) || bytes.length - 40);
  let protocol = bytes[6] ?? 0;
  let at = 40;
  let fragment: Fragment | undefined;
  for (let count = 0; count < MAX_EXTENSIONS; count += 1) {
    const length = extensionLength(protocol, bytes, at);
    if (length === 0) break;
    if (at + length > bytes.length) return undefined;
    if (protocol === EXTENSION.fragment) {
      const field = u16(bytes, at + 2);
      fragment = { id: u32(bytes, at + 4), offset: field & 0xfff8, more: (field & 1) === 1 };
    }
    protocol = bytes[at] ?? 0;
    at += length;
    // A later fragment has no further headers.
    if (fragment !== undefined && fragment.offset > 0) break;
  }
  // RFC 6946: a fragment header may precede a whole packet.
  const isPart = fragment !== undefined && (fragment.more || fragment.offset > 0);
  return {
    source: ipv6Text(bytes, 8),
    destination: ipv6Text(bytes, 24),
    protocol,
    payload: bytes.subarray(at, Math.max(at, Math.min(end, bytes.length))),
    missing: Math.max(0, end - bytes.length),
    ...(fragment !== undefined && isPart ? { fragment } : {}),
  };
}

/** Length of the extension header at `at`; 0: the next header is not an extension. */
function extensionLength(header: number, bytes: Uint8Array, at: number): number {
  switch (header) {
    case EXTENSION.fragment:
      return 8;
    case EXTENSION.authentication:
      return ((bytes[at + 1] ?? 0) + 2) * 4;
    case EXTENSION.hopByHop:
    case EXTENSION.routing:
    case EXTENSION.destination:
      return ((bytes[at + 1] ?? 0) + 1) * 8;
    default:
      return OTHER_EXTENSIONS.includes(header) ? ((bytes[at + 1] ?? 0) + 1) * 8 : 0;
  }
}

const ipv4Text = (bytes: Uint8Array, at: number): string =>
  `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;

/**
 * RFC 5952: no leading zeros, the longest run of two or more zero groups as `::`, IPv4-mapped addresses with
 * dots.
 */
function ipv6Text(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => u16(bytes, at + 2 * index));
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return `::ffff:${ipv4Text(bytes, at + 12)}`;
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from += 1) {
    let length = 0;
    while (from + length < 8 && groups[from + length] === 0) length += 1;
    if (length > best.length) best = { from, length };
  }
  const hex = groups.map((group) => group.toString(16));
  if (best.length === 1) return hex.join(':');
  return `${hex.slice(0, best.from).join(':')}::${hex.slice(best.from + best.length).join(':')}`;
}

/** An address of 4 or 16 bytes as text: dotted, or by RFC 5952. */
export const addressText = (bytes: Uint8Array): string =>
  bytes.length === 4 ? ipv4Text(bytes, 0) : ipv6Text(bytes, 0);

/** An address as 4 or 16 bytes; `undefined`: it is not an address. */
export function addressBytes(address: string): Uint8Array | undefined {
  const zoneless = address.replace(/%.*$/, '');
  const quad = /^(?:(.*:))?(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(zoneless);
  const octets = quad?.slice(2).map(Number) ?? [];
  if (octets.some((octet) => octet > 255)) return undefined;
  if (quad !== null && quad[1] === undefined) return Uint8Array.from(octets);
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const tail = quad === null ? '' : `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  const [left = '', right, more] = (quad === null ? zoneless : `${quad[1]}${tail}`).split('::');
  const groupsOf = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groupsOf(left);
  const after = groupsOf(right ?? '');
  const gap = 8 - before.length - after.length;
  if (more !== undefined || (right === undefined ? gap !== 0 : gap < 1)) return undefined;
  const groups = [...before, ...Array.from({ length: gap }, () => '0'), ...after];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

/** The sum of the pseudo header in checksums of TCP and UDP (RFC 9293 3.1, RFC 8200 8.1). */
export function pseudoSum(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): number {
  let sum = protocol + (length >> 16) + (length & 0xffff);
  for (const address of [source, destination])
    for (let at = 0; at < address.length; at += 2) sum += u16(address, at);
  return sum;
}

export interface PacketHead {
  /** Both of one family, as `addressBytes` returns them. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  /** Identification of an IPv4 packet, or of the fragments of an IPv6 one. */
  readonly id?: number;
  /** Makes the packet one of several fragments. */
  readonly fragment?: Omit<Fragment, 'id'>;
}

/** Writes a packet with a correct checksum. Its payload is at most 65,515 bytes. */
export function writeIp(head: PacketHead, payload: Uint8Array): Uint8Array {
  return head.source.length === 4 ? writeIpv4(head, payload) : writeIpv6(head, payload);
}

function writeIpv4(
  { source, destination, protocol, id = 0, fragment }: PacketHead,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, id & 0xffff);
  view.setUint16(6, fragment === undefined ? 0x4000 : (fragment.more ? 0x2000 : 0) | (fragment.offset >> 3));
  bytes[8] = 64;
  bytes[9] = protocol;
  bytes.set(source, 12);
  bytes.set(destination, 16);
  view.setUint16(10, checksum(bytes.subarray(0, 20)));
  bytes.set(payload, 20);
  return bytes;
}

function writeIpv6(
  { source, destination, protocol, id = 0, fragment }: PacketHead,
  payload: Uint8Array,
): Uint8Array {
  const extension = fragment === undefined ? 0 : 8;
  const bytes = new Uint8Array(40 + extension + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x60;
  view.setUint16(4, extension + payload.length);
  bytes[6] = fragment === undefined ? protocol : EXTENSION.fragment;
  bytes[7] = 64;
  bytes.set(source, 8);
  bytes.set(destination, 24);
  if (fragment !== undefined) {
    bytes[40] = protocol;
    view.setUint16(42, fragment.offset | (fragment.more ? 1 : 0));
    view.setUint32(44, id);
  }
  bytes.set(payload, 40 + extension);
  return bytes;
}
