/**
 * Sends bytes to an ACS and reads its response, over a connection that stays open as long as the ACS keeps
 * it.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { HttpResponse } from '../simulator/http/http-response.ts';
import { ResponseReader } from '../simulator/http/http-response.ts';

export interface WireOptions {
  readonly tls: tls.ConnectionOptions | undefined;
  /** Milliseconds for a connection, and for each response. */
  readonly timeoutMs: number;
  readonly onSocket: ((socket: net.Socket) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

export type Outcome =
  | { readonly is: 'response'; readonly response: HttpResponse }
  | { readonly is: 'lost'; readonly why: string };

export class Wire {
  readonly #options: WireOptions;
  #socket: net.Socket | undefined;
  #origin = '';

  constructor(options: WireOptions) {
    this.#options = options;
  }

  /** `fresh`: the recorded modem opened a connection for it. */
  async exchange(url: URL, bytes: Uint8Array, fresh: boolean): Promise<Outcome> {
    if (fresh || url.origin !== this.#origin) this.close();
    // Lets Node see a close that the ACS sent after its last response.
    else await new Promise((resolve) => setImmediate(resolve));
    const open = this.#socket;
    const usable = open !== undefined && !open.destroyed && open.writable && !open.readableEnded;
    try {
      const socket = usable ? open : await this.#connect(url);
      const outcome = await this.#ask(socket, bytes);
      if (outcome.is === 'lost' || !outcome.response.keepsAlive) this.close();
      return outcome;
    } catch (error) {
      this.close();
      return { is: 'lost', why: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): void {
    this.#socket?.destroySoon();
    this.#socket = undefined;
  }

  async #connect(url: URL): Promise<net.Socket> {
    this.close();
    const { onSocket, signal, timeoutMs } = this.#options;
    const secure = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const at = { host, port: Number(url.port || (secure ? 443 : 80)), noDelay: true };
    const name = net.isIP(host) === 0 ? { servername: host } : {};
    const socket = secure ? tls.connect({ ...name, ...this.#options.tls, ...at }) : net.connect(at);
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const either = signal === undefined ? limit : AbortSignal.any([limit, signal]);
      await once(socket, secure ? 'secureConnect' : 'connect', { signal: either });
    } catch (error) {
      socket.on('error', () => undefined).destroy();
      throw limit.aborted ? new Error(`no connection within ${timeoutMs / 1000} s`) : error;
    }
    // An error between two requests must not end the process.
    socket.on('error', () => undefined);
    onSocket?.(socket);
    this.#socket = socket;
    this.#origin = url.origin;
    return socket;
  }

  #ask(socket: net.Socket, bytes: Uint8Array): Promise<Outcome> {
    const { signal, timeoutMs } = this.#options;
    const reader = new ResponseReader();
    return new Promise((resolve) => {
      const finish = (outcome: Outcome): void => {
        clearTimeout(timer);
        socket.off('data', take).off('end', end).off('close', gone);
        signal?.removeEventListener('abort', stop);
        resolve(outcome);
      };
      const lost = (why: string): void => finish({ is: 'lost', why });
      const take = (part: Buffer): void => {
        const fed = reader.feed(part);
        if (fed === 'broken') lost('the response is no HTTP');
        else if (typeof fed === 'object') finish({ is: 'response', response: fed });
      };
      const end = (): void => {
        const ended = reader.end();
        if (ended === 'broken') lost('the connection ended before the response');
        else finish({ is: 'response', response: ended });
      };
      const gone = (): void => lost('the connection broke');
      const stop = (): void => lost('interrupted');
      const timer = setTimeout(() => lost(`no response within ${timeoutMs / 1000} s`), timeoutMs);
      socket.on('data', take).on('end', end).on('close', gone);
      signal?.addEventListener('abort', stop);
      socket.write(bytes);
    });
  }
}
