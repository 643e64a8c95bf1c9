/**
 * Plays a client of another author over a raw socket. Its messages are its own: nothing of our encoder is
 * used.
 */

import { createHash } from 'node:crypto';
import type { ScriptedCpe } from '../cpe.ts';
import { connectCpe, cookieOf } from '../cpe.ts';
import type { HttpResponse } from '../http-message.ts';

export interface Leaf {
  value: string;
  readonly type: string;
  readonly writable: boolean;
}

/** Leaves by their full names, in the order in which the client lists them. */
export type Tree = Map<string, Leaf>;

/** A request of the ACS, read as simple clients do: by looking for tags. */
export interface Asked {
  readonly id: string;
  readonly rpc: string;
  readonly body: string;
}

/** What a client has at hand when it writes the head of a POST. */
export interface Head {
  /** Bytes of the body. */
  readonly length: number;
  /** The Set-Cookie line of this session, whole, and its first part. */
  readonly setCookie: string | undefined;
  readonly cookie: string | undefined;
  /** Digest credentials, once it was challenged. */
  readonly authorization: string | undefined;
}

export interface Client {
  readonly tree: Tree;
  /** Lines of a head in the client's order, after the request line. */
  head(head: Head): readonly string[];
  inform(id: string, events: readonly Event[]): string;
  /** What goes back for a request of the ACS; nothing is an empty POST. */
  answer(asked: Asked): string;
  /** Opens and closes a connection before its session, without sending anything. */
  readonly knocks?: boolean;
  /** Opens a new connection for each POST. */
  readonly reconnects?: boolean;
  /** Hangs up when an answer is not to its liking. */
  readonly dislikes?: (answer: HttpResponse) => boolean;
  readonly credentials?: { readonly username: string; readonly password: string };
}

export interface Event {
  readonly code: string;
  readonly key?: string;
}

export interface Opening {
  readonly id?: string;
  readonly events?: readonly Event[];
  /** Requests of its own that it sends between Inform and its empty POST. */
  readonly requests?: readonly string[];
}

export interface Played {
  /** `empty`: the ACS had nothing more. */
  readonly end: 'empty' | 'hung-up';
  readonly asked: readonly string[];
  readonly answers: readonly HttpResponse[];
}

/** POSTs of one session at most. */
const MAX_POSTS = 200;

/** One session, POST by POST. */
export class ClientSession {
  readonly #port: number;
  readonly #client: Client;
  readonly #asked: string[] = [];
  readonly #answers: HttpResponse[] = [];
  #connection: ScriptedCpe | undefined;
  #setCookie: string | undefined;
  #cookie: string | undefined;
  #challenge: ReadonlyMap<string, string> | undefined;
  #count = 0;
  #end: Played['end'] | undefined;

  constructor(port: number, client: Client) {
    this.#port = port;
    this.#client = client;
  }

  /** From the Inform to the end. Closes its connection. */
  static async play(port: number, client: Client, opening: Opening = {}): Promise<Played> {
    const session = new ClientSession(port, client);
    try {
      await session.open(opening);
      while (session.#end === undefined) await session.step();
      return { end: session.#end, asked: session.#asked, answers: session.#answers };
    } finally {
      session.close();
    }
  }

  /** Inform, requests of its own, and nothing yet of the ACS's turn. */
  async open({ id = '1', events = [{ code: '2 PERIODIC' }], requests = [] }: Opening = {}): Promise<void> {
    if (this.#client.knocks === true) (await connectCpe(this.#port)).close();
    await this.#say(this.#client.inform(id, events));
    for (const request of requests) if (this.#end === undefined) await this.#say(request);
  }

  /**
   * The next POST: empty after the Inform, later the answer to the last request of the ACS. False at the end.
   */
  async step(): Promise<boolean> {
    if (this.#answers.length > MAX_POSTS) throw new Error('the session has no end');
    const last = this.#answers.at(-1);
    const asked = last === undefined ? undefined : readRequest(last.body);
    if (asked === undefined) await this.#say('');
    else {
      this.#asked.push(asked.rpc);
      await this.#say(this.#client.answer(asked));
    }
    return this.#end === undefined;
  }

  get asked(): readonly string[] {
    return this.#asked;
  }

  close(): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #say(body: string): Promise<void> {
    let answer = await this.#post(body);
    if (answer.status === 401 && this.#client.credentials !== undefined && this.#challenge === undefined) {
      this.#challenge = challengeOf(answer);
      answer = await this.#post(body);
    }
    if (answer.status !== 200 && answer.status !== 204)
      throw new Error(`answered ${answer.status}: ${answer.body}`);
    this.#answers.push(answer);
    if (answer.headers.has('set-cookie')) {
      this.#setCookie = answer.headers.get('set-cookie');
      this.#cookie = cookieOf(answer);
    }
    if (this.#client.dislikes?.(answer) === true) this.#end = 'hung-up';
    else if (answer.body === '') this.#end = 'empty';
    if (this.#end !== undefined) this.close();
  }

  async #post(body: string): Promise<HttpResponse> {
    if (this.#client.reconnects === true) this.close();
    this.#connection ??= await connectCpe(this.#port);
    const bytes = Buffer.from(body);
    const lines = this.#client.head({
      length: bytes.length,
      setCookie: this.#setCookie,
      cookie: this.#cookie,
      authorization: this.#authorization(),
    });
    this.#connection.send(
      Buffer.concat([Buffer.from(`${['POST /acs HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`), bytes]),
    );
    return this.#connection.response();
  }

  /** RFC 2617 with qop=auth, in the order of libcurl; the cnonce stays and the count goes up. */
  #authorization(): string | undefined {
    const { credentials } = this.#client;
    const challenge = this.#challenge;
    if (credentials === undefined || challenge === undefined) return undefined;
    const { username, password } = credentials;
    const realm = challenge.get('realm') ?? '';
    const nonce = challenge.get('nonce') ?? '';
    const cnonce = Buffer.from('0f1e2d3c4b5a69788796a5b4c3d2e1f0').toString('base64');
    this.#count += 1;
    const nc = this.#count.toString(16).padStart(8, '0');
    const secret = md5(
      `${md5(`${username}:${realm}:${password}`)}:${nonce}:${nc}:${cnonce}:auth:${md5('POST:/acs')}`,
    );
    const opaque = challenge.get('opaque');
    const algorithm = challenge.get('algorithm');
    return [
      `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="/acs", cnonce="${cnonce}"`,
      `nc=${nc}, qop=auth, response="${secret}"`,
      ...(opaque === undefined ? [] : [`opaque="${opaque}"`]),
      ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ].join(', ');
  }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function challengeOf(answer: HttpResponse): ReadonlyMap<string, string> {
  const line = answer.headers.get('www-authenticate') ?? '';
  if (!line.startsWith('Digest ')) throw new Error(`no digest challenge: ${line}`);
  return new Map(
    [...line.matchAll(/(\w+)=(?:"([^"]*)"|([^",\s]+))/g)].map((m) => [m[1] ?? '', m[2] ?? m[3] ?? '']),
  );
}

/** `undefined` when it is an answer to the client, or nothing. */
function readRequest(body: string): Asked | undefined {
  const id = /<[\w-]+:ID[^>]*>([^<]*)</.exec(body)?.[1];
  const rpc = /<[\w-]+:Body>\s*<[\w-]+:(\w+)/.exec(body)?.[1];
  if (rpc === undefined || rpc.endsWith('Response')) return undefined;
  return { id: id ?? '', rpc, body };
}

const plain = (text: string): string =>
  text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&apos;/g, "'")
    .replace(/&amp;/g, '&');

/** Texts of all elements of this name, which has no prefix. */
export const texts = ({ body }: Asked, tag: string): readonly string[] =>
  [...body.matchAll(new RegExp(`<${tag}(?:\\s[^>]*)?(?:/>|>([^<]*)</${tag}>)`, 'g'))].map((m) =>
    plain(m[1] ?? ''),
  );
