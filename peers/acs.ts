/**
 * A scripted ACS sends nothing but what a script says. Each request is a turn: either the script answers it,
 * or the caller takes it with `next()` and answers it. Every turn is kept.
 */
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import type { Args } from '../protocol/cwmp/messages.ts';
import type { Answer } from './answer.ts';
import { NO_CONTENT } from './answer.ts';
import { readRequest } from './http-message.ts';
import type { Port } from './port.ts';
import { openPort } from './port.ts';
import { SocketReader } from './socket-reader.ts';
import { Turn } from './turn.ts';

/**
 * The answer to a turn, now or when the promise resolves; `undefined`: the turn waits for `turn.answer()`.
 */
export type Script = (turn: Turn) => Answer | undefined | Promise<Answer | undefined>;

export interface ScriptedAcsOptions {
  readonly script?: Script | undefined;
  /** Milliseconds that `next()` waits for a request; default 20,000. */
  readonly patienceMs?: number | undefined;
}

export interface StartOptions extends ScriptedAcsOptions {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  /** It speaks TLS, as `localhost`. */
  readonly tls?: TlsOptions | undefined;
}

const PATIENCE_MS = 20_000;

export class ScriptedAcs {
  readonly #script: Script;
  readonly #patienceMs: number;
  readonly #turns: Turn[] = [];
  readonly #wakers = new Set<() => void>();
  readonly #sockets = new Set<Socket>();
  #taken = 0;
  #connections = 0;
  #stopped = false;
  #error: { readonly thrown: unknown } | undefined;

  constructor({ script = () => undefined, patienceMs = PATIENCE_MS }: ScriptedAcsOptions = {}) {
    this.#script = script;
    this.#patienceMs = patienceMs;
  }

  /** All requests so far, with what was answered. */
  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** Connections so far, those without a request too. */
  get connections(): number {
    return this.#connections;
  }

  /** Requests that `next()` has not returned yet. */
  get waiting(): number {
    return this.#turns.length - this.#taken;
  }

  /** The oldest request that it has not returned yet. Rejects when none comes in time, or the ACS stops. */
  async next(): Promise<Turn> {
    const number = this.#taken;
    this.#taken += 1;
    for (;;) {
      const turn = this.#turns[number];
      if (turn !== undefined) return turn;
      if (this.#stopped) throw new Error('the ACS is stopped');
      await this.#wait();
    }
  }

  /**
   * Answers the next request, which has to be an Inform, with InformResponse and the one after it with 204.
   */
  async session(): Promise<Args<'Inform'>> {
    const first = await this.next();
    first.informResponse();
    (await this.next()).answer(NO_CONTENT);
    return first.inform();
  }

  /** Serves a connection, wherever it comes from. */
  accept(socket: Socket): void {
    this.#connections += 1;
    this.#sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    void this.#serve(socket, this.#connections).catch(() => socket.destroy());
  }

  /** Closes all connections. Rejects with the first error that the script threw. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#wake();
    if (this.#error !== undefined) throw this.#error.thrown;
  }

  async #serve(socket: Socket, connection: number): Promise<void> {
    const reader = new SocketReader(socket);
    const began = (headers: ReadonlyMap<string, string>): void => {
      // RFC 9110 10.1.1
      if (/100-continue/i.test(headers.get('expect') ?? '')) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    };
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => resolve());
    });
    for (;;) {
      const request = await readRequest(reader, began);
      if (request === undefined) break;
      const turn = new Turn(request, socket, this.#turns.length + 1, connection);
      this.#turns.push(turn);
      this.#play(turn);
      this.#wake();
      await Promise.race([turn.settled, closed]);
    }
    socket.end();
  }

  /** An answer that is no promise is sent before this returns. */
  #play(turn: Turn): void {
    const failed = (thrown: unknown): void => {
      this.#error ??= { thrown };
      turn.socket.destroy();
    };
    const answer = (given: Answer | undefined): void => {
      if (given !== undefined) turn.answer(given);
    };
    try {
      const given = this.#script(turn);
      if (given instanceof Promise) given.then(answer).catch(failed);
      else answer(given);
    } catch (error) {
      failed(error);
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const woken = (): void => {
        clearTimeout(timer);
        this.#wakers.delete(woken);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#wakers.delete(woken);
        reject(new Error('no request came'));
      }, this.#patienceMs);
      this.#wakers.add(woken);
    });
  }

  #wake(): void {
    for (const woken of [...this.#wakers]) woken();
  }
}

/** A scripted ACS behind a port of its own. */
export class ListeningAcs extends ScriptedAcs {
  readonly url: string;
  readonly port: number;
  readonly #port: Port;

  constructor(port: Port, url: string, options: ScriptedAcsOptions) {
    super(options);
    this.#port = port;
    this.port = port.port;
    this.url = url;
  }

  override async stop(): Promise<void> {
    const closed = this.#port.close();
    try {
      await super.stop();
    } finally {
      await closed;
    }
  }
}

/** Listens on 127.0.0.1, at a free port unless one is named. */
export async function startScriptedAcs(options: StartOptions = {}): Promise<ListeningAcs> {
  const early: Socket[] = [];
  let accept = (socket: Socket): void => void early.push(socket);
  const port = await openPort({ ...options, halfOpen: true }, (socket) => accept(socket));
  const scheme = options.tls === undefined ? 'http://127.0.0.1' : 'https://localhost';
  const acs = new ListeningAcs(port, `${scheme}:${port.port}/cwmp`, options);
  accept = (socket) => acs.accept(socket);
  for (const socket of early) accept(socket);
  return acs;
}
