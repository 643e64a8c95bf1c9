/**
 * An ACS that does nothing by itself: the test takes each POST of a modem and decides the answer and its
 * time.
 */
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Args, CpeMethod, Envelope, Header, Message, Request } from '../../../protocol/cwmp/messages.ts';

const PATIENCE_MS = 20_000;
const CWMP_1_0 = 'urn:dslforum-org:cwmp-1-0';

export interface Turn {
  readonly request: http.IncomingMessage;
  readonly body: string;
  /** `undefined`: an empty POST, or something that is no envelope. */
  readonly envelope: Envelope | undefined;
  /** The Inform in it; throws when it holds something else. */
  inform(): Args<'Inform'>;
  /** Its event codes; none for other messages. */
  readonly events: readonly string[];
  informResponse(header?: Header, namespace?: string): void;
  ask(request: Request<CpeMethod>): void;
  send(message: Message, header?: Header, namespace?: string): void;
  status(status: number, headers?: http.OutgoingHttpHeaders, body?: string): void;
  hangUp(): void;
}

export interface TurnAcs {
  readonly url: string;
  readonly port: number;
  /** POSTs that nobody took yet. */
  readonly waiting: number;
  /** The next POST. Rejects when none comes within 20 s. */
  turn(): Promise<Turn>;
  /** The next POST, which is to be an Inform; it is answered, and so is all that follows: with 204. */
  session(): Promise<Args<'Inform'>>;
}

/** Listens on 127.0.0.1 until the test ends; with `tls`, over TLS as `localhost`. */
export async function turnAcs(t: Test, tls?: https.ServerOptions): Promise<TurnAcs> {
  const turns: Turn[] = [];
  const takers: ((turn: Turn) => void)[] = [];
  const serve = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const turn = await readTurn(request, response);
    const taker = takers.shift();
    if (taker === undefined) turns.push(turn);
    else taker(turn);
  };
  const server =
    tls === undefined
      ? http.createServer(serve)
      : https.createServer(tls, serve).on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const turn = (): Promise<Turn> => {
    const first = turns.shift();
    if (first !== undefined) return Promise.resolve(first);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('no POST came')), PATIENCE_MS);
      takers.push((taken) => {
        clearTimeout(timer);
        resolve(taken);
      });
    });
  };
  return {
    url: `${tls === undefined ? 'http://127.0.0.1' : 'https://localhost'}:${port}/cwmp`,
    port,
    get waiting() {
      return turns.length;
    },
    turn,
    async session() {
      const first = await turn();
      first.informResponse();
      (await turn()).status(204);
      return first.inform();
    },
  };
}

async function readTurn(request: http.IncomingMessage, response: http.ServerResponse): Promise<Turn> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const decoded = body.length === 0 ? undefined : decode(body);
  const envelope = decoded?.ok === true ? decoded.value.envelope : undefined;
  const message = envelope?.message;
  const inform = (): Args<'Inform'> => {
    if (message?.kind === 'request' && message.rpc === 'Inform') return message.args;
    throw new Error(`no Inform: ${body.toString().slice(0, 300)}`);
  };
  const isInform = message?.kind === 'request' && message.rpc === 'Inform';
  const send = (sent: Message, header: Header = {}, namespace = CWMP_1_0): void => {
    response.setHeader('Content-Type', 'text/xml; charset=utf-8');
    response.end(encode({ id: envelope?.id ?? 'acs', namespace, header, message: sent }));
  };
  return {
    request,
    body: body.toString(),
    envelope,
    inform,
    events: isInform ? inform().Event.map(({ EventCode }) => EventCode) : [],
    informResponse: (header, namespace) =>
      send({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } }, header, namespace),
    ask: (asked) => send(asked),
    send,
    status: (status, headers, text) => {
      response.writeHead(status, headers).end(text);
    },
    hangUp: () => {
      request.socket.destroy();
    },
  };
}

/** The certificate that the client of a turn showed; `undefined` when it showed none. */
export function clientName({ request: { socket } }: Turn): string | undefined {
  const name = isTls(socket) ? socket.getPeerCertificate().subject?.CN : undefined;
  return typeof name === 'string' ? name : undefined;
}

const isTls = (socket: object): socket is TLSSocket => 'getPeerCertificate' in socket;
