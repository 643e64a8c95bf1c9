/**
 * Records the datagrams of a process, each once, as on the line. A multicast datagram, sent by this process
 * or another, reaches several of its sockets; such copies are left out.
 */
import type { Endpoint } from '../../protocol/ipv4.ts';
import { EVERYBODY, NO_ADDRESS } from '../../protocol/ipv4.ts';
import { createDatagrams } from '../conversation/datagrams.ts';
import { byteText } from '../file/octets.ts';
import type { Datagram } from '../packet/flow.ts';
import { recordDatagram } from '../story/story-datagrams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { Recorder } from './record.ts';

/** Records what one socket sends and receives. */
export interface RecordedDatagrams {
  sent(bytes: Uint8Array, to: Endpoint): void;
  heard(bytes: Uint8Array, from: Endpoint): void;
}

/** How many of the latest datagrams are checked for copies. */
const REMEMBERED = 256;

/**
 * Returns a function to call for each socket with the address it is bound to. Comments name the messages.
 */
export function recordDatagrams(recorder: Recorder): (local: Endpoint) => RecordedDatagrams {
  const copies = new Copies();
  const datagrams = createDatagrams();
  const put = (from: Endpoint, to: Endpoint, bytes: Uint8Array): void =>
    recorder.datagram(from, to, bytes, commentOf(datagrams.push(datagramOf(from, to, bytes))));

  return (local) => {
    const socket = Symbol();
    return {
      sent(bytes, to) {
        const from = ownEnd(local, to, NO_ADDRESS);
        copies.sent(keyOf(from, to, bytes));
        put(from, to, bytes);
      },
      heard(bytes, from) {
        // What arrives at an unbound socket was sent to everybody, or a socket with that address would have
        // got it.
        const to = ownEnd(local, from, EVERYBODY);
        if (!copies.isCopy(keyOf(from, to, bytes), socket)) put(from, to, bytes);
      },
    };
  };
}

/**
 * The address of a socket as its peer sees it: Node does not say which local address a datagram came to.
 */
function ownEnd({ address, port }: Endpoint, peer: Endpoint, otherwise: string): Endpoint {
  if (address !== NO_ADDRESS) return { address, port };
  return { address: peer.address.startsWith('127.') ? peer.address : otherwise, port };
}

class Copies {
  /** The sockets that have received a datagram. */
  readonly #hearers = new Map<string, Set<symbol>>();

  sent(key: string): void {
    this.#hearers.delete(key);
    this.#remember(key, new Set());
  }

  /** Whether it is recorded already; if a socket receives the same twice, the second is another datagram. */
  isCopy(key: string, socket: symbol): boolean {
    const known = this.#hearers.get(key);
    if (known !== undefined && !known.has(socket)) {
      known.add(socket);
      return true;
    }
    this.#hearers.delete(key);
    this.#remember(key, new Set([socket]));
    return false;
  }

  #remember(key: string, sockets: Set<symbol>): void {
    this.#hearers.set(key, sockets);
    const [oldest] = this.#hearers.keys();
    if (this.#hearers.size > REMEMBERED && oldest !== undefined) this.#hearers.delete(oldest);
  }
}

const textOf = ({ address, port }: Endpoint): string => `${address}:${port}`;

const keyOf = (from: Endpoint, to: Endpoint, bytes: Uint8Array): string =>
  `${textOf(from)} ${textOf(to)} ${byteText(bytes)}`;

/** The time is not used here. */
const datagramOf = (from: Endpoint, to: Endpoint, payload: Uint8Array): Datagram => ({
  is: 'datagram',
  time: 0n,
  from: textOf(from),
  to: textOf(to),
  payload,
  cut: false,
});

/** Kind and main arguments of the message: for MDAP the ant and the command. */
function commentOf(events: ReturnType<ReturnType<typeof createDatagrams>['push']>): string | undefined {
  const texts = events.flatMap((event) => {
    if (event.is === 'tftp-transfer')
      return [`transfer ${event.outcome}: ${event.file}, ${event.bytes} bytes`];
    const record = recordDatagram(event);
    return record === undefined ? [] : [`${record.protocol} ${record.what} ${record.telling}`.trimEnd()];
  });
  return texts.length === 0 ? undefined : `${OWN_COMMENT}${texts.join('; ')}`;
}
