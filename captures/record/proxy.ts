/**
 * Stands between modems and their ACS, passes all on unchanged and records it in the clear: TLS is ended here, and begun again
 * towards the ACS.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { LIMITS } from '../../protocol/limits.ts';
import type { PairEnd, PairParts, ProxyTarget, RelayedPair } from './proxy-pair.ts';
import { OLD_TLS, reasonOf, relay } from './proxy-pair.ts';
import type { Recorder } from './record.ts';
import { textOf } from './record.ts';

export interface ProxyOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Modems speak TLS, and this is who we are (PEM). */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly target: ProxyTarget;
  readonly recorder: Recorder;
  readonly onEvent?: (event: ProxyEvent) => void;
  /** Connections of modems at a time; LIMITS.proxyConnections when absent. */
  readonly connections?: number;
  readonly connectMs?: number;
  readonly silentMs?: number;
}

/** `modem` and `acs` are `address:port`. */
export type ProxyEvent =
  | { readonly is: 'opened'; readonly number: number; readonly modem: string; readonly acs: string }
  | ({ readonly is: 'closed'; readonly number: number; readonly modem: string } & PairEnd)
  /** A modem that came to nothing: there were too many, or TLS with it failed. */
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
  /** Ends all connections, and resolves when the last is recorded. */
  readonly stop: () => Promise<void>;
}

/** Rejects with node's error when it cannot listen, or the certificate is none. */
export async function startProxy(options: ProxyOptions): Promise<RecordingProxy> {
  const { connectMs = LIMITS.proxyConnectMs, onEvent = () => undefined } = options;
  const { connections = LIMITS.proxyConnections, silentMs = LIMITS.proxySilentMs } = options;
  const counts = { open: 0, finished: 0, failed: 0, bytes: 0 };
  const pairs = new Set<RelayedPair>();
  let onNone = (): void => undefined;
  const sockets = new Set<net.Socket>();
  let number = 0;

  const refuse = (modem: string, why: 'too-many' | 'tls', error: string): void => {
    counts.failed += 1;
    onEvent({ is: 'refused', modem, why, error });
  };

  const accept = (socket: net.Socket): void => {
    number += 1;
    const mine = number;
    const modem = textOf({ address: socket.remoteAddress, port: socket.remotePort });
    counts.open += 1;
    const parts: PairParts = {
      ...{ number, target: options.target, recorder: options.recorder, connectMs, silentMs },
      onOpen: (acs) => onEvent({ is: 'opened', number: mine, modem, acs: textOf(acs) }),
      onBytes: (count) => {
        counts.bytes += count;
      },
      onEnd: (end) => {
        pairs.delete(pair);
        counts.open -= 1;
        if (end.how === 'finished' || end.how === 'stopped') counts.finished += 1;
        else counts.failed += 1;
        onEvent({ is: 'closed', number: mine, modem, ...end });
        if (pairs.size === 0) onNone();
      },
    };
    const pair = relay(socket, parts);
    pairs.add(pair);
  };

  const server = listener(options, connectMs, accept, refuse);
  server.maxConnections = connections;
  server.on('drop', ({ remoteAddress, remotePort }: net.DropArgument = {}) =>
    refuse(
      textOf({ address: remoteAddress, port: remotePort }),
      'too-many',
      `there are ${connections} connections already`,
    ),
  );
  // Those that have not come through with TLS yet, too.
  server.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { address, port } = addressOf(server);
  return {
    ...{ address, port, counts: () => ({ ...counts }) },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      const none = new Promise<void>((resolve) => {
        onNone = resolve;
        if (pairs.size === 0) resolve();
      });
      for (const pair of pairs) pair.end('stopped');
      for (const socket of sockets) socket.destroy();
      await Promise.all([closed, none]);
    },
  };
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
