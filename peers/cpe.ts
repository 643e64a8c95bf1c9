/** A scripted CPE sends the bytes it is given and nothing else, and reads one response at a time. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { decodeString } from '../protocol/cwmp/decode.ts';
import type { Envelope } from '../protocol/cwmp/messages.ts';
import type { HttpResponse } from './http-message.ts';
import { hasHeader, readResponse, writeMessage } from './http-message.ts';
import type { InformOf } from './samples/invented-modem.ts';
import { informText } from './samples/invented-modem.ts';
import { SocketReader } from './socket-reader.ts';

export interface CpeOptions {
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Connect with TLS; `true` accepts any certificate. */
  readonly tls?: boolean | ConnectionOptions | undefined;
}

export class ScriptedCpe {
  readonly socket: Socket;
  /** Resolves when the connection is closed, from whichever side. */
  readonly closed: Promise<void>;
  readonly #reader: SocketReader;
  readonly #responses: HttpResponse[] = [];

  /** Takes a socket that is connected or is going to be. */
  constructor(socket: Socket) {
    this.socket = socket;
    this.#reader = new SocketReader(socket);
    this.closed = new Promise((resolve) => {
      socket.once('close', () => resolve());
    });
  }

  /** All responses that were read. */
  get responses(): readonly HttpResponse[] {
    return this.#responses;
  }

  /** Bytes that came and are part of no response that was read. */
  get unread(): Buffer {
    return this.#reader.unread;
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next response; rejects with ConnectionOver when the connection ends before it is whole. */
  async response(): Promise<HttpResponse> {
    const response = await readResponse(this.#reader);
    this.#responses.push(response);
    return response;
  }

  /** A POST, and the response to it. */
  async exchange(body: string | Uint8Array, headers: readonly string[] = []): Promise<HttpResponse> {
    this.send(post(body, headers));
    return this.response();
  }

  /** Opens a session with an Inform. Throws when it is answered with anything but an InformResponse. */
  async inform(of: InformOf = {}, headers: readonly string[] = []): Promise<HttpResponse> {
    const response = await this.exchange(informText(of), headers);
    const { message } = envelopeOf(response);
    if (message.kind === 'response' && message.rpc === 'Inform') return response;
    throw new Error(`the Inform was answered with ${message.kind}`);
  }

  /** Sends a FIN and still reads. */
  end(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** Resolves when the connection, with TLS its handshake too, is established. */
export async function connectCpe(port: number, options: CpeOptions = {}): Promise<ScriptedCpe> {
  const { host = '127.0.0.1', tls = false } = options;
  const settings = tls === true ? { rejectUnauthorized: false } : tls;
  const socket = settings === false ? connect({ port, host }) : connectTls({ ...settings, port, host });
  const cpe = new ScriptedCpe(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(settings === false ? 'connect' : 'secureConnect', () => resolve()).once('error', reject);
  });
  return cpe;
}

/** A POST. A correct Content-Length is added, unless `headers` have one or a Transfer-Encoding. */
export function post(body: string | Uint8Array, headers: readonly string[] = []): Buffer {
  const isFramed = hasHeader(headers, 'Content-Length') || hasHeader(headers, 'Transfer-Encoding');
  const framing = isFramed ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
  return writeMessage('POST / HTTP/1.1', ['Host: 127.0.0.1', ...headers, ...framing], body);
}

/** The cookie of a response as a client sends it back; empty when it sets none. */
export const cookieOf = ({ headers }: HttpResponse): string =>
  (headers.get('set-cookie') ?? '').split(';')[0] ?? '';

/** The envelope in a response; throws when there is none. */
export function envelopeOf({ body, status }: HttpResponse): Envelope {
  const decoded = decodeString(body);
  if (!decoded.ok) throw new Error(`${status} ${body.slice(0, 200)}: ${decoded.error.code}`);
  return decoded.value.envelope;
}
