/** Reads and writes TCP segments (RFC 9293 3.1). ./streams.ts reassembles streams. */

import { u16, u32 } from '../file/octets.ts';
import { checksum } from './checksum.ts';
import { PROTOCOLS, pseudoSum, writeIp } from './ip.ts';
import type { Endpoints } from './udp.ts';

export const FLAGS = { fin: 1, syn: 2, reset: 4, push: 8, ack: 16 } as const;

export interface Segment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  /** `undefined` without ACK. */
  readonly acknowledgement: number | undefined;
  /** FLAGS, added up. */
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Reads the payload of an IP packet; `undefined`: it is not a segment. */
export function readTcp(bytes: Uint8Array): Segment | undefined {
  const header = ((bytes[12] ?? 0) >> 4) * 4;
  if (header < 20 || bytes.length < header) return undefined;
  const flags = bytes[13] ?? 0;
  return {
    sourcePort: u16(bytes, 0),
    destinationPort: u16(bytes, 2),
    sequence: u32(bytes, 4),
    acknowledgement: (flags & FLAGS.ack) === 0 ? undefined : u32(bytes, 8),
    flags,
    payload: bytes.subarray(header),
  };
}

/** How far sequence number `a` is ahead of `b`, negative if it is behind: they wrap around (RFC 9293 3.4). */
export const ahead = (a: number, b: number): number => (a - b) | 0;

export interface SegmentToWrite {
  readonly sequence: number;
  readonly acknowledgement?: number | undefined;
  readonly flags: number;
  readonly payload?: Uint8Array;
  /** Identification of the IP packet. */
  readonly id?: number;
}

const WINDOW = 0xffff;

/** A whole IP packet with correct checksums. */
export function writeTcp(ends: Endpoints, segment: SegmentToWrite): Uint8Array {
  const { acknowledgement, flags, id = 0, payload = new Uint8Array(0), sequence } = segment;
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ends.sourcePort);
  view.setUint16(2, ends.destinationPort);
  view.setUint32(4, sequence);
  view.setUint32(8, acknowledgement ?? 0);
  bytes[12] = 0x50;
  bytes[13] = flags | (acknowledgement === undefined ? 0 : FLAGS.ack);
  view.setUint16(14, WINDOW);
  bytes.set(payload, 20);
  const sum = pseudoSum(ends.source, ends.destination, PROTOCOLS.tcp, bytes.length);
  view.setUint16(16, checksum(bytes, sum));
  return writeIp({ source: ends.source, destination: ends.destination, protocol: PROTOCOLS.tcp, id }, bytes);
}
