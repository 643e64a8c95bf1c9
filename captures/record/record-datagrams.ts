/**
 * Records the datagrams of a process: each once, as it was on the line. What one of its sockets sends to a
 * group others of them hear, and what somebody sends to a group all of them hear; such copies are left out.
 */
import type { Endpoint } from '../../protocol/ipv4.ts';
import { EVERYBODY, NO_ADDRESS } from '../../protocol/ipv4.ts';
import { createDatagrams } from '../conversation/datagrams.ts';
import type { Datagram } from '../packet/flow.ts';
import { recordDatagram } from '../story/story-datagrams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { Recorder } from './record.ts';

/** Is told what one socket sends and hears. */
export interface RecordedDatagrams {
  sent(bytes: Uint8Array, to: Endpoint): void;
  heard(bytes: Uint8Array, from: Endpoint): void;
}

/** Datagrams whose copies are looked for: those of a moment. */
const REMEMBERED = 256;

/**
 * A function that is called for each socket with the address that it is bound to. Messages are named in
 * comments.
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
        // What comes to a socket of no address was sent to all, or it would have come to one that has the
        // address.
        const to = ownEnd(local, from, EVERYBODY);
        if (!copies.isCopy(keyOf(from, to, bytes), socket)) put(from, to, bytes);
      },
    };
  };
}

/**
 * Where a socket is, seen from its peer: node does not tell which address of the machine a datagram came to.
 */
function ownEnd({ address, port }: Endpoint, peer: Endpoint, otherwise: string): Endpoint {
  if (address !== NO_ADDRESS) return { address, port };
  return { address: peer.address.startsWith('127.') ? peer.address : otherwise, port };
}

class Copies {
  /** The sockets that have heard a datagram. */
  readonly #hearers = new Map<string, Set<symbol>>();

  sent(key: string): void {
    this.#hearers.delete(key);
    this.#remember(key, new Set());
  }

  /** Whether it is on the record; a socket that hears it again hears another one. */
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
  `${textOf(from)} ${textOf(to)} ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')}`;

/** What is told of it has no time here. */
const datagramOf = (from: Endpoint, to: Endpoint, payload: Uint8Array): Datagram => ({
  is: 'datagram',
  time: 0n,
  from: textOf(from),
  to: textOf(to),
  payload,
  cut: false,
});

/** Kind of the message, and what tells it from others: of MDAP the ant and the command. */
function commentOf(events: ReturnType<ReturnType<typeof createDatagrams>['push']>): string | undefined {
  const texts = events.flatMap((event) => {
    if (event.is === 'tftp-transfer')
      return [`transfer ${event.outcome}: ${event.file}, ${event.bytes} bytes`];
    const record = recordDatagram(event);
    return record === undefined ? [] : [`${record.protocol} ${record.what} ${record.telling}`.trimEnd()];
  });
  return texts.length === 0 ? undefined : `${OWN_COMMENT}${texts.join('; ')}`;
}
