/**
 * Sits between modems and their ACS, passes everything on unchanged and records it in the clear: TLS ends
 * here, and a new one begins towards the ACS.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { LIMITS } from '../../protocol/limits.ts';
import type { PairEnd, ProxyTarget, RelayedPair } from './proxy-pair.ts';
import { OLD_TLS, reasonOf, relay } from './proxy-pair.ts';
import type { Recorder } from './record.ts';
import { textOf } from './record.ts';

export interface ProxyOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** If modems speak TLS: the proxy's own certificate and key (PEM). */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly target: ProxyTarget;
  readonly recorder: Recorder;
  readonly onEvent?: (event: ProxyEvent) => void;
  /** Maximum simultaneous connections of modems; default: LIMITS.proxyConnections. */
  readonly connections?: number;
  readonly connectMs?: number;
  readonly silentMs?: number;
}

/** `modem` and `acs` are `address:port`. */
export type ProxyEvent =
  | { readonly is: 'opened'; readonly number: number; readonly modem: string; readonly acs: string }
  | ({ readonly is: 'closed'; readonly number: number; readonly modem: string } & PairEnd)
  /** A modem that was turned away: there were too many, or its TLS handshake failed. */
  | {
      readonly is: 'refused';
      readonly modem: string;
      readonly why: 'too-many' | 'tls';
      readonly error: string;
    };

export interface ProxyCounts {
  /** Connections of modems now. */
  readonly open: number;
  readonly finished: number;
  /** Broken, refused, or without an ACS. */
  readonly failed: number;
  readonly bytes: number;
}

export interface RecordingProxy {
  readonly address: string;
  readonly port: number;
  readonly counts: () => ProxyCounts;
  /** Ends all connections, and resolves once the last is recorded. */
  readonly stop: () => Promise<void>;
}

/** Rejects with node's error when it cannot listen, or when the certificate is unusable. */
export async function startProxy(options: ProxyOptions): Promise<RecordingProxy> {
  const proxy = new ConnectionProxy(options);
  const server = listener(
    options,
    options.connectMs ?? LIMITS.proxyConnectMs,
    (socket) => proxy.accept(socket),
    (modem, why, error) => proxy.refuse(modem, why, error),
  );
  const { connections = LIMITS.proxyConnections } = options;
  server.maxConnections = connections;
  server.on('drop', ({ remoteAddress, remotePort }: net.DropArgument = {}) => {
    const modem = textOf({ address: remoteAddress, port: remotePort });
    proxy.refuse(modem, 'too-many', `there are ${connections} connections already`);
  });
  // Including those that have not finished their TLS handshake.
  const sockets = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port } = addressOf(server);
  const stop = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    const none = proxy.stop();
    for (const socket of sockets) socket.destroy();
    await Promise.all([closed, none]);
  };
  return { address, port, counts: () => proxy.counts, stop };
}

class ConnectionProxy {
  readonly #options: ProxyOptions;
  readonly #pairs = new Set<RelayedPair>();
  readonly #counts = { open: 0, finished: 0, failed: 0, bytes: 0 };
  #number = 0;
  #onNone = (): void => undefined;

  constructor(options: ProxyOptions) {
    this.#options = options;
  }

  get counts(): ProxyCounts {
    return { ...this.#counts };
  }

  accept(socket: net.Socket): void {
    const { connectMs = LIMITS.proxyConnectMs, silentMs = LIMITS.proxySilentMs } = this.#options;
    const { recorder, target } = this.#options;
    this.#number += 1;
    const number = this.#number;
    const modem = textOf({ address: socket.remoteAddress, port: socket.remotePort });
    this.#counts.open += 1;
    const pair = relay(socket, {
      number,
      target,
      recorder,
      connectMs,
      silentMs,
      onOpen: (acs) => this.#emit({ is: 'opened', number, modem, acs: textOf(acs) }),
      onBytes: (count) => {
        this.#counts.bytes += count;
      },
      onEnd: (end) => {
        this.#pairs.delete(pair);
        this.#ended(number, modem, end);
      },
    });
    this.#pairs.add(pair);
  }

  refuse(modem: string, why: 'too-many' | 'tls', error: string): void {
    this.#counts.failed += 1;
    this.#emit({ is: 'refused', modem, why, error });
  }

  /** Resolves when no connection is left. */
  stop(): Promise<void> {
    const none = new Promise<void>((resolve) => {
      this.#onNone = resolve;
      if (this.#pairs.size === 0) resolve();
    });
    for (const pair of this.#pairs) pair.end('stopped');
    return none;
  }

  #ended(number: number, modem: string, end: PairEnd): void {
    this.#counts.open -= 1;
    if (end.how === 'finished' || end.how === 'stopped') this.#counts.finished += 1;
    else this.#counts.failed += 1;
    this.#emit({ is: 'closed', number, modem, ...end });
    if (this.#pairs.size === 0) this.#onNone();
  }

  #emit(event: ProxyEvent): void {
    this.#options.onEvent?.(event);
  }
}

function listener(
  { recorder, tls: own }: ProxyOptions,
  handshakeTimeout: number,
  accept: (socket: net.Socket) => void,
  refuse: (modem: string, why: 'tls', error: string) => void,
): net.Server {
  const settings = { allowHalfOpen: true, noDelay: true };
  if (own === undefined) return net.createServer({ ...settings, pauseOnConnect: true }, accept);
  const server = tls.createServer({ ...settings, ...own, ...OLD_TLS, handshakeTimeout }, accept);
  return server.on('tlsClientError', (error, socket) => {
    const modem = { address: socket.remoteAddress, port: socket.remotePort };
    const connection = recorder.connection(modem, { address: socket.localAddress, port: socket.localPort });
    connection.comment(`no TLS with the modem: ${reasonOf(error)}`);
    connection.over();
    socket.destroy();
    refuse(textOf(modem), 'tls', reasonOf(error));
  });
}

function addressOf(server: net.Server): { readonly address: string; readonly port: number } {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound : { address: '', port: 0 };
}
