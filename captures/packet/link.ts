/**
 * Link layers around IP packets: Ethernet with tags of IEEE 802.1Q and 802.1ad, PPPoE sessions (RFC 2516),
 * Linux cooked captures, BSD loopback, or none at all (https://www.tcpdump.org/linktypes.html).
 */
import { LINK_TYPES } from '../file/frame.ts';
import { u16, u32 } from '../file/octets.ts';

/** What a frame carries: an IP packet, or something else, by its EtherType. */
export type Carried =
  | { readonly is: 'ip'; readonly packet: Uint8Array; readonly tags: readonly number[] }
  /** `at`: offset of the contents. */
  | { readonly is: 'other'; readonly etherType: number; readonly at: number }
  | { readonly is: 'unknown-link'; readonly linkType: number }
  | { readonly is: 'cut' };

const ETHER = { ipv4: 0x0800, ipv6: 0x86dd, pppoe: 0x8864 } as const;
/** Tags: 802.1Q, 802.1ad, and an older value for outer tags. */
const TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const MAX_TAGS = 4;
const CUT: Carried = { is: 'cut' };

/** AF_INET6 differs between the BSDs, Darwin and Linux. */
const FAMILIES: readonly number[] = [2, 10, 24, 28, 30];

/** Unwraps a frame. Never throws. */
export function readLink(linkType: number, bytes: Uint8Array): Carried {
  switch (linkType) {
    case LINK_TYPES.ethernet:
      return byEtherType(bytes, 12);
    case LINK_TYPES.linuxSll:
      return byEtherType(bytes, 14);
    case LINK_TYPES.linuxSll2:
      // The protocol comes first; its data begin after 20 bytes.
      return bytes.length < 20 ? CUT : byEtherType(bytes, 20, u16(bytes, 0));
    case LINK_TYPES.null:
    case LINK_TYPES.loop: {
      if (bytes.length < 4) return CUT;
      // In the byte order of the capturing machine: one reading is an address family, the other is huge.
      const big = u32(bytes, 0);
      const family = big < 0x10000 ? big : (bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8);
      return FAMILIES.includes(family) ? ip(bytes, 4, []) : { is: 'other', etherType: 0, at: 4 };
    }
    case LINK_TYPES.raw:
    case LINK_TYPES.ipv4:
    case LINK_TYPES.ipv6:
    // DLT_RAW in files of the BSDs.
    case 12:
    case 14:
      return ip(bytes, 0, []);
    default:
      return { is: 'unknown-link', linkType };
  }
}

function ip(bytes: Uint8Array, at: number, tags: readonly number[]): Carried {
  return at < bytes.length ? { is: 'ip', packet: bytes.subarray(at), tags } : CUT;
}

/** The EtherType at `at`, and the contents after it; `given` if the type is elsewhere. */
function byEtherType(bytes: Uint8Array, at: number, given?: number): Carried {
  let behind = given === undefined ? at + 2 : at;
  let etherType = given ?? u16(bytes, at);
  if (behind > bytes.length) return CUT;
  const tags: number[] = [];
  while (TAGS.includes(etherType) && tags.length < MAX_TAGS) {
    if (behind + 4 > bytes.length) return CUT;
    tags.push(u16(bytes, behind) & 0x0fff);
    etherType = u16(bytes, behind + 2);
    behind += 4;
  }
  if (etherType === ETHER.ipv4 || etherType === ETHER.ipv6) return ip(bytes, behind, tags);
  if (etherType !== ETHER.pppoe) return { is: 'other', etherType, at: behind };
  if (behind + 8 > bytes.length) return CUT;
  // Code 0 is session data; then 0x0021 and 0x0057 are PPP's numbers of IPv4 and IPv6.
  const protocol = u16(bytes, behind + 6);
  const isIp = bytes[behind + 1] === 0 && (protocol === 0x0021 || protocol === 0x0057);
  return isIp ? ip(bytes, behind + 8, tags) : { is: 'other', etherType, at: behind };
}

/**
 * Wraps an IP packet; `tags` are VLANs, the outer one first, for Ethernet and cooked links only.
 */
export function writeLink(linkType: number, packet: Uint8Array, tags: readonly number[] = []): Uint8Array {
  const v6 = (packet[0] ?? 0) >> 4 === 6;
  const etherType = v6 ? ETHER.ipv6 : ETHER.ipv4;
  const tagged = tags.flatMap((tag, index) => {
    const next = index + 1 < tags.length ? 0x8100 : etherType;
    return [tag >> 8, tag & 0xff, next >> 8, next & 0xff];
  });
  const first = tags.length === 0 ? etherType : tags.length === 1 ? 0x8100 : 0x88a8;
  const type = [first >> 8, first & 0xff];
  switch (linkType) {
    case LINK_TYPES.ethernet:
      return join([2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...type, ...tagged], packet);
    case LINK_TYPES.linuxSll:
      return join([0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, ...type, ...tagged], packet);
    case LINK_TYPES.linuxSll2:
      return join([...type, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, ...tagged], packet);
    case LINK_TYPES.null:
      return join([v6 ? 30 : 2, 0, 0, 0], packet);
    case LINK_TYPES.loop:
      return join([0, 0, 0, v6 ? 24 : 2], packet);
    default:
      return packet;
  }
}

function join(head: readonly number[], packet: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + packet.length);
  bytes.set(head);
  bytes.set(packet, head.length);
  return bytes;
}
