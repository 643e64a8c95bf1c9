/** Replaces the secrets in what one IP packet carries, and keeps its checksum. */
import { latin1Bytes } from '../../protocol/latin1.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { byteText } from '../file/octets.ts';
import type { IpPacket } from '../packet/ip.ts';
import { addressBytes, PROTOCOLS } from '../packet/ip.ts';
import { createStreams } from '../packet/streams.ts';
import type { Segment } from '../packet/tcp.ts';
import { FLAGS, readTcp } from '../packet/tcp.ts';
import { readUdp } from '../packet/udp.ts';
import { repairChecksum, sumOfAll } from './checksums.ts';
import { replaceDatagram } from './datagram.ts';
import type { Half, Locator } from './locate.ts';
import { halfKey } from './locate.ts';
import { createDatagramPassages } from './passages.ts';
import type { Secrets } from './secrets.ts';
import type { Tally } from './tally.ts';

export interface Transport {
  /** Changes the payload of a whole packet in its own bytes. Packets come in the order in which they were captured. */
  replace(packet: IpPacket, time: bigint): void;
}

/** Protocols of control messages, and what of them is kept: type, code, checksum and four bytes more. */
const CONTROL: ReadonlySet<number> = new Set([1, 2, 58]);
const CONTROL_HEAD = 8;
/** Where the checksum stands, by protocol. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  ...[[PROTOCOLS.tcp, 16] as const, [PROTOCOLS.udp, 6] as const],
  ...[[1, 2] as const, [2, 2] as const, [58, 2] as const],
]);

export function createTransport(
  secrets: Secrets,
  { bodies, halves }: Pick<Locator, 'bodies' | 'halves'>,
  tally: Tally,
): Transport {
  const streams = createStreams();
  const datagrams = createDatagramPassages();
  const places = new Map<Half, number>();
  let count = 0;

  const blank = (what: string, bytes: Uint8Array): void => {
    tally.blank(what, bytes.length);
    bytes.fill(0);
  };

  const tcp = (packet: IpPacket, segment: Segment, time: bigint): void => {
    streams.push(packet, segment, time);
    const { payload } = segment;
    if (payload.length === 0) return;
    const from = `${packet.source}:${segment.sourcePort}`;
    const to = `${packet.destination}:${segment.destinationPort}`;
    const of = streams.between(from, to);
    const half = of === undefined ? undefined : halves.get(halfKey(of.stream, of.from));
    if (half === undefined) {
      blank('bytes of TCP that are in no stream', payload);
      return;
    }
    const syn = (segment.flags & FLAGS.syn) === 0 ? 0 : 1;
    // Sequence numbers go round: the one that is nearest to where the stream was is meant.
    const near = places.get(half) ?? 0;
    const offset = near + ((segment.sequence + syn - half.first - near) | 0);
    if (places.size > LIMITS.streams * 2) places.clear();
    places.set(half, Math.max(near, offset + payload.length));
    replaceHalf(half, payload, offset);
    // What comes again may be other bytes than the first time, which the edits are for.
    if (offset < near)
      for (const { at, value } of secrets.find(byteText(payload)))
        payload.set(latin1Bytes(value.replacement), at);
  };

  const udp = (packet: IpPacket, time: bigint): void => {
    const read = readUdp(packet.payload);
    if (read === undefined) {
      blank('packets that cannot be read', packet.payload);
      return;
    }
    const { payload } = read;
    packet.payload.subarray(8 + payload.length).fill(0);
    const datagram = {
      ...({ is: 'datagram', time, payload, cut: read.cut || packet.missing > 0 } as const),
      from: `${packet.source}:${read.sourcePort}`,
      to: `${packet.destination}:${read.destinationPort}`,
    };
    count += 1;
    replaceDatagram(secrets, datagrams.push(datagram), payload, tally, bodies.get(count));
  };

  const carried = (packet: IpPacket, time: bigint): void => {
    const { payload, protocol } = packet;
    const segment = protocol === PROTOCOLS.tcp ? readTcp(payload) : undefined;
    if (segment !== undefined) tcp(packet, segment, time);
    else if (protocol === PROTOCOLS.udp) udp(packet, time);
    else if (CONTROL.has(protocol)) blank('contents of ICMP and IGMP', payload.subarray(CONTROL_HEAD));
    else
      blank(protocol === PROTOCOLS.tcp ? 'packets that cannot be read' : 'other protocols over IP', payload);
  };

  return {
    replace(packet, time) {
      const { payload, protocol } = packet;
      const ends = [packet.source, packet.destination].map((address) => addressBytes(address) ?? NONE);
      const before = sumOfAll([...ends, payload]);
      carried(packet, time);
      const others = ends.map((address) => secrets.addressOctets(address));
      const at = CHECKSUM_AT.get(protocol);
      // A checksum of UDP over IPv4 may be left out.
      if (at === undefined || (protocol === PROTOCOLS.udp && payload[at] === 0 && payload[at + 1] === 0))
        return;
      // Those of IPv4's control messages are not over the addresses.
      const over = protocol === 1 || protocol === 2 ? ends : others;
      repairChecksum(payload, at, before, sumOfAll([...over, payload]));
      if (protocol === PROTOCOLS.udp && payload[at] === 0 && payload[at + 1] === 0)
        payload.set([0xff, 0xff], at);
    },
  };
}

const NONE = new Uint8Array(0);

/** Bytes of one side of a stream, which begin at this offset. What of them was not read as the stream is blanked. */
function replaceHalf({ edits, read }: Half, bytes: Uint8Array, offset: number): void {
  let from = offset;
  const end = offset + bytes.length;
  for (let index = firstBehind(read, offset); index <= read.length; index += 1) {
    const span = read[index];
    const until = Math.min(end, span?.at ?? end);
    if (until > from) bytes.subarray(from - offset, until - offset).fill(0);
    if (span === undefined || span.at >= end) break;
    from = Math.max(from, span.at + span.length);
  }
  edits.apply(bytes, offset);
}

function firstBehind(spans: Half['read'], offset: number): number {
  let low = 0;
  let high = spans.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const span = spans[middle];
    if (span !== undefined && span.at + span.length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
