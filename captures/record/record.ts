/**
 * Writes a capture from inside a process: what its sockets sent and received becomes packets with their real addresses,
 * ports and times. Handshakes, sequence numbers and acknowledgements are made up, so that Wireshark follows the streams.
 */
import { LINK_TYPES } from '../file/frame.ts';
import { pcapngInterface, pcapngPacket, pcapngSection } from '../file/pcapng-write.ts';
import { addressBytes } from '../packet/ip.ts';
import type { Side } from '../packet/streams.ts';
import { FLAGS, writeTcp } from '../packet/tcp.ts';
import type { Endpoints } from '../packet/udp.ts';
import { writeUdp } from '../packet/udp.ts';

export interface Endpoint {
  /** As node tells it: dotted, IPv6, or IPv4 mapped into IPv6; `undefined` where a socket has lost it. */
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** A TCP connection as it is recorded. */
export interface RecordedConnection {
  /** Bytes of one side, above TLS where there is TLS. */
  said(from: Side, bytes: Uint8Array): void;
  /** A comment at the next packet of the connection. */
  comment(text: string): void;
  /** One side has sent FIN, or reset the connection; after that nothing of it is written. */
  closed(by: Side, how: 'finished' | 'reset'): void;
  /** Nothing comes any more: what is not closed yet is closed by FIN. */
  over(): void;
}

export interface Recorder {
  /** A connection that is there now; the comment stands at its first packet. */
  connection(client: Endpoint, server: Endpoint, comment?: string): RecordedConnection;
  datagram(from: Endpoint, to: Endpoint, bytes: Uint8Array, comment?: string): void;
}

export interface RecorderOptions {
  /** Takes the bytes of the file, piece by piece. */
  readonly write: (bytes: Uint8Array) => void;
  /** Nanoseconds since 1970. */
  readonly now: () => bigint;
  /** The program, as the file names it. */
  readonly application: string;
}

/** Bytes of one segment: what Ethernet carries. */
const SEGMENT = 1460;
/** Distance of the sequence numbers that connections begin with. */
const STEP = 0x10000;

export function createRecorder({ application, now, write }: RecorderOptions): Recorder {
  let id = 0;
  let connections = 0;
  let last = 0n;
  write(pcapngSection({ application }));
  write(pcapngInterface({ linkType: LINK_TYPES.raw, name: 'modemlab' }));

  const nextId = (): number => {
    id = (id + 1) & 0xffff;
    return id;
  };

  /** Times never go back: a clock that is set while it records would turn packets round. */
  const put = (bytes: Uint8Array, comments: readonly string[]): void => {
    const time = now();
    last = time > last ? time : last;
    write(pcapngPacket({ time: last, bytes, originalLength: bytes.length, comments }));
  };

  return {
    connection(client, server, comment) {
      connections += 1;
      const ends = endsOf(client, server);
      return recordConnection(ends, connections * STEP, nextId, put, comment);
    },
    datagram(from, to, bytes, comment) {
      put(writeUdp(endsOf(from, to), bytes, nextId()), comment === undefined ? [] : [comment]);
    },
  };
}

function recordConnection(
  ends: Endpoints,
  initial: number,
  nextId: () => number,
  put: (bytes: Uint8Array, comments: readonly string[]) => void,
  comment: string | undefined,
): RecordedConnection {
  const next = { client: initial, server: initial };
  const finished = { client: false, server: false };
  let comments: string[] = comment === undefined ? [] : [comment];
  let over = false;
  const back: Endpoints = {
    ...{ source: ends.destination, destination: ends.source },
    ...{ sourcePort: ends.destinationPort, destinationPort: ends.sourcePort },
  };

  const send = (from: Side, flags: number, payload?: Uint8Array): void => {
    const isFirst = from === 'client' && (flags & FLAGS.syn) !== 0;
    const acknowledgement = isFirst ? undefined : next[from === 'client' ? 'server' : 'client'];
    const segment = { sequence: next[from], acknowledgement, flags, id: nextId() };
    const packet = writeTcp(
      from === 'client' ? ends : back,
      payload === undefined ? segment : { ...segment, payload },
    );
    const counted = (flags & (FLAGS.syn | FLAGS.fin)) === 0 ? 0 : 1;
    next[from] = (next[from] + (payload?.length ?? 0) + counted) >>> 0;
    const told = comments;
    comments = [];
    put(packet, told);
  };

  send('client', FLAGS.syn);
  send('server', FLAGS.syn);
  send('client', 0);

  const close = (by: Side, how: 'finished' | 'reset'): void => {
    // A reset may still come after FIN (RFC 9293 3.10.7.4).
    if (over || (how === 'finished' && finished[by])) return;
    if (how === 'reset') {
      over = true;
      send(by, FLAGS.reset);
      return;
    }
    finished[by] = true;
    send(by, FLAGS.fin);
    const peer = by === 'client' ? 'server' : 'client';
    send(peer, 0);
    over = finished[peer];
  };

  return {
    said(from, bytes) {
      if (over || finished[from]) return;
      for (let at = 0; at < bytes.length; at += SEGMENT)
        send(from, FLAGS.push, bytes.subarray(at, at + SEGMENT));
      if (bytes.length > 0) send(from === 'client' ? 'server' : 'client', 0);
    },
    comment(text) {
      comments.push(text);
    },
    closed: close,
    over() {
      close('client', 'finished');
      close('server', 'finished');
    },
  };
}

/** `address:port`, IPv4 in its own spelling. */
export const textOf = ({ address = '', port = 0 }: Endpoint): string =>
  `${address.replace(/^::ffff:(?=\d+\.)/i, '')}:${port}`;

/**
 * Both ends in one family: IPv4 beside IPv6 as it is mapped into it (RFC 4291 2.5.5.2), as a proxy between the two needs it. What
 * is not known is written as the unspecified address.
 */
function endsOf(from: Endpoint, to: Endpoint): Endpoints {
  const [source, destination] = [plainAddress(from), plainAddress(to)];
  const v6 = source?.length === 16 || destination?.length === 16;
  const length = v6 ? 16 : 4;
  const fit = (bytes: Uint8Array | undefined): Uint8Array => {
    if (bytes === undefined || bytes.length === length) return bytes ?? new Uint8Array(length);
    return Uint8Array.of(...new Uint8Array(10), 0xff, 0xff, ...bytes);
  };
  return {
    ...{ source: fit(source), destination: fit(destination) },
    ...{ sourcePort: from.port ?? 0, destinationPort: to.port ?? 0 },
  };
}

function plainAddress({ address }: Endpoint): Uint8Array | undefined {
  return address === undefined ? undefined : addressBytes(address.replace(/^::ffff:(?=\d+\.)/i, ''));
}
