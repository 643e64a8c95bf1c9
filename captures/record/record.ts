/**
 * Writes a capture from inside a process: what its sockets send and receive becomes packets with the real
 * addresses, ports and times. Handshakes, sequence numbers and acknowledgements are made up, so that
 * Wireshark can follow the streams.
 */
import { LINK_TYPES } from '../file/frame.ts';
import { pcapngInterface, pcapngPacket, pcapngSection } from '../file/pcapng-write.ts';
import { addressBytes } from '../packet/ip.ts';
import type { Side } from '../packet/streams.ts';
import { FLAGS, writeTcp } from '../packet/tcp.ts';
import type { Endpoints } from '../packet/udp.ts';
import { writeUdp } from '../packet/udp.ts';

export interface Endpoint {
  /** As Node gives it: dotted, IPv6, or IPv4 mapped into IPv6; `undefined`: the socket is closed. */
  readonly address: string | undefined;
  readonly port: number | undefined;
}

/** Records one TCP connection. */
export interface RecordedConnection {
  /** Bytes that one side sent, above TLS if there is TLS. */
  said(from: Side, bytes: Uint8Array): void;
  /** A comment on the next packet of the connection. */
  comment(text: string): void;
  /** One side has sent FIN, or reset the connection; nothing is written for it after that. */
  closed(by: Side, how: 'finished' | 'reset'): void;
  /** Ends the connection: sides that are still open send FIN. */
  over(): void;
}

export interface Recorder {
  /** A connection that begins now, with a comment on its first packet. */
  connection(client: Endpoint, server: Endpoint, comment?: string): RecordedConnection;
  datagram(from: Endpoint, to: Endpoint, bytes: Uint8Array, comment?: string): void;
}

export interface RecorderOptions {
  /** Receives the bytes of the file, piece by piece. */
  readonly write: (bytes: Uint8Array) => void;
  /** Nanoseconds since 1970. */
  readonly now: () => bigint;
  /** The program, as the file names it. */
  readonly application: string;
}

/** Maximum bytes of a segment: what Ethernet carries. */
const SEGMENT = 1460;
/** Difference between the initial sequence numbers of connections. */
const STEP = 0x10000;

export const createRecorder = (options: RecorderOptions): Recorder => new PacketRecorder(options);

class PacketRecorder implements Recorder {
  readonly #options: RecorderOptions;
  #id = 0;
  #connections = 0;
  #last = 0n;

  constructor(options: RecorderOptions) {
    this.#options = options;
    options.write(pcapngSection({ application: options.application }));
    options.write(pcapngInterface({ linkType: LINK_TYPES.raw, name: 'modemlab' }));
  }

  /** Bound, so that other recorders can spread them. */
  readonly connection = (client: Endpoint, server: Endpoint, comment?: string): RecordedConnection => {
    this.#connections += 1;
    const initial = this.#connections * STEP;
    return new ConnectionRecorder(this, endsOf(client, server), initial, comment);
  };

  readonly datagram = (from: Endpoint, to: Endpoint, bytes: Uint8Array, comment?: string): void => {
    this.put(writeUdp(endsOf(from, to), bytes, this.nextId()), comment === undefined ? [] : [comment]);
  };

  nextId(): number {
    this.#id = (this.#id + 1) & 0xffff;
    return this.#id;
  }

  /** Times never go back: a clock that is set while it records would change the order of packets. */
  put(bytes: Uint8Array, comments: readonly string[]): void {
    const time = this.#options.now();
    if (time > this.#last) this.#last = time;
    const packet = { time: this.#last, bytes, originalLength: bytes.length, comments };
    this.#options.write(pcapngPacket(packet));
  }
}

const peerOf = (side: Side): Side => (side === 'client' ? 'server' : 'client');

class ConnectionRecorder implements RecordedConnection {
  readonly #recorder: PacketRecorder;
  readonly #ends: Readonly<Record<Side, Endpoints>>;
  readonly #next: Record<Side, number>;
  readonly #finished: Record<Side, boolean> = { client: false, server: false };
  #comments: string[];
  #isOver = false;

  /** Records the handshake. `initial`: the sequence number that both sides begin with. */
  constructor(recorder: PacketRecorder, ends: Endpoints, initial: number, comment: string | undefined) {
    this.#recorder = recorder;
    this.#ends = { client: ends, server: reversed(ends) };
    this.#next = { client: initial, server: initial };
    this.#comments = comment === undefined ? [] : [comment];
    this.#send('client', FLAGS.syn);
    this.#send('server', FLAGS.syn);
    this.#send('client', 0);
  }

  said(from: Side, bytes: Uint8Array): void {
    if (this.#isOver || this.#finished[from]) return;
    for (let at = 0; at < bytes.length; at += SEGMENT)
      this.#send(from, FLAGS.push, bytes.subarray(at, at + SEGMENT));
    if (bytes.length > 0) this.#send(peerOf(from), 0);
  }

  comment(text: string): void {
    this.#comments.push(text);
  }

  closed(by: Side, how: 'finished' | 'reset'): void {
    // A reset may still come after FIN (RFC 9293 3.10.7.4).
    if (this.#isOver || (how === 'finished' && this.#finished[by])) return;
    if (how === 'reset') {
      this.#isOver = true;
      this.#send(by, FLAGS.reset);
      return;
    }
    this.#finished[by] = true;
    this.#send(by, FLAGS.fin);
    const peer = peerOf(by);
    this.#send(peer, 0);
    this.#isOver = this.#finished[peer];
  }

  over(): void {
    this.closed('client', 'finished');
    this.closed('server', 'finished');
  }

  #send(from: Side, flags: number, payload?: Uint8Array): void {
    const isFirst = from === 'client' && (flags & FLAGS.syn) !== 0;
    const acknowledgement = isFirst ? undefined : this.#next[peerOf(from)];
    const id = this.#recorder.nextId();
    const segment = { sequence: this.#next[from], acknowledgement, flags, id };
    const packet = writeTcp(this.#ends[from], payload === undefined ? segment : { ...segment, payload });
    const counted = (flags & (FLAGS.syn | FLAGS.fin)) === 0 ? 0 : 1;
    this.#next[from] = (this.#next[from] + (payload?.length ?? 0) + counted) >>> 0;
    const comments = this.#comments;
    this.#comments = [];
    this.#recorder.put(packet, comments);
  }
}

const reversed = ({ destination, destinationPort, source, sourcePort }: Endpoints): Endpoints => ({
  source: destination,
  destination: source,
  sourcePort: destinationPort,
  destinationPort: sourcePort,
});

/** `address:port`; mapped IPv4 addresses are dotted. */
export const textOf = ({ address = '', port = 0 }: Endpoint): string =>
  `${address.replace(/^::ffff:(?=\d+\.)/i, '')}:${port}`;

/**
 * Both ends in one family: IPv4 next to IPv6 is mapped (RFC 4291 2.5.5.2), for proxies between the two. An
 * unknown address becomes the unspecified one.
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
    source: fit(source),
    destination: fit(destination),
    sourcePort: from.port ?? 0,
    destinationPort: to.port ?? 0,
  };
}

function plainAddress({ address }: Endpoint): Uint8Array | undefined {
  return address === undefined ? undefined : addressBytes(address.replace(/^::ffff:(?=\d+\.)/i, ''));
}
