/** From frames to their contents: TCP streams and UDP datagrams. */

import type { CapturedFrame } from '../file/frame.ts';
import { createFragments } from './fragments.ts';
import type { IpPacket } from './ip.ts';
import { PROTOCOLS, readIp } from './ip.ts';
import { readLink } from './link.ts';
import type { StreamEvent } from './streams.ts';
import { createStreams } from './streams.ts';
import { readTcp } from './tcp.ts';
import { readUdp } from './udp.ts';

/** A UDP datagram, reassembled. */
export interface Datagram {
  readonly is: 'datagram';
  readonly time: bigint;
  /** `address:port` */
  readonly from: string;
  readonly to: string;
  readonly payload: Uint8Array;
  /** The capture has cut it. */
  readonly cut: boolean;
}

/** A comment on a frame in the capture. */
export interface FrameComment {
  readonly is: 'comment';
  readonly time: bigint;
  readonly text: string;
}

export type FlowEvent = StreamEvent | Datagram | FrameComment;

/** How many frames there were, by their contents. */
export interface Counts {
  frames: number;
  tcp: number;
  udp: number;
  /** IP packets of another protocol. */
  otherIp: number;
  /** Not IP: ARP and the like. */
  notIp: number;
  /** Of an unknown link type, or with a header that is cut or damaged. */
  unreadable: number;
}

export interface Flow {
  readonly counts: Readonly<Counts>;
  push(frame: CapturedFrame): readonly FlowEvent[];
  /** The capture has ended. */
  end(): readonly FlowEvent[];
}

export const createFlow = (): Flow => new FrameReader();

class FrameReader implements Flow {
  readonly counts: Counts = { frames: 0, tcp: 0, udp: 0, otherIp: 0, notIp: 0, unreadable: 0 };
  readonly #fragments = createFragments();
  readonly #streams = createStreams();

  push(frame: CapturedFrame): readonly FlowEvent[] {
    this.counts.frames += 1;
    const events = this.#read(frame);
    if (frame.comments.length === 0) return events;
    const comments = frame.comments.map((text) => ({ is: 'comment', time: frame.time, text }) as const);
    return [...comments, ...events];
  }

  end(): readonly FlowEvent[] {
    return this.#streams.end();
  }

  #read({ bytes, linkType, time }: CapturedFrame): readonly FlowEvent[] {
    const link = readLink(linkType, bytes);
    if (link.is === 'other') this.counts.notIp += 1;
    else if (link.is !== 'ip') this.counts.unreadable += 1;
    if (link.is !== 'ip') return NONE;
    const read = readIp(link.packet);
    if (read === undefined) return this.#unreadable();
    const packet = this.#fragments.add(read, time);
    if (packet === undefined) return NONE;
    switch (packet.protocol) {
      case PROTOCOLS.tcp:
        return this.#readTcp(packet, time);
      case PROTOCOLS.udp:
        return this.#readUdp(packet, time);
      default:
        this.counts.otherIp += 1;
        return NONE;
    }
  }

  #readTcp(packet: IpPacket, time: bigint): readonly FlowEvent[] {
    const segment = readTcp(packet.payload);
    if (segment === undefined) return this.#unreadable();
    this.counts.tcp += 1;
    return this.#streams.push(packet, segment, time);
  }

  #readUdp(packet: IpPacket, time: bigint): readonly FlowEvent[] {
    const datagram = readUdp(packet.payload);
    if (datagram === undefined) return this.#unreadable();
    this.counts.udp += 1;
    const from = `${packet.source}:${datagram.sourcePort}`;
    const to = `${packet.destination}:${datagram.destinationPort}`;
    const cut = datagram.cut || packet.missing > 0;
    return [{ is: 'datagram', time, from, to, payload: datagram.payload, cut }];
  }

  #unreadable(): readonly FlowEvent[] {
    this.counts.unreadable += 1;
    return NONE;
  }
}

const NONE: readonly FlowEvent[] = [];
