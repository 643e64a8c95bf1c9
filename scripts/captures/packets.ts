/** Conversations as packets. */
import type { CapturedFrame } from '../../captures/file/frame.ts';
import { LINK_TYPES } from '../../captures/file/frame.ts';
import { addressBytes } from '../../captures/packet/ip.ts';
import { writeLink } from '../../captures/packet/link.ts';
import type { Side } from '../../captures/packet/streams.ts';
import { FLAGS, writeTcp } from '../../captures/packet/tcp.ts';

export interface Said {
  readonly from: Side;
  readonly bytes: Uint8Array;
}

export interface Manner {
  readonly handshake: boolean;
  readonly ending: 'fin' | 'reset' | 'none';
  /** Lengths of segments, used in turn, and by how many bytes each goes back over what was sent already. */
  readonly cuts: readonly { readonly length: number; readonly back: number }[];
  readonly initial: readonly [client: number, server: number];
  readonly v6: boolean;
  readonly clientPort: number;
}

export const PLAIN: Manner = {
  handshake: true,
  ending: 'fin',
  cuts: [{ length: 1460, back: 0 }],
  initial: [1000, 2000],
  v6: false,
  clientPort: 50000,
};

const bytesOf = (address: string): Uint8Array => addressBytes(address) ?? new Uint8Array(4);

/** The IP packets of a conversation between port 50000 and port 7547, in their order. */
export function packetsOf(said: readonly Said[], how: Manner = PLAIN): Uint8Array[] {
  const client = bytesOf(how.v6 ? '2001:db8::2' : '192.0.2.2');
  const server = bytesOf(how.v6 ? '2001:db8::1' : '192.0.2.1');
  const next = { client: how.initial[0], server: how.initial[1] };
  /** The last bytes that each side sent: a segment may go back over them. */
  const sent: Record<Side, Uint8Array> = { client: new Uint8Array(0), server: new Uint8Array(0) };
  const packets: Uint8Array[] = [];
  const write = (from: Side, flags: number, payload = new Uint8Array(0), back = 0, ack = true): void => {
    const ends =
      from === 'client'
        ? { source: client, destination: server, sourcePort: how.clientPort, destinationPort: 7547 }
        : { source: server, destination: client, sourcePort: 7547, destinationPort: how.clientPort };
    const acknowledgement = ack ? next[from === 'client' ? 'server' : 'client'] >>> 0 : undefined;
    packets.push(writeTcp(ends, { sequence: (next[from] - back) >>> 0, acknowledgement, flags, payload }));
    const length = payload.length - back + (flags & (FLAGS.syn | FLAGS.fin) ? 1 : 0);
    next[from] = (next[from] + length) >>> 0;
  };
  if (how.handshake) {
    write('client', FLAGS.syn, undefined, 0, false);
    write('server', FLAGS.syn);
    write('client', 0);
  }
  let turn = 0;
  for (const { from, bytes } of said) {
    for (let at = 0; at < bytes.length; turn += 1) {
      const { length, back } = how.cuts[turn % how.cuts.length] ?? { length: 1460, back: 0 };
      const again = back === 0 ? new Uint8Array(0) : sent[from].slice(-back);
      const payload = Buffer.concat([again, bytes.subarray(at, at + length)]);
      write(from, FLAGS.push, Uint8Array.from(payload), again.length);
      sent[from] = payload.subarray(-100);
      at += length;
    }
    write(from === 'client' ? 'server' : 'client', 0);
  }
  if (how.ending === 'fin') {
    write('client', FLAGS.fin);
    write('server', FLAGS.fin);
    write('client', 0);
  } else if (how.ending === 'reset') write('client', FLAGS.reset);
  return packets;
}

/** Frames that carry these packets, a millisecond from each other. */
export function framesOf(
  packets: readonly Uint8Array[],
  linkType: number = LINK_TYPES.ethernet,
  tags: readonly number[] = [],
): CapturedFrame[] {
  return packets.map((packet, index) => {
    const bytes = writeLink(linkType, packet, tags);
    const time = 1_700_000_000_000_000_000n + BigInt(index) * 1_000_000n;
    return { time, linkType, bytes, originalLength: bytes.length, comments: [] };
  });
}
