/**
 * One connection of a modem to the proxy, and the one that the proxy opens to the ACS for it. Bytes, half
 * close and reset pass from one to the other unchanged; neither is read faster than the other takes it.
 */
import net from 'node:net';
import tls from 'node:tls';
import type { Side } from '../packet/streams.ts';
import { OWN_COMMENT } from '../story/story-record.ts';
import type { Endpoint, RecordedConnection, Recorder } from './record.ts';
import { textOf } from './record.ts';

/**
 * Both sides may date from 2006. OpenSSL 3 has TLS below 1.2 only on its lowest security level.
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
 * How a pair ended: `unreachable` before there was one, `silent` after a long time without any bytes.
 */
export type PairEnding = 'finished' | 'reset' | 'silent' | 'unreachable' | 'stopped';

export interface PairEnd {
  readonly how: PairEnding;
  /** The side that ended it, if one did. */
  readonly by: Side | undefined;
  /** What went wrong. */
  readonly error: string | undefined;
  /** Bytes that each side sent, above TLS. */
  readonly bytes: Readonly<Record<Side, number>>;
}

export interface PairParts {
  readonly number: number;
  readonly target: ProxyTarget;
  readonly recorder: Recorder;
  readonly connectMs: number;
  readonly silentMs: number;
  readonly onOpen: (acs: Endpoint) => void;
  /** Bytes came from either side. */
  readonly onBytes: (count: number) => void;
  readonly onEnd: (end: PairEnd) => void;
}

export interface RelayedPair {
  end(how: 'stopped'): void;
}

/** Begins at once; the socket must not be flowing yet. `onEnd` is never called before this returns. */
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
    // One stream, as if there were no proxy: with two, every message would be in the file twice.
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
    // Both sides have sent everything.
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
      // The address of the ACS is unknown: the modem's peer was this proxy.
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

/** Sends a reset where that is possible: a TLS socket can only be closed. */
function breakOff(socket: net.Socket): void {
  if (socket.connecting || socket.destroyed || socket instanceof tls.TLSSocket) socket.destroy();
  else socket.resetAndDestroy();
}

const remoteOf = (socket: net.Socket): Endpoint => ({
  address: socket.remoteAddress,
  port: socket.remotePort,
});

const localOf = (socket: net.Socket): Endpoint => ({ address: socket.localAddress, port: socket.localPort });

/** If several addresses failed, the error has a code but no text. */
export const reasonOf = (error: NodeJS.ErrnoException): string =>
  error.message === '' ? (error.code ?? error.name) : error.message;
