/**
 * The port of a replayed ACS: requests are read as leniently as captures are, responses are written as bytes.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { decodeBody } from '../captures/http/http-body.ts';
import { headerOf } from '../captures/http/http-head.ts';
import type { RawMessage } from '../captures/http/http-reader.ts';
import { HttpReader } from '../captures/http/http-reader.ts';
import { ModemlabError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

export interface PortOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** If the ACS speaks TLS: its certificate and key (PEM). */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly onConnection: ((socket: net.Socket) => void) | undefined;
  /**
   * Returns the response to a POST; `last`: the connection ends after it. `undefined`: it ends without a
   * response.
   */
  readonly answer: (post: LivePost, socket: net.Socket) => Promise<Reply | undefined>;
}

export interface LivePost {
  readonly raw: RawMessage;
  readonly body: Uint8Array;
}

export interface Reply {
  readonly bytes: Uint8Array;
  readonly last: boolean;
}

export interface AcsPort {
  readonly url: string;
  /** Resolves when all connections are closed; written responses are still sent. */
  close(): Promise<void>;
}

/** Rejects with E_ADDRESS_IN_USE. */
export async function openAcsPort(options: PortOptions): Promise<AcsPort> {
  const open = new Set<net.Socket>();
  const budget = { held: 0 };
  const server = options.tls === undefined ? net.createServer() : tls.createServer(options.tls);
  server.maxConnections = LIMITS.proxyConnections;
  server.on('connection', (socket: net.Socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.on(options.tls === undefined ? 'connection' : 'secureConnection', (socket: net.Socket) => {
    socket.on('error', () => undefined).setNoDelay(true);
    options.onConnection?.(socket);
    serve(options, socket, budget);
  });
  try {
    server.listen(options.port, options.host);
    await once(server, 'listening');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : '';
    throw new ModemlabError('E_ADDRESS_IN_USE', `${options.host}:${options.port}: ${why}`, { cause });
  }
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http${options.tls === undefined ? '' : 's'}://${host}:${port}/`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of open) socket.destroySoon();
      await closed;
    },
  };
}

function serve({ answer }: PortOptions, socket: net.Socket, budget: { held: number }): void {
  let before: Promise<void> = Promise.resolve();
  const take = async (raw: RawMessage): Promise<void> => {
    const body = decodeBody(raw.body, headerOf(raw.head.headers, 'content-encoding')) ?? raw.body;
    const reply = await answer({ raw, body }, socket);
    if (reply === undefined) socket.destroy();
    else if (reply.last) socket.end(reply.bytes);
    else socket.write(reply.bytes);
  };
  const reader = new HttpReader(
    {
      began: ({ headers }) => {
        // RFC 9110 10.1.1
        if (/100-continue/i.test(headerOf(headers, 'expect') ?? ''))
          socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      },
      message: (raw) => {
        before = before.then(() => take(raw)).catch(() => void socket.destroy());
      },
      skipped: () => socket.destroy(),
      asked: () => undefined,
    },
    budget,
    true,
  );
  socket.on('data', (bytes: Buffer) => reader.push(bytes, 0n)).on('close', () => reader.end(false, 0n));
}
