/** Replaces the secrets in what one IP packet carries, and keeps its checksum. */
import { latin1Bytes } from '../../protocol/latin1.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { byteText } from '../file/octets.ts';
import type { Datagram } from '../packet/flow.ts';
import type { IpPacket } from '../packet/ip.ts';
import { addressBytes, PROTOCOLS } from '../packet/ip.ts';
import { createStreams } from '../packet/streams.ts';
import type { Segment } from '../packet/tcp.ts';
import { FLAGS, readTcp } from '../packet/tcp.ts';
import { readUdp } from '../packet/udp.ts';
import { repairChecksum, sumOfAll } from './checksums.ts';
import { replaceDatagram } from './datagram.ts';
import type { LocatedSide, Locator } from './locate.ts';
import { sideKey } from './locate.ts';
import { createDatagramPassages } from './passages.ts';
import type { Secrets } from './secrets.ts';
import type { Tally } from './tally.ts';

export interface Transport {
  /**
   * Changes the payload of a whole packet in its own bytes. Packets come in the order in which they were
   * captured.
   */
  replace(packet: IpPacket, time: bigint): void;
}

/** Protocols of control messages, of which the first bytes are kept: type, code, checksum and four more. */
const CONTROL: ReadonlySet<number> = new Set([1, 2, 58]);
const CONTROL_HEAD = 8;
/** Where the checksum stands, by protocol. */
const CHECKSUM_AT: ReadonlyMap<number, number> = new Map([
  [PROTOCOLS.tcp, 16],
  [PROTOCOLS.udp, 6],
  [1, 2],
  [2, 2],
  [58, 2],
]);

export const createTransport = (
  secrets: Secrets,
  located: Pick<Locator, 'bodies' | 'sides'>,
  tally: Tally,
): Transport => new PacketTransport(secrets, located, tally);

class PacketTransport implements Transport {
  readonly #secrets: Secrets;
  readonly #located: Pick<Locator, 'bodies' | 'sides'>;
  readonly #tally: Tally;
  readonly #streams = createStreams();
  readonly #datagrams = createDatagramPassages();
  /** How far each side of a stream has come. */
  readonly #positions = new Map<LocatedSide, number>();
  #count = 0;

  constructor(secrets: Secrets, located: Pick<Locator, 'bodies' | 'sides'>, tally: Tally) {
    this.#secrets = secrets;
    this.#located = located;
    this.#tally = tally;
  }

  replace(packet: IpPacket, time: bigint): void {
    const { payload, protocol } = packet;
    const ends = [packet.source, packet.destination].map((address) => addressBytes(address) ?? NONE);
    const before = sumOfAll([...ends, payload]);
    this.#replacePayload(packet, time);
    const others = ends.map((address) => this.#secrets.addressOctets(address));
    const at = CHECKSUM_AT.get(protocol);
    // A checksum of UDP over IPv4 may be left out.
    if (at === undefined || (protocol === PROTOCOLS.udp && payload[at] === 0 && payload[at + 1] === 0))
      return;
    // Those of IPv4's control messages do not cover the addresses.
    const covered = protocol === 1 || protocol === 2 ? ends : others;
    repairChecksum(payload, at, before, sumOfAll([...covered, payload]));
    if (protocol === PROTOCOLS.udp && payload[at] === 0 && payload[at + 1] === 0)
      payload.set([0xff, 0xff], at);
  }

  #replacePayload(packet: IpPacket, time: bigint): void {
    const { payload, protocol } = packet;
    const segment = protocol === PROTOCOLS.tcp ? readTcp(payload) : undefined;
    if (segment !== undefined) this.#replaceSegment(packet, segment, time);
    else if (protocol === PROTOCOLS.udp) this.#replaceUdp(packet, time);
    else if (CONTROL.has(protocol)) this.#blank('contents of ICMP and IGMP', payload.subarray(CONTROL_HEAD));
    else if (protocol === PROTOCOLS.tcp) this.#blank('packets that cannot be read', payload);
    else this.#blank('other protocols over IP', payload);
  }

  #replaceSegment(packet: IpPacket, segment: Segment, time: bigint): void {
    this.#streams.push(packet, segment, time);
    const { payload } = segment;
    if (payload.length === 0) return;
    const from = `${packet.source}:${segment.sourcePort}`;
    const to = `${packet.destination}:${segment.destinationPort}`;
    const found = this.#streams.between(from, to);
    const side = found === undefined ? undefined : this.#located.sides.get(sideKey(found.stream, found.from));
    if (side === undefined) {
      this.#blank('bytes of TCP that are in no stream', payload);
      return;
    }
    const syn = (segment.flags & FLAGS.syn) === 0 ? 0 : 1;
    // Sequence numbers wrap around: the offset nearest to where the stream has come is meant.
    const near = this.#positions.get(side) ?? 0;
    const offset = near + ((segment.sequence + syn - side.first - near) | 0);
    if (this.#positions.size > LIMITS.streams * 2) this.#positions.clear();
    this.#positions.set(side, Math.max(near, offset + payload.length));
    replaceSide(side, payload, offset);
    // Bytes that come again may differ from those of the first time, which the edits are for.
    if (offset < near)
      for (const { at, value } of this.#secrets.find(byteText(payload)))
        payload.set(latin1Bytes(value.replacement), at);
  }

  #replaceUdp(packet: IpPacket, time: bigint): void {
    const read = readUdp(packet.payload);
    if (read === undefined) {
      this.#blank('packets that cannot be read', packet.payload);
      return;
    }
    const { payload } = read;
    packet.payload.subarray(8 + payload.length).fill(0);
    const datagram: Datagram = {
      is: 'datagram',
      time,
      payload,
      cut: read.cut || packet.missing > 0,
      from: `${packet.source}:${read.sourcePort}`,
      to: `${packet.destination}:${read.destinationPort}`,
    };
    this.#count += 1;
    const passage = this.#datagrams.push(datagram);
    replaceDatagram(this.#secrets, passage, payload, this.#tally, this.#located.bodies.get(this.#count));
  }

  #blank(what: string, bytes: Uint8Array): void {
    this.#tally.blank(what, bytes.length);
    bytes.fill(0);
  }
}

const NONE = new Uint8Array(0);

/**
 * Rewrites bytes of one side of a stream that begin at this offset; those that were never read are blanked.
 */
function replaceSide({ edits, read }: LocatedSide, bytes: Uint8Array, offset: number): void {
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

function firstBehind(spans: LocatedSide['read'], offset: number): number {
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
