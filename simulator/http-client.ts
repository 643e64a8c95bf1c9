/**
 * The modem's own HTTP exchange, byte by byte on a socket: the order, spelling and breakage of its header lines is what
 * is simulated. One client is one session; it goes on over a new connection when the ACS closed the old one.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import { setImmediate } from 'node:timers/promises';
import tls from 'node:tls';
import type { Challenge } from '../protocol/http/digest.ts';
import { answerChallenge, chooseChallenge, readChallenges } from '../protocol/http/digest.ts';
import type { CookieJar } from './cookies.ts';
import type { RequestBytes } from './http-request.ts';
import { writeRequest } from './http-request.ts';
import type { HttpResponse } from './http-response.ts';
import { ResponseReader } from './http-response.ts';
import type { HttpTraits } from './profile.ts';
import type { Random } from './random.ts';

export interface HttpOptions {
  readonly url: string;
  readonly traits: HttpTraits;
  readonly userAgent: string;
  readonly jar: CookieJar;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Real milliseconds without an answer, for connecting as for responses. */
  readonly timeoutMs: number;
  /** Options of TLS for https URLs. */
  readonly tls?: tls.ConnectionOptions;
  readonly random: Random;
  /** Sees every byte that is written and read. */
  readonly tap?: (direction: 'sent' | 'received', bytes: Uint8Array) => void;
}

export type HttpOutcome =
  | { readonly is: 'response'; readonly response: HttpResponse }
  | { readonly is: 'timeout' }
  | { readonly is: 'lost'; readonly why: string };

/** TR-069a6 3.4.2: five redirects in a row must be followed. */
const MOST_REDIRECTS = 5;
/** Real milliseconds that a client waits for 100 Continue before it sends the body unasked (RFC 7231 5.1.1). */
const CONTINUE_MS = 1000;

export class HttpClient {
  readonly #options: HttpOptions;
  /** `undefined`: what was set as URL is none that can be called. */
  #url: URL | undefined;
  #socket: net.Socket | undefined;
  #challenges: readonly Challenge[] = [];
  #nonceUses = 0;
  #cutAfterSend = false;
  #spoke = false;
  #dead = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#url = readUrl(options.url);
  }

  /** A request has left. */
  get spoke(): boolean {
    return this.#spoke;
  }

  /** The next POST goes out whole, and then the line is dead: no response is read. */
  cutAfterNextSend(): void {
    this.#cutAfterSend = true;
  }

  /** One POST and its final response: redirects are followed and a challenge is answered on the way. */
  async post(body: string | undefined): Promise<HttpOutcome> {
    let redirects = 0;
    for (let asked = 0; ; ) {
      const outcome = await this.#exchange(body);
      if (outcome.is !== 'response') return outcome;
      const { status, headers } = outcome.response;
      this.#options.jar.take([...(headers.get('set-cookie') ?? []), ...(headers.get('set-cookie2') ?? [])]);
      if (status === 401 && asked < 2 && this.#takeChallenge(outcome.response, asked)) asked += 1;
      else if ([301, 302, 307].includes(status) && redirects < MOST_REDIRECTS && this.#redirect(headers))
        redirects += 1;
      else return outcome;
    }
  }

  close(): void {
    this.#socket?.end();
    this.#socket?.destroySoon();
    this.#socket = undefined;
  }

  /** As when the line breaks: nothing more is sent or read in this session. */
  cut(): void {
    this.#dead = true;
    this.#drop();
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /** A second challenge after an answer means that it was refused, unless only the nonce was stale. */
  #takeChallenge({ headers }: HttpResponse, asked: number): boolean {
    if (this.#options.credentials === undefined) return false;
    const challenges = (headers.get('www-authenticate') ?? []).flatMap((line) => readChallenges(line));
    const chosen = chooseChallenge(challenges, this.#options.traits.preferBasic);
    if (chosen === undefined) return false;
    if (asked > 0 && !(chosen.scheme === 'digest' && chosen.stale)) return false;
    this.#challenges = challenges;
    this.#nonceUses = 0;
    return true;
  }

  /** The rest of the session goes there; cookies too, whatever their domain (TR-069a6 3.4.2). */
  #redirect(headers: HttpResponse['headers']): boolean {
    const location = headers.get('location')?.[0];
    if (location === undefined) return false;
    const url = readUrl(location, this.#url);
    if (url === undefined) return false;
    if (url.origin !== this.#url?.origin) this.close();
    this.#url = url;
    return true;
  }

  #authorization(url: URL): string | undefined {
    const { credentials, traits, random } = this.#options;
    if (credentials === undefined) return undefined;
    const challenges = this.#challenges;
    if (challenges.length === 0) {
      if (!traits.eagerBasic) return undefined;
      const basic = { scheme: 'basic', realm: '' } as const;
      return this.#answer(url, [basic], credentials, '');
    }
    this.#nonceUses += 1;
    const cnonce = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return this.#answer(url, challenges, credentials, cnonce);
  }

  #answer(
    url: URL,
    challenges: readonly Challenge[],
    credentials: { readonly username: string; readonly password: string },
    cnonce: string,
  ): string | undefined {
    return answerChallenge(challenges, {
      method: 'POST',
      uri: url.pathname + url.search,
      ...credentials,
      cnonce,
      nc: Math.max(1, this.#nonceUses),
      hash: (name, text) => createHash(name).update(text, 'latin1').digest('hex'),
      preferBasic: this.#options.traits.preferBasic,
    });
  }

  async #exchange(body: string | undefined): Promise<HttpOutcome> {
    const { traits, userAgent, jar } = this.#options;
    const url = this.#url;
    if (url === undefined) return { is: 'lost', why: `not a URL: ${this.#options.url.slice(0, 80)}` };
    const socket = await this.#connected(url);
    if (typeof socket === 'string')
      return socket === 'timeout' ? { is: 'timeout' } : { is: 'lost', why: socket };
    const request = writeRequest({
      url,
      traits,
      userAgent,
      body,
      cookie: jar.line(traits.cookies),
      authorization: this.#authorization(url),
    });
    this.#spoke = true;
    const outcome = await this.#talk(socket, request, traits.expectContinue && body !== undefined);
    const keeps = outcome.is === 'response' && outcome.response.keepsAlive;
    if (!keeps || traits.newConnectionPerRequest || traits.connection === 'close') this.close();
    return outcome;
  }

  /** The open connection, or a new one; or why there is none. */
  async #connected({ hostname, port, protocol }: URL): Promise<net.Socket | string> {
    // One turn of the loop, so that a close which the ACS sent behind its last response is seen before it is too late.
    if (this.#socket !== undefined) await setImmediate();
    const open = this.#socket;
    if (open !== undefined && !open.destroyed && open.writable && !open.readableEnded) return open;
    this.#drop();
    if (this.#dead) return 'the line is cut';
    const host = hostname.replace(/^\[|\]$/g, '');
    const secure = protocol === 'https:';
    const to = { host, port: port === '' ? (secure ? 443 : 80) : Number(port) };
    return new Promise((resolve) => {
      const socket = secure
        ? tls.connect({ ...(net.isIP(host) === 0 ? { servername: host } : {}), ...to, ...this.#options.tls })
        : net.connect(to);
      const timer = setTimeout(() => {
        socket.destroy();
        resolve('timeout');
      }, this.#options.timeoutMs);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.setNoDelay(true);
        resolve(socket);
      });
      this.#socket = socket;
      socket.once('close', () => {
        clearTimeout(timer);
        resolve('the connection broke');
      });
      // Stays for the life of the socket: an error between two requests must not end the process.
      socket.on('error', (error) => {
        clearTimeout(timer);
        resolve(error.message);
      });
    });
  }

  #talk(socket: net.Socket, request: RequestBytes, waits: boolean): Promise<HttpOutcome> {
    const { timeoutMs, tap } = this.#options;
    const reader = new ResponseReader();
    return new Promise((resolve) => {
      let bodyIsDue = waits;
      const patience = waits ? setTimeout(sendBody, CONTINUE_MS) : undefined;
      const timer = setTimeout(() => {
        socket.destroy();
        finish({ is: 'timeout' });
      }, timeoutMs);

      function finish(outcome: HttpOutcome): void {
        clearTimeout(timer);
        clearTimeout(patience);
        socket.off('data', onData).off('end', onEnd).off('close', onClose);
        resolve(outcome);
      }
      function onData(bytes: Buffer): void {
        tap?.('received', bytes);
        const fed = reader.feed(bytes);
        if (fed === 'more') return;
        if (fed === 'continue') sendBody();
        else if (fed === 'broken') finish({ is: 'lost', why: 'the response is no HTTP' });
        else finish({ is: 'response', response: fed });
      }
      function onEnd(): void {
        const ended = reader.end();
        finish(
          ended === 'broken'
            ? { is: 'lost', why: 'the connection ended before the response' }
            : { is: 'response', response: ended },
        );
      }
      function onClose(): void {
        finish({ is: 'lost', why: 'the connection broke' });
      }
      function sendBody(): void {
        if (!bodyIsDue) return;
        bodyIsDue = false;
        write(request.body);
      }
      const write = (parts: readonly Buffer[]): void => {
        socket.cork();
        for (const part of parts) {
          tap?.('sent', part);
          socket.write(part);
        }
        socket.uncork();
      };

      if (this.#cutAfterSend) {
        this.#cutAfterSend = false;
        write([request.head, ...request.body]);
        socket.end(() => {
          socket.destroy();
          finish({ is: 'lost', why: 'cut after the request was sent' });
        });
        socket.on('close', onClose);
        return;
      }
      socket.on('data', onData).on('end', onEnd).on('close', onClose);
      write(waits ? [request.head] : [request.head, ...request.body]);
    });
  }
}

/** An http or https URL; a device keeps whatever an ACS sets as its URL. */
function readUrl(text: string, base?: URL): URL | undefined {
  if (!URL.canParse(text, base?.href)) return undefined;
  const url = new URL(text, base?.href);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined;
}
