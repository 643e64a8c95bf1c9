/** Reads and writes UDP datagrams (RFC 768). */

import { u16 } from '../file/octets.ts';
import { checksum } from './checksum.ts';
import type { PacketHead } from './ip.ts';
import { PROTOCOLS, pseudoSum, writeIp } from './ip.ts';

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  /** The capture has cut it. */
  readonly cut: boolean;
}

/** Reads the payload of an IP packet; `undefined`: it is not a datagram. */
export function readUdp(bytes: Uint8Array): UdpDatagram | undefined {
  if (bytes.length < 8) return undefined;
  const length = u16(bytes, 4) || bytes.length;
  if (length < 8) return undefined;
  return {
    sourcePort: u16(bytes, 0),
    destinationPort: u16(bytes, 2),
    payload: bytes.subarray(8, Math.min(length, bytes.length)),
    cut: length > bytes.length,
  };
}

export interface Endpoints {
  /** Both of one family, as `addressBytes` returns them. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** A whole IP packet. */
export function writeUdp(ends: Endpoints, payload: Uint8Array, id = 0): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ends.sourcePort);
  view.setUint16(2, ends.destinationPort);
  view.setUint16(4, bytes.length);
  bytes.set(payload, 8);
  const sum = checksum(bytes, pseudoSum(ends.source, ends.destination, PROTOCOLS.udp, bytes.length));
  // 0 would mean that there is no checksum.
  view.setUint16(6, sum === 0 ? 0xffff : sum);
  const head: PacketHead = {
    source: ends.source,
    destination: ends.destination,
    protocol: PROTOCOLS.udp,
    id,
  };
  return writeIp(head, bytes);
}
