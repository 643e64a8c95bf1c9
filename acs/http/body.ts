/** The body of one HTTP request: gathered under limits, decompressed, or a typed error. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { WireError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { err, ok, type Result } from '../../protocol/result.ts';

export interface BodyLimits {
  /** Most bytes, on the wire and after decompression. LIMITS.bodyBytes by default. */
  readonly bytes?: number;
  /** How long the next piece may take, in milliseconds. The whole may take any time (Q-LG-02). */
  readonly idleMs: number;
}

/** A request, or any other stream; `complete` as node:http sets it, once all bytes are there. */
export type BodyStream = Readable & { readonly complete?: boolean };

export type Body = Result<Uint8Array, WireError>;

const EMPTY: Body = ok(new Uint8Array(0));

/**
 * The bytes of a body, Content-Encoding undone. Never rejects. Errors: E_TOO_LARGE (answer 413), E_ENCODING
 * (415, which tells a modem to send plain text, TR-069a6 3.4.7), E_BODY_IDLE (408), E_BODY_CUT (nobody is
 * left to answer); `at` is the number of bytes received. After an error the rest of the body is not read, so
 * the connection cannot be used any more.
 *
 * A body that came in one piece is returned without a copy. Without Content-Length and Transfer-Encoding
 * there is no body (RFC 7230 3.3.3), and nothing is waited for.
 */
export function readBody(
  stream: BodyStream,
  headers: IncomingHttpHeaders,
  limits: BodyLimits,
): Promise<Body> {
  const max = limits.bytes ?? LIMITS.bodyBytes;
  let expected = Number.POSITIVE_INFINITY;
  if (headers['transfer-encoding'] === undefined) {
    const length = headers['content-length'] ?? '0';
    expected = Number(length);
    if (expected === 0) return Promise.resolve(EMPTY);
    if (expected > max)
      return Promise.resolve(err({ code: 'E_TOO_LARGE', at: 0, found: length.slice(0, 24) }));
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return gather(stream, expected, max, limits.idleMs);
  const coding = codingOf(encoding);
  if (coding === undefined)
    return Promise.resolve(err({ code: 'E_ENCODING', at: 0, found: encoding.slice(0, 24) }));
  const gathered = gather(stream, expected, max, limits.idleMs);
  if (coding === 'identity') return gathered;
  return gathered.then((body) => (body.ok ? decompress(body.value, coding, max) : body));
}

function gather(stream: BodyStream, expected: number, max: number, idleMs: number): Promise<Body> {
  // It ended before we listened.
  if (stream.destroyed) return Promise.resolve(err({ code: 'E_BODY_CUT', at: 0 }));
  return new Promise((resolve) => {
    const gathering = new Gathering(stream, max, resolve);
    stream.on('data', (chunk: Uint8Array) => gathering.take(chunk));
    stream.on('end', () => gathering.end());
    stream.on('error', () => gathering.fail('E_BODY_CUT'));
    // Most bodies come in one packet with their headers and are complete by now: they need no timer and no
    // listener.
    process.nextTick(() => {
      if (stream.complete === true || gathering.size >= expected) return;
      gathering.wait(idleMs);
    });
  });
}

/** The pieces of one body so far. */
class Gathering {
  size = 0;
  #first: Uint8Array | undefined = undefined;
  #more: Uint8Array[] | undefined = undefined;
  #timer: NodeJS.Timeout | undefined = undefined;
  #settled = false;
  readonly #stream: BodyStream;
  readonly #max: number;
  readonly #resolve: (body: Body) => void;

  constructor(stream: BodyStream, max: number, resolve: (body: Body) => void) {
    this.#stream = stream;
    this.#max = max;
    this.#resolve = resolve;
  }

  take(chunk: Uint8Array): void {
    if (this.#settled) return;
    this.size += chunk.length;
    if (this.size > this.#max) {
      this.fail('E_TOO_LARGE');
      return;
    }
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#more === undefined) this.#more = [this.#first, chunk];
    else this.#more.push(chunk);
    this.#timer?.refresh();
  }

  end(): void {
    if (this.#first === undefined) this.#settle(EMPTY);
    else this.#settle(ok(this.#more === undefined ? this.#first : Buffer.concat(this.#more, this.size)));
  }

  fail(code: 'E_TOO_LARGE' | 'E_BODY_CUT' | 'E_BODY_IDLE'): void {
    if (this.#settled) return;
    this.#stream.pause();
    this.#settle(err({ code, at: this.size }));
  }

  /** Limits the time to the next piece, and each one after it. */
  wait(idleMs: number): void {
    if (this.#settled) return;
    this.#timer = setTimeout(() => this.fail('E_BODY_IDLE'), idleMs);
    // A stream that is destroyed without an error only closes.
    this.#stream.on('close', () => this.fail('E_BODY_CUT'));
  }

  #settle(body: Body): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#resolve(body);
  }
}

type Coding = 'identity' | 'gzip' | 'deflate';

/** The one coding named; `undefined` for unknown codings and for several applied in a row. */
function codingOf(encoding: string): Coding | undefined {
  const names = encoding
    .slice(0, 256)
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  if (names.length === 0) return 'identity';
  if (names.length > 1) return undefined;
  if (names[0] === 'gzip' || names[0] === 'x-gzip') return 'gzip';
  return names[0] === 'deflate' ? 'deflate' : undefined;
}

function decompress(bytes: Uint8Array, coding: 'gzip' | 'deflate', max: number): Promise<Body> {
  if (bytes.length === 0) return Promise.resolve(EMPTY);
  const run = coding === 'gzip' ? gunzip : isZlib(bytes) ? inflate : inflateRaw;
  return new Promise((resolve) => {
    // zlib stops at maxOutputLength, so a bomb costs no more than the largest body allowed.
    run(bytes, { maxOutputLength: max }, (error, plain) => {
      if (error === null) return resolve(ok(plain));
      const tooLarge = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      if (tooLarge) return resolve(err({ code: 'E_TOO_LARGE', at: max, found: coding }));
      resolve(err({ code: 'E_ENCODING', at: 0, found: `${coding}: ${error.message}`.slice(0, 48) }));
    });
  });
}

/**
 * By `deflate` RFC 7230 4.2.2 means zlib; some send raw deflate. A zlib header has a checksum (RFC 1950 2.2).
 */
function isZlib(bytes: Uint8Array): boolean {
  const [cmf = 0, flags = 0] = bytes;
  return (cmf & 0x0f) === 8 && ((cmf << 8) | flags) % 31 === 0;
}
