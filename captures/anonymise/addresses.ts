/** Replacement addresses: as long as text, and of no use for finding anybody. */
import { addressBytes } from '../packet/ip.ts';

/** Returns a number from 0 to below a limit. */
export type Draw = (below: number) => number;

/**
 * Whether an address identifies nobody: unspecified, loopback, multicast, broadcast, or a mask (RFC 6890).
 */
export function isNobody(address: string): boolean {
  const bytes = addressBytes(address);
  if (bytes === undefined) return true;
  const [first = 0] = bytes;
  if (bytes.length === 4) return first === 0 || first === 127 || first >= 224;
  if (first === 0xff) return true;
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff;
  return !isMapped && bytes.subarray(0, 15).every((byte) => byte === 0) && (bytes[15] ?? 0) <= 1;
}

const LOWEST = [0, 0, 10, 100] as const;
const HIGHEST = [0, 10, 100, 256] as const;

/** An octet with this many digits. */
function octet(digits: 1 | 2 | 3, draw: Draw): number {
  return LOWEST[digits] + draw(HIGHEST[digits] - LOWEST[digits]);
}

/** Three octets with this many digits together, 3 to 9. */
function octets(digits: number, draw: Draw): string {
  const lengths: (1 | 2 | 3)[] = [1, 1, 1];
  for (let left = digits - 3; left > 0; ) {
    const index = draw(3);
    const length = lengths[index] ?? 3;
    if (length === 3) continue;
    lengths[index] = length === 1 ? 2 : 3;
    left -= 1;
  }
  return lengths.map((length) => octet(length, draw)).join('.');
}

/**
 * Another IPv4 address of the same length: from 10/8 where that has one so long, the longest from 192.168/16
 * (RFC 1918). No reserved block has addresses of seven characters, so those become any other of seven.
 */
export function otherIpv4(address: string, draw: Draw): string {
  const { length } = address;
  if (length === 7) return `${1 + draw(9)}.${octets(3, draw)}`;
  if (length < 15) return `10.${octets(length - 5, draw)}`;
  // 24,336 addresses, and then those of RFC 6598.
  return draw(4) > 0
    ? `192.168.${octet(3, draw)}.${octet(3, draw)}`
    : `100.${100 + draw(28)}.${octet(3, draw)}.${octet(3, draw)}`;
}

/**
 * Another IPv6 address: each group keeps its number of digits, so that every spelling of it keeps its length.
 * It lies in fc00::/7 (RFC 4193), or in fe80::/10 if the old one was link-local.
 */
export function otherIpv6(bytes: Uint8Array, draw: Draw): Uint8Array {
  const other = new Uint8Array(16);
  const isLocal = bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
  for (let at = 0; at < 16; at += 2) {
    const group = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
    const next =
      at === 0 ? (isLocal ? group : group < 0x1000 ? group : 0xfd00 | draw(256)) : likeGroup(group, draw);
    other.set([next >> 8, next & 0xff], at);
  }
  return other;
}

function likeGroup(group: number, draw: Draw): number {
  if (group === 0) return 0;
  const low = group < 0x10 ? 1 : group < 0x100 ? 0x10 : group < 0x1000 ? 0x100 : 0x1000;
  return low + draw(low === 1 ? 15 : low * 15);
}

/**
 * Spells an IPv6 address the way that `text` spells its own. `undefined`: the spelling does not fit.
 */
export function spellLike(text: string, other: Uint8Array): string | undefined {
  const parts = text.split('::');
  const groupsOf = (part: string): readonly string[] => (part === '' ? [] : part.split(':'));
  const [before, after] = [groupsOf(parts[0] ?? ''), groupsOf(parts[1] ?? '')];
  if (text.includes('.') || parts.length > 2) return undefined;
  const upper = /[A-F]/.test(text);
  const spell = (given: string, index: number): string => {
    const value = ((other[2 * index] ?? 0) << 8) | (other[2 * index + 1] ?? 0);
    const hex = value.toString(16).padStart(given.length, '0');
    return upper ? hex.toUpperCase() : hex;
  };
  const left = before.map(spell).join(':');
  if (parts.length === 1) return left;
  return `${left}::${after.map((given, index) => spell(given, 8 - after.length + index)).join(':')}`;
}
