/** A TCP port that hands over its connections, over TLS or not, and closes with all of them. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

export interface PortOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Default 0: the system picks a free one. */
  readonly port?: number | undefined;
  /** The port speaks TLS with this identity. */
  readonly tls?: tls.TlsOptions | undefined;
  /** A connection whose other side has sent its FIN stays open until this side ends it; default false. */
  readonly halfOpen?: boolean | undefined;
  /** Connections at once, at most. */
  readonly maxConnections?: number | undefined;
}

export interface Port {
  readonly host: string;
  readonly port: number;
  /** `now` drops what has not been sent yet. Resolves when the port and all its connections are closed. */
  close(how?: 'now' | 'soon'): Promise<void>;
}

/** Rejects when the address is in use. `accept` is given a connection once its TLS handshake is done. */
export async function openPort(options: PortOptions, accept: (socket: net.Socket) => void): Promise<Port> {
  const host = options.host ?? '127.0.0.1';
  const allowHalfOpen = options.halfOpen ?? false;
  const server =
    options.tls === undefined
      ? net.createServer({ allowHalfOpen })
      : tls.createServer({ ...options.tls, allowHalfOpen });
  if (options.maxConnections !== undefined) server.maxConnections = options.maxConnections;
  const open = new Set<net.Socket>();
  server.on('connection', (socket: net.Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: net.Socket) => {
    socket.on('error', () => undefined).setNoDelay(true);
    accept(socket);
  });
  server.listen(options.port ?? 0, host);
  await once(server, 'listening');
  const address = server.address();
  return {
    host,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    async close(how = 'now') {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) {
        if (how === 'now') socket.destroy();
        else socket.destroySoon();
      }
      await closed;
    },
  };
}
