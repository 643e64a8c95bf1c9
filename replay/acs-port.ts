/**
 * The port of a replayed ACS: requests are read as leniently as captures are, responses are written as bytes.
 */
import type { Socket } from 'node:net';
import { decodeBody } from '../captures/http/http-body.ts';
import { headerOf } from '../captures/http/http-head.ts';
import type { RawMessage } from '../captures/http/http-reader.ts';
import { HttpReader } from '../captures/http/http-reader.ts';
import { openPort } from '../peers/port.ts';
import { ModemlabError } from '../protocol/errors.ts';
import { LIMITS } from '../protocol/limits.ts';

export interface PortOptions {
  readonly host: string;
  /** 0 picks a free port. */
  readonly port: number;
  /** If the ACS speaks TLS: its certificate and key (PEM). */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  readonly onConnection: ((socket: Socket) => void) | undefined;
  /** Gives what is sent to a POST; `last`: the connection ends with it. `undefined`: it ends without. */
  readonly answer: (post: LivePost, socket: Socket) => Promise<Reply | undefined>;
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
  const { host, tls } = options;
  const budget = { held: 0 };
  const accept = (socket: Socket): void => {
    options.onConnection?.(socket);
    serve(options, socket, budget);
  };
  const maxConnections = LIMITS.proxyConnections;
  const opened = await openPort({ host, port: options.port, tls, maxConnections }, accept).catch((cause) => {
    const why = cause instanceof Error ? cause.message : '';
    throw new ModemlabError('E_ADDRESS_IN_USE', `${host}:${options.port}: ${why}`, { cause });
  });
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    url: `http${tls === undefined ? '' : 's'}://${name}:${opened.port}/`,
    close: () => opened.close('soon'),
  };
}

function serve({ answer }: PortOptions, socket: Socket, budget: { held: number }): void {
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
