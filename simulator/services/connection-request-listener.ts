/** One HTTP port at which all modems of a process are called, each by its own path. */
import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { networkInterfaces } from 'node:os';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Callee, ConnectionRequestListener } from '../connection-request-types.ts';
import type { Device } from '../device/device.ts';
import type { Asked, Verdict } from './connection-request.ts';
import { answerLines, isDisabled, judge, pathOf, serve } from './connection-request.ts';
import { Nonces } from './connection-request-nonce.ts';

export interface ListenerOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0, the default, picks a free one. SpeedTouch listens on 51005. */
  readonly port?: number;
  /** The host in ConnectionRequestURL; the one it is bound to when absent. */
  readonly advertisedHost?: string;
  /** For one modem: its path is exactly that of its profile, which may be the same on all modems. */
  readonly exclusive?: boolean;
  /** The same seed gives the same nonces at the same time. */
  readonly seed?: string | number;
  /** Real milliseconds since 1970. */
  readonly clock?: () => number;
}

/** Real milliseconds after which a caller that sends nothing more, or gets no answer, is disconnected. */
const PATIENCE_MS = 10_000;
const MAX_CONNECTIONS = 4096;
/**
 * Simulated milliseconds by which the answer is delayed on a modem that opens its session first (Q-CR-01).
 */
export const LATE_MS = 5000;
const MAX_HEADER_BYTES = 8 * 1024;

/** Opens the port. Rejects with ModemlabError E_ADDRESS_IN_USE, or E_CONFIG when it cannot be bound. */
export async function createConnectionRequestListener(
  options: ListenerOptions = {},
): Promise<ConnectionRequestListener> {
  const listener = new Listener(options);
  await listener.open();
  return listener;
}

class Listener implements ConnectionRequestListener {
  readonly #options: ListenerOptions;
  readonly #server: http.Server;
  readonly #nonces: Nonces;
  readonly #modems = new Map<string, Callee>();
  /** Paths of devices whose own path was taken: they have the same seed and index as another. */
  readonly #others = new WeakMap<Device, string>();
  #address = '';
  #port = 0;

  constructor(options: ListenerOptions) {
    const { seed = 0, clock = Date.now } = options;
    this.#options = options;
    this.#nonces = new Nonces(createHash('sha256').update(`nonces ${seed}`).digest(), clock);
    this.#server = http.createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: PATIENCE_MS,
        headersTimeout: PATIENCE_MS,
        keepAliveTimeout: PATIENCE_MS,
        connectionsCheckingInterval: PATIENCE_MS,
      },
      (request, response) => this.#answer(request, response),
    );
    this.#server.timeout = PATIENCE_MS;
    this.#server.maxConnections = MAX_CONNECTIONS;
    // Anything but HTTP gets no answer: the port serves nothing else (TR-069a6 3.2.2.2).
    this.#server.on('clientError', (_, socket) => socket.destroy());
  }

  get host(): string {
    const { advertisedHost } = this.#options;
    if (advertisedHost !== undefined) return advertisedHost;
    const isAny = this.#address === '0.0.0.0' || this.#address === '::';
    return isAny ? ownAddress() : this.#address;
  }

  get address(): string {
    return this.#address;
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => {
        const code = error.code === 'EADDRINUSE' ? 'E_ADDRESS_IN_USE' : 'E_CONFIG';
        reject(new ModemlabError(code, `${host}:${port}: ${error.message}`, { cause: error }));
      };
      server.once('error', fail);
      server.listen(port, host, () => {
        server.off('error', fail);
        resolve();
      });
    });
    const bound = server.address();
    if (typeof bound !== 'object' || bound === null) return;
    this.#address = bound.address;
    this.#port = bound.port;
  }

  urlOf(device: Device): string {
    if (isDisabled({ device })) return '';
    const { host } = this;
    return `http://${net.isIPv6(host) ? `[${host}]` : host}:${this.#port}${this.#path(device)}`;
  }

  /** The path of its profile; one that all modems of a model share is made unique by a random suffix. */
  #path(device: Device): string {
    const other = this.#others.get(device);
    if (other !== undefined) return other;
    const { path } = device.profile.connectionRequest;
    if (path.includes('${') || this.#options.exclusive === true) return device.expand(path);
    return device.expand(`${path.replace(/\/$/, '')}/\${hex:32}`);
  }

  add(modem: Callee): void {
    const own = this.#path(modem.device);
    let path = own;
    for (let number = 2; (this.#modems.get(path) ?? modem) !== modem; number++) path = `${own}-${number}`;
    if (path !== own) this.#others.set(modem.device, path);
    this.#modems.set(path, modem);
  }

  remove(modem: Callee): void {
    const path = this.#path(modem.device);
    if (this.#modems.get(path) === modem) this.#modems.delete(path);
  }

  async close(): Promise<void> {
    this.#modems.clear();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    // A body is ignored (TR-069a6 3.2.2.2).
    request.resume();
    const { method = '', url: target = '' } = request;
    const path = pathOf(target);
    const modem = this.#modems.get(path);
    if (modem === undefined) {
      write(response, 404, NOT_FOUND);
      return;
    }
    const silent = unreachable(modem);
    if (silent !== undefined) {
      const close = silent === 'disabled' || modem.device.profile.connectionRequest.whileBooting === 'close';
      modem.emit('connection-request', { via: 'http', ok: false, status: 0, why: silent });
      // A caller that is to get no answer at all is disconnected by the server's time limit.
      if (close) request.socket.destroy();
      return;
    }
    const asked: Asked = { method, target, path, authorization: request.headers.authorization };
    const verdict = judge(modem, asked, this.#nonces);
    const call = callOf(verdict);
    const answer = (): void =>
      write(response, verdict.status, answerLines(modem, verdict, asked, this.#nonces));
    if (call.ok && modem.device.profile.connectionRequest.session === 'before') {
      serve(modem, call);
      modem.scheduler.after(LATE_MS, answer);
      return;
    }
    // First the answer, then the session (TR-069a6 3.2.2.2), even if the caller did not wait for it.
    response.once('close', () => serve(modem, call));
    answer();
  }
}

const NOT_FOUND: Lines = [
  ['Content-Length', '0'],
  ['Connection', 'close'],
];

type Lines = readonly (readonly [name: string, value: string])[];

function callOf({ status, why }: Verdict) {
  return { via: 'http', ok: status < 300, status, why } as const;
}

function unreachable(modem: Callee): 'booting' | 'disabled' | undefined {
  if (!modem.on) return 'booting';
  return isDisabled(modem) || !modem.device.client.takesCalls ? 'disabled' : undefined;
}

/** Exactly these lines in this order. */
function write(response: http.ServerResponse, status: number, lines: Lines): void {
  response.sendDate = false;
  response.writeHead(status, lines.flat());
  response.end();
}

/** An address at which others can reach this host. */
function ownAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}
