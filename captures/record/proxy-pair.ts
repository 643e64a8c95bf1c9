/**
 * One connection of a modem to the proxy, and the one that the proxy makes to the ACS for it. What comes on
 * the one leaves by the other, unchanged: bytes, half close and reset; neither is read faster than the other
 * takes it.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { Side } from '../packet/streams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { Endpoint, RecordedConnection, Recorder } from './record.ts';
import { textOf } from './record.ts';

/**
 * What speaks here may be of 2006, on both sides. OpenSSL 3 has TLS below 1.2 on its lowest security level
 * alone.
 */
export const OLD_TLS = { minVersion: 'TLSv1', ciphers: `${tls.DEFAULT_CIPHERS}:@SECLEVEL=0` } as const;

/** Where the ACS is. */
export interface ProxyTarget {
  readonly host: string;
  readonly port: number;
  /** `undefined`: plain TCP. */
  readonly tls: tls.ConnectionOptions | undefined;
}

/**
 * How a pair ended: `unreachable` before there was one, `silent` after a long time in which nobody said
 * anything.
 */
export type PairEnding = 'finished' | 'reset' | 'silent' | 'unreachable' | 'stopped';

export interface PairEnd {
  readonly how: PairEnding;
  /** Which side began it, where one did. */
  readonly by: Side | undefined;
  /** What went wrong. */
  readonly error: string | undefined;
  /** Bytes that each side said, above TLS. */
  readonly bytes: Readonly<Record<Side, number>>;
}

export interface PairParts {
  readonly number: number;
  readonly target: ProxyTarget;
  readonly recorder: Recorder;
  readonly connectMs: number;
  readonly silentMs: number;
  readonly onOpen: (acs: Endpoint) => void;
  /** Bytes came, of either side. */
  readonly onBytes: (count: number) => void;
  readonly onEnd: (end: PairEnd) => void;
}

export interface RelayedPair {
  end(how: 'stopped'): void;
}

/** Begins at once; the socket must not flow yet. `onEnd` is called later than it answers. */
export const relay = (modem: net.Socket, parts: PairParts): RelayedPair => new Pair(modem, parts);

class Pair implements RelayedPair {
  readonly #sockets: Readonly<Record<Side, net.Socket>>;
  readonly #parts: PairParts;
  readonly #modemEnd: Endpoint;
  readonly #ownEnd: Endpoint;
  readonly #bytes: Record<Side, number> = { client: 0, server: 0 };
  readonly #timer: NodeJS.Timeout;
  #connection: RecordedConnection | undefined;
  #ended: Pick<PairEnd, 'how' | 'by' | 'error'> | undefined;
  readonly #through: Record<Side, boolean> = { client: false, server: false };
  #open = 2;

  constructor(modem: net.Socket, parts: PairParts) {
    const { target } = parts;
    this.#parts = parts;
    this.#modemEnd = remoteOf(modem);
    this.#ownEnd = localOf(modem);
    const where = { host: target.host, port: target.port, allowHalfOpen: true, noDelay: true };
    const acs =
      target.tls === undefined ? net.connect(where) : tls.connect({ ...where, ...OLD_TLS, ...target.tls });
    this.#sockets = { client: modem, server: acs };
    this.#timer = setTimeout(
      () => this.end('unreachable', 'server', `no answer in ${parts.connectMs} ms`),
      parts.connectMs,
    );
    acs.once(target.tls === undefined ? 'connect' : 'secureConnect', () => this.#begin());
    for (const side of ['client', 'server'] as const) {
      const socket = this.#sockets[side];
      socket.on('error', (error) => this.#broken(side, error));
      socket.on('close', () => this.#closed());
      socket.setTimeout(parts.silentMs, () => this.end('silent'));
    }
  }

  #begin(): void {
    clearTimeout(this.#timer);
    if (this.#ended !== undefined) return;
    const { number, onOpen, recorder } = this.#parts;
    const { server } = this.#sockets;
    const far = remoteOf(server);
    // One stream, as if there were no proxy: two would say everything twice to whoever reads the file.
    const way = [this.#modemEnd, this.#ownEnd, localOf(server), far].map(textOf).join(' > ');
    this.#connection = recorder.connection(
      this.#modemEnd,
      far,
      `${OWN_COMMENT}connection ${number} of the proxy, ${way}`,
    );
    onOpen(far);
    this.#pump('client', 'server');
    this.#pump('server', 'client');
  }

  #pump(from: Side, to: Side): void {
    const socket = this.#sockets[from];
    socket.on('data', (chunk: Uint8Array) => {
      this.#bytes[from] += chunk.length;
      this.#parts.onBytes(chunk.length);
      this.#connection?.said(from, chunk);
    });
    socket.on('end', () => {
      this.#through[from] = true;
      this.#connection?.closed(from, 'finished');
    });
    socket.pipe(this.#sockets[to]);
  }

  #broken(side: Side, error: NodeJS.ErrnoException): void {
    // All is said, and on its way.
    if (this.#through.client && this.#through.server) return;
    const why = reasonOf(error);
    if (this.#connection !== undefined) this.end('reset', side, why);
    else if (side === 'client') this.end('reset', side, why);
    else this.end('unreachable', side, why);
  }

  end(how: PairEnding, by?: Side, error?: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = { how, by, error };
    clearTimeout(this.#timer);
    if (this.#connection === undefined && how === 'unreachable') {
      // Nobody knows the address of the ACS: the modem spoke to us.
      this.#connection = this.#parts.recorder.connection(this.#modemEnd, this.#ownEnd);
      this.#connection.comment(`the ACS cannot be reached: ${error ?? ''}`);
      this.#connection.closed('server', 'reset');
    }
    if (how === 'reset' && by !== undefined) this.#connection?.closed(by, 'reset');
    for (const socket of Object.values(this.#sockets)) {
      if (how === 'reset' || how === 'unreachable') breakOff(socket);
      else socket.destroy();
    }
  }

  #closed(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    clearTimeout(this.#timer);
    this.#connection?.over();
    const ended = this.#ended ?? { how: 'finished', by: undefined, error: undefined };
    this.#parts.onEnd({ ...ended, bytes: this.#bytes });
  }
}

/** A reset where that can be sent: a socket of TLS can only be closed. */
function breakOff(socket: net.Socket): void {
  if (socket.connecting || socket.destroyed || socket instanceof tls.TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

const remoteOf = (socket: net.Socket): Endpoint => ({
  address: socket.remoteAddress,
  port: socket.remotePort,
});

const localOf = (socket: net.Socket): Endpoint => ({ address: socket.localAddress, port: socket.localPort });

/** Several addresses were tried in vain: their error has a code and no text. */
export const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.message === '' ? (error.code ?? error.name) : error.message;
