/** Reads the response of an ACS from the socket: status, headers, body, however it is delimited; bounded. */
import { LIMITS } from '../../protocol/limits.ts';

export interface HttpResponse {
  readonly status: number;
  /** By lower-case name, in the order of arrival. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  readonly body: Uint8Array;
  /** Whether the connection can carry another request. */
  readonly keepsAlive: boolean;
}

interface Chunks {
  readonly by: 'chunks';
  at: 'size' | 'data' | 'after-data' | 'trailer';
  left: number;
}

type Delimited = { readonly by: 'length'; left: number } | Chunks | { readonly by: 'close' };

interface Head {
  readonly status: number;
  readonly headers: Map<string, string[]>;
  readonly keepsAlive: boolean;
}

/** The result of some input. */
export type Fed = 'more' | 'continue' | 'broken' | HttpResponse;

const NOTHING = Buffer.alloc(0);

export class ResponseReader {
  #buffer: Buffer = NOTHING;
  #head: Head | undefined;
  #delimited: Delimited = { by: 'close' };
  readonly #body: Buffer[] = [];
  #length = 0;
  readonly #bodyOf204: boolean;

  /** `bodyOf204`: headers that announce content are believed even for a 204 (Q-HT-13). */
  constructor(bodyOf204 = false) {
    this.#bodyOf204 = bodyOf204;
  }

  /**
   * Bytes as they arrive. `continue`: an interim response (100) has passed; there may be more in the same
   * bytes.
   */
  feed(bytes: Buffer): Fed {
    this.#buffer = this.#buffer.length === 0 ? bytes : Buffer.concat([this.#buffer, bytes]);
    let interim = false;
    while (this.#head === undefined) {
      const head = this.#takeHead();
      if (head === 'more') return interim ? 'continue' : 'more';
      if (head === 'broken') return 'broken';
      interim = head.status >= 100 && head.status < 200;
      if (interim) continue;
      this.#head = head;
      const delimited = delimiterOf(head, this.#bodyOf204);
      if (delimited === 'broken') return 'broken';
      this.#delimited = delimited;
    }
    return this.#takeBody(this.#head);
  }

  /** The peer closed: that ends a body which nothing else delimits. */
  end(): HttpResponse | 'broken' {
    if (this.#head === undefined || this.#delimited.by !== 'close') return 'broken';
    return { ...this.#finish(this.#head), keepsAlive: false };
  }

  #takeHead(): Head | 'more' | 'broken' {
    const text = this.#buffer.toString('latin1', 0, LIMITS.headerBytes + 4);
    const crlf = text.indexOf('\r\n\r\n');
    // Lines that end with a bare LF count only in the head, not in the body.
    const lf = text.indexOf('\n\n');
    const bare = lf >= 0 && (crlf < 0 || lf < crlf);
    const at = bare ? lf : crlf;
    if (at < 0) return this.#buffer.length > LIMITS.headerBytes ? 'broken' : 'more';
    this.#buffer = this.#buffer.subarray(at + (bare ? 2 : 4));
    return readHead(text.slice(0, at));
  }

  #takeBody(head: Head): Fed {
    const delimited = this.#delimited;
    switch (delimited.by) {
      case 'close':
        return this.#keep(this.#buffer.length) ? 'more' : 'broken';
      case 'length': {
        if (delimited.left === 0) return this.#finish(head);
        const take = Math.min(delimited.left, this.#buffer.length);
        if (!this.#keep(take)) return 'broken';
        delimited.left -= take;
        return delimited.left === 0 ? this.#finish(head) : 'more';
      }
      case 'chunks':
        return this.#takeChunks(delimited, head);
    }
  }

  #takeChunks(chunks: Chunks, head: Head): Fed {
    for (;;) {
      if (chunks.at === 'data') {
        const take = Math.min(chunks.left, this.#buffer.length);
        if (!this.#keep(take)) return 'broken';
        chunks.left -= take;
        if (chunks.left > 0) return 'more';
        chunks.at = 'after-data';
      }
      const line = this.#takeLine();
      if (line === undefined) return this.#buffer.length > LIMITS.headerBytes ? 'broken' : 'more';
      const read = readChunkLine(chunks, line);
      if (read === 'broken') return 'broken';
      if (read === 'end') return this.#finish(head);
    }
  }

  #takeLine(): string | undefined {
    const at = this.#buffer.indexOf('\n');
    if (at < 0) return undefined;
    const line = this.#buffer.subarray(0, at).toString('latin1').replace(/\r$/, '');
    this.#buffer = this.#buffer.subarray(at + 1);
    return line;
  }

  /** Moves this many bytes to the body; false when it grows too large. */
  #keep(count: number): boolean {
    if (count > 0) this.#body.push(this.#buffer.subarray(0, count));
    this.#buffer = this.#buffer.subarray(count);
    this.#length += count;
    return this.#length <= LIMITS.bodyBytes;
  }

  #finish({ status, headers, keepsAlive }: Head): HttpResponse {
    const body = this.#body.length > 1 ? Buffer.concat(this.#body) : (this.#body[0] ?? NOTHING);
    return { status, headers, body, keepsAlive };
  }
}

/** A line between the data of chunks. */
function readChunkLine(chunks: Chunks, line: string): 'more' | 'end' | 'broken' {
  if (chunks.at === 'trailer') return line === '' ? 'end' : 'more';
  if (chunks.at === 'after-data') {
    if (line !== '') return 'broken';
    chunks.at = 'size';
    return 'more';
  }
  const size = /^[0-9a-f]{1,7}(?=\s*(;|$))/i.exec(line)?.[0];
  if (size === undefined) return 'broken';
  chunks.left = Number.parseInt(size, 16);
  chunks.at = chunks.left === 0 ? 'trailer' : 'data';
  return 'more';
}

function readHead(text: string): Head | 'broken' {
  const match = /^HTTP\/1\.([01]) (\d{3})(?: .*)?\r?(?:\n|$)/.exec(text);
  if (match === null) return 'broken';
  const headers = new Map<string, string[]>();
  for (let from = match[0].length; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const end = newline < 0 ? text.length : newline;
    const colon = text.indexOf(':', from);
    if (colon > from && colon < end) {
      const name = text.slice(from, colon).trim().toLowerCase();
      const value = text.slice(colon + 1, end).trim();
      const values = headers.get(name);
      if (values === undefined) headers.set(name, [value]);
      else values.push(value);
    }
    from = end + 1;
  }
  const connection = headers.get('connection')?.join(',').toLowerCase() ?? '';
  const keepsAlive = match[1] === '1' ? !connection.includes('close') : connection.includes('keep-alive');
  return { status: Number(match[2]), headers, keepsAlive };
}

function delimiterOf({ status, headers }: Head, bodyOf204: boolean): Delimited | 'broken' {
  const announced = headers.has('content-length') || headers.has('content-type');
  if (status === 304 || (status === 204 && !(bodyOf204 && announced))) return { by: 'length', left: 0 };
  if (headers.get('transfer-encoding')?.join(',').toLowerCase().includes('chunked') === true)
    return { by: 'chunks', at: 'size', left: 0 };
  const [length, ...others] = headers.get('content-length') ?? [];
  if (length === undefined) return { by: 'close' };
  if (!/^\d{1,10}$/.test(length) || others.some((other) => other !== length)) return 'broken';
  return { by: 'length', left: Number(length) };
}
