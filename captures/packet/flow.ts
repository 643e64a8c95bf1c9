/** From frames to what they carry: TCP streams and UDP datagrams. */

import type { CapturedFrame } from '../file/frame.ts';
import { createFragments } from './fragments.ts';
import { PROTOCOLS, readIp } from './ip.ts';
import { readLink } from './link.ts';
import type { StreamEvent } from './streams.ts';
import { createStreams } from './streams.ts';
import { readTcp } from './tcp.ts';
import { readUdp } from './udp.ts';

/** A UDP datagram, put together from its fragments. */
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

/** A comment that the capture holds beside a frame. */
export interface FrameComment {
  readonly is: 'comment';
  readonly time: bigint;
  readonly text: string;
}

export type FlowEvent = StreamEvent | Datagram | FrameComment;

/** How many frames there were, and what became of them. */
export interface Counts {
  frames: number;
  tcp: number;
  udp: number;
  /** IP packets of another protocol, and fragments that found no whole. */
  otherIp: number;
  /** Not IP: ARP and the like. */
  notIp: number;
  /** Of a link type that is not known, or cut or damaged in a header. */
  unreadable: number;
}

export interface Flow {
  readonly counts: Readonly<Counts>;
  push(frame: CapturedFrame): readonly FlowEvent[];
  /** The capture has ended. */
  end(): readonly FlowEvent[];
}

export function createFlow(): Flow {
  const counts: Counts = { frames: 0, tcp: 0, udp: 0, otherIp: 0, notIp: 0, unreadable: 0 };
  const fragments = createFragments();
  const streams = createStreams();

  const carried = ({ bytes, linkType, time }: CapturedFrame): readonly FlowEvent[] => {
    const link = readLink(linkType, bytes);
    if (link.is === 'other') counts.notIp += 1;
    else if (link.is !== 'ip') counts.unreadable += 1;
    if (link.is !== 'ip') return NONE;
    const read = readIp(link.packet);
    if (read === undefined) counts.unreadable += 1;
    const packet = read === undefined ? undefined : fragments.add(read, time);
    if (packet === undefined) return NONE;
    if (packet.protocol === PROTOCOLS.tcp) {
      const segment = readTcp(packet.payload);
      if (segment !== undefined) {
        counts.tcp += 1;
        return streams.push(packet, segment, time);
      }
    } else if (packet.protocol === PROTOCOLS.udp) {
      const datagram = readUdp(packet.payload);
      if (datagram !== undefined) {
        counts.udp += 1;
        const from = `${packet.source}:${datagram.sourcePort}`;
        const to = `${packet.destination}:${datagram.destinationPort}`;
        return [
          {
            is: 'datagram',
            time,
            from,
            to,
            payload: datagram.payload,
            cut: datagram.cut || packet.missing > 0,
          },
        ];
      }
    } else {
      counts.otherIp += 1;
      return NONE;
    }
    counts.unreadable += 1;
    return NONE;
  };

  return {
    counts,
    push(frame) {
      counts.frames += 1;
      const events = carried(frame);
      if (frame.comments.length === 0) return events;
      const comments = frame.comments.map((text) => ({ is: 'comment', time: frame.time, text }) as const);
      return [...comments, ...events];
    },
    end: () => streams.end(),
  };
}

const NONE: readonly FlowEvent[] = [];
