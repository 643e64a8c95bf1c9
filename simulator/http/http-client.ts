/**
 * The modem's own HTTP exchange, byte by byte on a socket, because the order, spelling and errors of its
 * header lines are simulated. One client serves one session; it continues on a new connection when the ACS
 * closed the old one.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import type { Challenge } from '../../protocol/http/digest.ts';
import { answerChallenge, chooseChallenge, readChallenges } from '../../protocol/http/digest.ts';
import type { Random } from '../../protocol/random.ts';
import type { HttpTraits } from '../profile/profile.ts';
import type { AcsUrl, Connect } from './acs-url.ts';
import { parseAcsUrl, redirectedUrl } from './acs-url.ts';
import type { CookieJar } from './cookies.ts';
import { writeRequest } from './http-request.ts';
import type { HttpResponse } from './http-response.ts';
import { ResponseReader } from './http-response.ts';
import type { Posting, WireHooks } from './wire-hooks.ts';
import { writePieces } from './wire-hooks.ts';

export interface HttpOptions {
  readonly url: string;
  readonly traits: HttpTraits;
  readonly userAgent: string;
  readonly jar: CookieJar;
  readonly credentials: { readonly username: string; readonly password: string } | undefined;
  /** Real milliseconds without an answer, for connecting and for responses. */
  readonly timeoutMs: number;
  /** Options of TLS for https URLs. */
  readonly tls?: tls.ConnectionOptions;
  readonly random: Random;
  /** Sees every byte that is written and read. */
  readonly tap?: (direction: 'sent' | 'received', bytes: Uint8Array) => void;
  /** Called with each socket once it is connected, before its first byte; above TLS where there is TLS. */
  readonly onSocket?: (socket: net.Socket) => void;
  /** Opens its connections in place of node: below line and TLS. */
  readonly connect?: Connect;
  /** Wraps its sockets, below TLS. */
  readonly line?: { wrap(socket: net.Socket): Wire };
  /** Its quirks; most modems have none. */
  readonly habits?: WireHooks;
}

/** A socket, or a line that passes its bytes on. */
export interface Wire extends Duplex {
  setNoDelay(noDelay?: boolean): unknown;
  destroySoon(): void;
}

export type HttpOutcome =
  | { readonly is: 'response'; readonly response: HttpResponse }
  | { readonly is: 'timeout' }
  | { readonly is: 'lost'; readonly why: string };

/** TR-069a6 3.4.2: five redirects in a row must be followed. */
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 307]);
const COOKIE_HEADERS = ['set-cookie', 'set-cookie2'] as const;
/**
 * Real milliseconds that a client waits for 100 Continue before it sends the body anyway (RFC 7231 5.1.1).
 */
const CONTINUE_MS = 1000;

/** The shared buffer that sockets read into: memory for each read would cost more than the read. */
const HEARD = Buffer.alloc(64 * 1024);

export class HttpClient {
  readonly #options: HttpOptions;
  /** `undefined`: the configured URL cannot be called. */
  #target: AcsUrl | undefined;
  #socket: Wire | undefined;
  /** The current exchange: what it sends, how its response is read, and who waits for it. */
  #body: string | undefined;
  #reader = new ResponseReader();
  #resolve: ((outcome: HttpOutcome) => void) | undefined;
  /** Held back until the ACS answers 100 Continue. */
  #heldBack: string | undefined;
  #patience: NodeJS.Timeout | undefined;
  /** One timer for everything that a session waits for: it is restarted, not recreated. */
  #deadline: NodeJS.Timeout | undefined;
  #challenges: readonly Challenge[] = [];
  #nonceUses = 0;
  #cutAfterSend = false;
  /** Nothing more is read. */
  #deaf = false;
  /**
   * A request waits for the next iteration of the event loop: it has not left, and the end of the connection
   * does not end it.
   */
  #pausing = false;
  #spoke = false;
  #broken: string | undefined;
  /** Requests that have been sent. */
  #requests = 0;
  #dead = false;

  constructor(options: HttpOptions) {
    this.#options = options;
    this.#target = parseAcsUrl(options.url);
  }

  /** What broke the line; `undefined`: nothing did. */
  get broken(): string | undefined {
    return this.#broken;
  }

  /** A request has been sent. */
  get spoke(): boolean {
    return this.#spoke;
  }

  /** The next POST is sent completely, and then the line is dead: no response is read. */
  cutAfterNextSend(): void {
    this.#cutAfterSend = true;
  }

  /** One POST and its final response: redirects are followed and a challenge is answered on the way. */
  async post(content: string | undefined): Promise<HttpOutcome> {
    const { habits } = this.#options;
    let body = content;
    let redirects = 0;
    if (!this.#spoke) for (let probe = 0; probe < (habits?.probes ?? 0); probe++) await this.#probe();
    for (let challenges = 0; ; ) {
      const outcome = await this.#exchange(body);
      if (outcome.is === 'lost') this.#broken = outcome.why;
      if (outcome.is !== 'response') {
        this.#hangUp();
        return outcome;
      }
      const { response } = outcome;
      this.#settle(response);
      this.#takeCookies(response);
      if (this.#takeChallenge(response, challenges)) {
        challenges += 1;
        if (body !== undefined) body = habits?.repeat?.(body) ?? body;
      } else if (redirects < MAX_REDIRECTS && this.#redirect(response)) redirects += 1;
      else return outcome;
    }
  }

  #takeCookies({ headers }: HttpResponse): void {
    const { habits, jar } = this.#options;
    for (const name of COOKIE_HEADERS) {
      const cookies = headers.get(name);
      if (cookies !== undefined) jar.take(habits?.setCookies?.(cookies) ?? cookies);
    }
  }

  close(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
    this.#hangUp();
  }

  /** As when the line breaks: nothing more is sent or read in this session. */
  cut(): void {
    this.#dead = true;
    this.#drop();
  }

  /** Closes a healthy connection. */
  #hangUp(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    // Destroying a plain socket sends FIN by itself. TLS sends an alert before it, a line takes its time, and
    // pending writes go out first.
    const plain = socket instanceof net.Socket && !(socket instanceof tls.TLSSocket);
    if (plain && socket.writableLength === 0) socket.destroy();
    else socket?.destroySoon();
  }

  #drop(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  /**
   * A second challenge after an answer means that the answer was refused, unless only the nonce was stale.
   */
  #takeChallenge({ status, headers }: HttpResponse, before: number): boolean {
    if (status !== 401 || before >= 2 || this.#options.credentials === undefined) return false;
    const challenges = (headers.get('www-authenticate') ?? []).flatMap((line) => readChallenges(line));
    const chosen = chooseChallenge(challenges, this.#options.traits.preferBasic);
    if (chosen === undefined) return false;
    if (before > 0 && !(chosen.scheme === 'digest' && chosen.stale)) return false;
    this.#challenges = challenges;
    this.#nonceUses = 0;
    return true;
  }

  /**
   * The rest of the session goes to the new URL, including cookies, whatever their domain (TR-069a6 3.4.2).
   */
  #redirect({ status, headers }: HttpResponse): boolean {
    if (!REDIRECTS.has(status)) return false;
    const location = headers.get('location')?.[0];
    if (location === undefined || this.#target === undefined) return false;
    const target = redirectedUrl(this.#target, location);
    if (target === undefined) return false;
    if (target.url.origin !== this.#target.url.origin) this.#hangUp();
    this.#target = target;
    return true;
  }

  #authorization(target: AcsUrl): string | undefined {
    const { credentials, traits, random } = this.#options;
    if (credentials === undefined) return undefined;
    const challenges = this.#challenges;
    if (challenges.length === 0) {
      if (!traits.eagerBasic) return undefined;
      const basic = { scheme: 'basic', realm: '' } as const;
      return this.#answer(target, [basic], credentials, '');
    }
    this.#nonceUses += 1;
    const cnonce = Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0');
    return this.#answer(target, challenges, credentials, cnonce);
  }

  #answer(
    { path }: AcsUrl,
    challenges: readonly Challenge[],
    credentials: { readonly username: string; readonly password: string },
    cnonce: string,
  ): string | undefined {
    return answerChallenge(challenges, {
      method: 'POST',
      uri: path,
      ...credentials,
      cnonce,
      nc: Math.max(1, this.#nonceUses),
      hash: (name, text) => createHash(name).update(text, 'latin1').digest('hex'),
      preferBasic: this.#options.traits.preferBasic,
      ...this.#options.habits?.answer,
    });
  }

  #exchange(body: string | undefined): Promise<HttpOutcome> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.#body = body;
      const target = this.#target;
      if (target === undefined) {
        this.#finish({ is: 'lost', why: `not a URL: ${this.#options.url.slice(0, 80)}` });
        return;
      }
      this.#startDeadline();
      // One iteration of the event loop, so that a close which the ACS sent after its last response is
      // noticed in time.
      this.#pausing = this.#socket !== undefined;
      if (this.#pausing) setImmediate(() => this.#goOn(target));
      else this.#connect(target);
    });
  }

  /** What happens to the connection after a response. */
  #settle({ status, keepsAlive }: HttpResponse): void {
    const { traits, habits } = this.#options;
    const after = habits?.after?.(status);
    if (after === 'reset') this.#reset();
    if (!keepsAlive || after === 'close' || traits.newConnectionPerRequest || traits.connection === 'close')
      this.#hangUp();
  }

  /** Without a FIN if the connection is a plain one (Q-HT-12). */
  #reset(): void {
    if (this.#socket instanceof net.Socket) this.#socket.resetAndDestroy();
    this.#drop();
  }

  /** Opens and closes a connection without a byte (Q-HT-11). */
  async #probe(): Promise<void> {
    const target = this.#target;
    if (target === undefined || this.#dead) return;
    const socket = this.#plain(target);
    await new Promise((resolve) => {
      socket.once('connect', resolve).once('error', resolve).once('close', resolve);
    });
    socket.destroy();
  }

  #startDeadline(): void {
    if (this.#deadline === undefined)
      this.#deadline = setTimeout(() => this.#expire(), this.#options.timeoutMs);
    else this.#deadline.refresh();
  }

  #expire(): void {
    if (this.#resolve === undefined) return;
    this.#drop();
    this.#finish({ is: 'timeout' });
  }

  #finish(outcome: HttpOutcome): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#heldBack = undefined;
    clearTimeout(this.#patience);
    resolve?.(outcome);
  }

  /** Uses the open connection, if it is still usable. */
  #goOn(target: AcsUrl): void {
    this.#pausing = false;
    if (this.#resolve === undefined) return;
    const open = this.#socket;
    if (open !== undefined && !open.destroyed && open.writable && !open.readableEnded)
      this.#send(open, target);
    else {
      this.#drop();
      this.#connect(target);
    }
  }

  #connect(target: AcsUrl): void {
    const stuck = this.#spoke && this.#options.habits?.noReconnect === true;
    if (this.#dead || stuck) {
      this.#finish({ is: 'lost', why: stuck ? 'the ACS closed the connection' : 'the line is cut' });
      return;
    }
    const { isSecure } = target;
    const socket = isSecure ? this.#secure(target) : this.#plain(target);
    this.#socket = socket;
    let connected = false;
    socket
      .on(isSecure ? 'secureConnect' : 'connect', () => {
        connected = true;
        this.#startDeadline();
        this.#send(socket, target);
      })
      .on('end', () => {
        if (socket === this.#socket) this.#takeEnd();
      })
      // Stays for the life of the socket: an error between two requests must not end the process.
      .on('error', (error) => {
        if (!connected) this.#lose(socket, error.message);
      })
      .on('close', () => this.#lose(socket, 'the connection broke'));
    if (isSecure || !this.#readsDirectly) socket.on('data', (bytes: Buffer) => this.#hear(socket, bytes));
  }

  /** Nothing else, such as a recorder or a line, reads its sockets. */
  get #readsDirectly(): boolean {
    const { connect, line, onSocket } = this.#options;
    return connect === undefined && onSocket === undefined && line === undefined;
  }

  #hear(socket: Wire, bytes: Buffer): void {
    if (socket === this.#socket) this.#take(socket, bytes);
  }

  #plain({ address, isSecure }: AcsUrl): Wire {
    const { connect = net.connect, onSocket } = this.#options;
    if (!isSecure && this.#readsDirectly) {
      const direct: net.Socket = net.connect({
        ...address,
        onread: {
          buffer: HEARD,
          callback: (count) => {
            // The next socket reads into the same memory.
            this.#hear(direct, Buffer.from(HEARD.subarray(0, count)));
            return true;
          },
        },
      });
      return direct;
    }
    const socket = connect(address);
    if (onSocket !== undefined && !isSecure) socket.once('connect', () => onSocket(socket));
    return this.#options.line?.wrap(socket) ?? socket;
  }

  #secure(target: AcsUrl): Wire {
    const { address } = target;
    const name = net.isIP(address.host) === 0 ? { servername: address.host } : {};
    const { connect, line, onSocket } = this.#options;
    const below = connect === undefined && line === undefined ? address : { socket: this.#plain(target) };
    const socket = tls.connect({ ...name, ...this.#options.tls, ...below });
    if (onSocket !== undefined) socket.once('secureConnect', () => onSocket(socket));
    return socket;
  }

  /** `socket` is gone. */
  #lose(socket: Wire, why: string): void {
    if (this.#pausing) return;
    // A connection that was given up in favour of another leaves no exchange waiting.
    if (socket === this.#socket || this.#socket === undefined) this.#finish({ is: 'lost', why });
  }

  #send(socket: Wire, target: AcsUrl): void {
    const { traits, userAgent, jar, habits } = this.#options;
    const body = this.#body;
    const plain = writeRequest({
      target,
      traits,
      userAgent,
      body,
      cookie: jar.line(traits.cookies),
      authorization: this.#authorization(target),
    });
    this.#reader = new ResponseReader(habits?.bodyOf204);
    this.#spoke = true;
    this.#requests += 1;
    const posting = { message: body, number: this.#requests };
    const request = habits === undefined ? plain : { ...plain, head: oddHead(habits, plain.head, posting) };
    let text = '';
    for (const piece of request.body) text += piece;
    if (this.#cutAfterSend) {
      this.#deaf = true;
      this.#write(socket, request.head + text);
      socket.end(() => {
        socket.destroy();
        this.#finish({ is: 'lost', why: 'cut after the request was sent' });
      });
    } else if (traits.expectContinue && body !== undefined) {
      this.#heldBack = text;
      this.#write(socket, request.head);
      this.#patience = setTimeout(() => this.#sendHeldBack(socket), CONTINUE_MS);
    } else if (habits?.pieces !== undefined) {
      const pieces = habits.pieces(request.head, request.body, posting);
      writePieces(socket, pieces, (piece) => this.#write(socket, piece)).catch(() => socket.destroy());
    } else this.#write(socket, request.head + text);
  }

  #write(socket: Wire, text: string): void {
    this.#options.tap?.('sent', Buffer.from(text, 'latin1'));
    socket.write(text, 'latin1');
  }

  #sendHeldBack(socket: Wire): void {
    if (this.#heldBack === undefined) return;
    const text = this.#heldBack;
    this.#heldBack = undefined;
    this.#write(socket, text);
  }

  #take(socket: Wire, bytes: Buffer): void {
    if (this.#resolve === undefined || this.#deaf) return;
    if (this.#options.habits?.resets?.({ message: this.#body, number: this.#requests }) === true) {
      this.#reset();
      this.#finish({ is: 'lost', why: 'reset during the response' });
      return;
    }
    this.#options.tap?.('received', bytes);
    const fed = this.#reader.feed(bytes);
    if (fed === 'more') return;
    if (fed === 'continue') this.#sendHeldBack(socket);
    else if (fed === 'broken') this.#finish({ is: 'lost', why: 'the response is not HTTP' });
    else this.#finish({ is: 'response', response: fed });
  }

  /** The ACS sends no more: that ends a response, or the exchange without one. */
  #takeEnd(): void {
    if (this.#resolve === undefined || this.#deaf || this.#pausing) return;
    const ended = this.#reader.end();
    this.#finish(
      ended === 'broken'
        ? { is: 'lost', why: 'the connection ended before the response' }
        : { is: 'response', response: ended },
    );
  }
}

/** The head of a request with the header lines as changed by quirks. */
function oddHead({ head }: WireHooks, text: string, posting: Posting): string {
  if (head === undefined) return text;
  return `${head(text.slice(0, -4).split('\r\n'), posting).join('\r\n')}\r\n\r\n`;
}
