/** The body of one HTTP request: gathered under limits, decompressed, or a typed error. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { gunzip, inflate, inflateRaw } from 'node:zlib';
import type { WireError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { err, ok, type Result } from '../../protocol/result.ts';

export interface BodyLimits {
  /** Bytes at most, on the wire and after decompression. LIMITS.bodyBytes by default. */
  readonly bytes?: number;
  /** How long the next piece may take, in milliseconds. The whole may take as long as it likes (Q-LG-02). */
  readonly idleMs: number;
}

/** A request, or any other stream; `complete` as node:http sets it, once all bytes are there. */
export type BodyStream = Readable & { readonly complete?: boolean };

export type Body = Result<Uint8Array, WireError>;

const EMPTY: Body = ok(new Uint8Array(0));

/**
 * The bytes of a body, Content-Encoding undone. Never rejects. Errors: E_TOO_LARGE (answer 413), E_ENCODING (415, by which
 * a modem knows to send plain, TR-069a6 3.4.7), E_BODY_IDLE (408), E_BODY_CUT (nobody is left to answer); `at` is how
 * many bytes had come. After an error the rest of the body is left unread, so the connection cannot be used further.
 *
 * What came in one piece is given back as it came, without a copy. Without Content-Length and Transfer-Encoding there is
 * no body (RFC 7230 3.3.3), and nothing is waited for.
 */
export function readBody(
  stream: BodyStream,
  headers: IncomingHttpHeaders,
  limits: BodyLimits,
): Promise<Body> {
  const most = limits.bytes ?? LIMITS.bodyBytes;
  let expected = Number.POSITIVE_INFINITY;
  if (headers['transfer-encoding'] === undefined) {
    const length = headers['content-length'] ?? '0';
    expected = Number(length);
    if (expected === 0) return Promise.resolve(EMPTY);
    if (expected > most)
      return Promise.resolve(err({ code: 'E_TOO_LARGE', at: 0, found: length.slice(0, 24) }));
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined) return gather(stream, expected, most, limits.idleMs);
  const coding = codingOf(encoding);
  if (coding === undefined)
    return Promise.resolve(err({ code: 'E_ENCODING', at: 0, found: encoding.slice(0, 24) }));
  const gathered = gather(stream, expected, most, limits.idleMs);
  if (coding === 'identity') return gathered;
  return gathered.then((body) => (body.ok ? decompress(body.value, coding, most) : body));
}

function gather(stream: BodyStream, expected: number, most: number, idleMs: number): Promise<Body> {
  // Its end was told before we listened.
  if (stream.destroyed) return Promise.resolve(err({ code: 'E_BODY_CUT', at: 0 }));
  return new Promise((resolve) => {
    const gathering = new Gathering(stream, most, resolve);
    stream.on('data', (chunk: Uint8Array) => gathering.take(chunk));
    stream.on('end', () => gathering.end());
    stream.on('error', () => gathering.fail('E_BODY_CUT'));
    // Most bodies come in one packet with their headers, and have been taken by now: they are spared timer and listener.
    process.nextTick(() => {
      if (stream.complete === true || gathering.size >= expected) return;
      gathering.wait(idleMs);
    });
  });
}

/** The pieces of one body so far. */
class Gathering {
  private first: Uint8Array | undefined = undefined;
  private more: Uint8Array[] | undefined = undefined;
  size = 0;
  private timer: NodeJS.Timeout | undefined = undefined;
  private settled = false;
  private readonly stream: BodyStream;
  private readonly most: number;
  private readonly resolve: (body: Body) => void;

  constructor(stream: BodyStream, most: number, resolve: (body: Body) => void) {
    this.stream = stream;
    this.most = most;
    this.resolve = resolve;
  }

  take(chunk: Uint8Array): void {
    if (this.settled) return;
    this.size += chunk.length;
    if (this.size > this.most) {
      this.fail('E_TOO_LARGE');
      return;
    }
    if (this.first === undefined) this.first = chunk;
    else if (this.more === undefined) this.more = [this.first, chunk];
    else this.more.push(chunk);
    this.timer?.refresh();
  }

  end(): void {
    if (this.first === undefined) this.settle(EMPTY);
    else this.settle(ok(this.more === undefined ? this.first : Buffer.concat(this.more, this.size)));
  }

  fail(code: 'E_TOO_LARGE' | 'E_BODY_CUT' | 'E_BODY_IDLE'): void {
    if (this.settled) return;
    this.stream.pause();
    this.settle(err({ code, at: this.size }));
  }

  /** Limits the time to the next piece, and each one after it. */
  wait(idleMs: number): void {
    if (this.settled) return;
    this.timer = setTimeout(() => this.fail('E_BODY_IDLE'), idleMs);
    // A stream that is destroyed without an error only closes.
    this.stream.on('close', () => this.fail('E_BODY_CUT'));
  }

  private settle(body: Body): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.timer);
    this.resolve(body);
  }
}

type Coding = 'identity' | 'gzip' | 'deflate';

/** The one coding named; none for unknown ones and for several upon each other. */
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

function decompress(bytes: Uint8Array, coding: 'gzip' | 'deflate', most: number): Promise<Body> {
  if (bytes.length === 0) return Promise.resolve(EMPTY);
  const run = coding === 'gzip' ? gunzip : isZlib(bytes) ? inflate : inflateRaw;
  return new Promise((resolve) => {
    // The library stops at maxOutputLength, so a bomb costs no more than the largest body allowed.
    run(bytes, { maxOutputLength: most }, (error, plain) => {
      if (error === null) return resolve(ok(plain));
      const tooLarge = 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      if (tooLarge) return resolve(err({ code: 'E_TOO_LARGE', at: most, found: coding }));
      resolve(err({ code: 'E_ENCODING', at: 0, found: `${coding}: ${error.message}`.slice(0, 48) }));
    });
  });
}

/** RFC 7230 4.2.2 means zlib by `deflate`; some send the bare deflate stream. A zlib header has a check (RFC 1950 2.2). */
function isZlib(bytes: Uint8Array): boolean {
  const [cmf = 0, flags = 0] = bytes;
  return (cmf & 0x0f) === 8 && ((cmf << 8) | flags) % 31 === 0;
}
