/**
 * The ACS's sockets: HTTP as real modems speak it, authentication, limits. ../session/exchange.ts has the
 * answers.
 */
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { DEFAULT_CIPHERS } from 'node:tls';
import { ModemlabError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { errorFields } from '../log.ts';
import type { Answer } from '../session/answer.ts';
import type { ExchangeContext } from '../session/exchange.ts';
import { exchange } from '../session/exchange.ts';
import type { Authenticator } from './auth.ts';
import type { Body } from './body.ts';
import { readBody } from './body.ts';
import { FILES_PATH, serveFile } from './files.ts';

/** Modems of 2006 know nothing newer; OpenSSL 3 has TLS below 1.2 only at its lowest security level. */
const OLD_TLS = { minVersion: 'TLSv1', ciphers: `${DEFAULT_CIPHERS}:@SECLEVEL=0` } as const;

export interface ServerOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly tls: { readonly cert: string | Buffer; readonly key: string | Buffer } | undefined;
  readonly authenticator: Authenticator | undefined;
  /** Milliseconds without a byte of a body. */
  readonly bodyIdleMs: number;
  /** How many connections one address, other than loopback, may have open. */
  readonly connectionsPerAddress: number;
  /** Folder of the files for Download and from Upload; none without a data folder. */
  readonly files: string | undefined;
  /** Called with each connection before its first byte; above TLS where there is TLS. */
  readonly onConnection: ((socket: Socket) => void) | undefined;
}

export interface HttpServer {
  readonly url: string;
  readonly port: number;
  readonly openConnections: number;
  accept(socket: Socket): void;
  close(): Promise<void>;
}

export async function startServer(options: ServerOptions, context: ExchangeContext): Promise<HttpServer> {
  const { now } = context;
  const server = createFor(options, (request, response) => {
    // Node sets the header itself, from the system's clock.
    if (now !== Date.now) response.setHeader('Date', new Date(now()).toUTCString());
    handle(options, context, request, response).catch((error: unknown) => {
      context.log.error(errorFields(error), 'a request failed');
      request.socket.destroy();
    });
  });
  const connections = limitConnections(server, options.connectionsPerAddress);
  const { sessions } = context;
  // One function for all connections, not one for each.
  function ended(this: Socket): void {
    sessions.connectionEnded(this);
  }
  server.on('connection', (socket: Socket) => {
    socket.on('end', ended).on('close', ended);
  });
  if (options.onConnection !== undefined)
    server.on(options.tls === undefined ? 'connection' : 'secureConnection', options.onConnection);
  const address = await listen(server, options);
  const shown = options.host === '0.0.0.0' || options.host === '::' ? 'localhost' : options.host;
  const host = shown.includes(':') ? `[${shown}]` : shown;
  return {
    url: `http${options.tls === undefined ? '' : 's'}://${host}:${address.port}/`,
    port: address.port,
    get openConnections() {
      return connections.size;
    },
    accept: (socket) => {
      server.emit('connection', socket);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function createFor(options: ServerOptions, listener: RequestListener): Server {
  const settings = {
    // Thomson sends an empty POST without any header, not even Host (Q-HT-06); others end lines with a bare
    // LF.
    requireHostHeader: false,
    insecureHTTPParser: true,
    maxHeaderSize: LIMITS.headerBytes,
    // A session may think between two requests; its own timeout ends it.
    keepAliveTimeout: 120_000,
    requestTimeout: 0,
    headersTimeout: 60_000,
    noDelay: true,
  };
  const server =
    options.tls === undefined
      ? createServer(settings, listener)
      : createTlsServer({ ...settings, ...options.tls, ...OLD_TLS }, listener);
  // A client that sends FIN after its request still waits for the answer (Q-XT-01); node:http would close
  // too. The property is as old as node:http, but its types lack it.
  Reflect.set(server, 'httpAllowHalfOpen', true);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // What is not HTTP gets an answer; after a reset there is nobody left to read one.
    if (error.code?.startsWith('HPE_') === true && socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

const isLoopback = (address: string): boolean => address === '::1' || /^(::ffff:)?127\./.test(address);

/** Refuses connections of an address that has too many. The returned set holds all that are open. */
function limitConnections(server: Server, max: number): ReadonlySet<Socket> {
  const all = new Set<Socket>();
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    const count = (open.get(address) ?? 0) + 1;
    all.add(socket);
    open.set(address, count);
    socket.once('close', () => {
      all.delete(socket);
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
    if (count > max && !isLoopback(address)) socket.destroy();
  });
  return all;
}

function listen(server: Server, { host, port }: ServerOptions): Promise<AddressInfo> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const place = `${host}:${port}`;
      reject(
        new ModemlabError(error.code === 'EADDRINUSE' ? 'E_ADDRESS_IN_USE' : 'E_CONFIG', place, {
          cause: error,
        }),
      );
    });
    // Thousands of modems call at once after a power cut (Q-EV-10).
    server.listen({ host, port, backlog: 4096 }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string')
        reject(new ModemlabError('E_CONFIG', `${host}:${port}`));
      else resolve(address);
    });
  });
}

async function handle(
  options: ServerOptions,
  context: ExchangeContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (options.files !== undefined && request.url?.startsWith(FILES_PATH)) {
    await serveFile(options.files, request, response);
    return;
  }
  if (request.method !== 'POST') {
    request.resume();
    response.writeHead(405, { Allow: 'POST', 'Content-Length': 0 }).end();
    return;
  }
  const limits = { bytes: context.maxBodyBytes, idleMs: options.bodyIdleMs };
  const challenge = options.authenticator && (await challengeOf(options.authenticator, request, context));
  // Read to its end in any case: the answer to a challenge must come on this very connection (TR-069a6
  // 3.4.2).
  const body = await readBody(request, request.headers, limits);
  if (!body.ok) refuseBody(body, response);
  else if (challenge === 'unavailable') write(response, { status: 503, text: '', close: true });
  else if (challenge !== undefined)
    response.writeHead(401, { 'WWW-Authenticate': [...challenge], 'Content-Length': 0 }).end();
  else write(response, await exchange(context, request, body.value));
}

/**
 * What to challenge with; `undefined` when the request is authentic, `unavailable` when that cannot be found
 * out.
 */
async function challengeOf(
  authenticator: Authenticator,
  request: IncomingMessage,
  { log }: ExchangeContext,
): Promise<readonly string[] | 'unavailable' | undefined> {
  const address = request.socket.remoteAddress;
  try {
    const { method = '', url = '/', headers } = request;
    const result = await authenticator.check(method, url, headers.authorization);
    if (result.ok) return undefined;
    if (result.attempted && !result.stale) log.warn({ address, code: 'E_AUTH_FAILED' }, 'wrong credentials');
    return result.challenge;
  } catch (error) {
    log.error({ address, ...errorFields(error) }, 'cannot look up the credentials');
    return 'unavailable';
  }
}

function refuseBody(body: Extract<Body, { ok: false }>, response: ServerResponse): void {
  const { code } = body.error;
  const status =
    code === 'E_TOO_LARGE' ? 413 : code === 'E_ENCODING' ? 415 : code === 'E_BODY_IDLE' ? 408 : 400;
  write(response, { status, text: `${code}\n`, close: true });
}

function write(response: ServerResponse, { status, text, cookie, close }: Answer): void {
  if (response.destroyed) return;
  const headers: string[] = [];
  // A 204 has neither Content-Type nor Content-Length: some firmware stalls on them (Q-HT-13).
  if (status !== 204)
    headers.push(
      'Content-Type',
      status === 200 ? 'text/xml; charset=utf-8' : 'text/plain',
      'Content-Length',
      String(text.length),
    );
  if (cookie !== undefined) headers.push('Set-Cookie', cookie);
  if (close === true) headers.push('Connection', 'close');
  if (status === 503) headers.push('Retry-After', '10');
  response.writeHead(status, headers);
  response.end(text, 'latin1');
}
