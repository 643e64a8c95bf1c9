/** What is kept of a body while it passes. All bodies of a capture together have one budget. */
import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { LIMITS } from '../../protocol/limits.ts';
import { copyOf } from '../file/octets.ts';

/** Bytes that all open bodies hold; one object for a capture. */
export interface Budget {
  held: number;
}

/** Bytes of a message, by their offset in its side of the stream; gaps count. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

/** Bytes that are kept of a body that is no XML: enough to tell what it is. */
const SAMPLE = 64 * 1024;

export class Body {
  readonly #parts: Uint8Array[] = [];
  #kept = 0;
  /** Bytes that came. */
  length = 0;
  /** Where they stood: one span, or one a chunk. */
  readonly spans: { at: number; length: number }[] = [];
  #most: number | undefined;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  push(bytes: Uint8Array, at: number): void {
    this.length += bytes.length;
    const last = this.spans.at(-1);
    // Past so many chunks what lies between them counts as theirs.
    if (last !== undefined && (last.at + last.length === at || this.spans.length >= LIMITS.captureChunks))
      last.length = at + bytes.length - last.at;
    else this.spans.push({ at, length: bytes.length });
    this.#most ??= isPerhapsXml(bytes) ? LIMITS.bodyBytes : SAMPLE;
    const room = Math.min(this.#most - this.#kept, LIMITS.captureBodiesBytes - this.#budget.held);
    if (room <= 0) return;
    // A copy, so that the chunk of the file it came in can go.
    const part = copyOf(bytes.subarray(0, room));
    this.#parts.push(part);
    this.#kept += part.length;
    this.#budget.held += part.length;
    // What comes next must not stand behind a hole.
    if (part.length < bytes.length) this.#most = this.#kept;
  }

  /** Ends the body, and gives what was kept of it. */
  take(): Uint8Array {
    const whole = Buffer.concat(this.#parts, this.#kept);
    this.#budget.held -= this.#kept;
    this.#parts.length = 0;
    this.#kept = 0;
    return whole;
  }
}

/** `<` behind white space or a byte order mark, or gzip, which may hold it. */
function isPerhapsXml(bytes: Uint8Array): boolean {
  if (bytes[0] === 0x1f || bytes[0] === 0x78) return true;
  for (const byte of bytes.subarray(0, 64)) {
    if (byte === 0x3c) return true;
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte < 0xbb && byte !== 0)
      return false;
  }
  return true;
}

/**
 * Undoes a Content-Encoding; `undefined` where that is not possible. A cut body gives what it holds. Nothing
 * grows beyond the largest body allowed.
 */
export function decodeBody(bytes: Uint8Array, encoding: string | undefined): Uint8Array | undefined {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LIMITS.bodyBytes };
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  try {
    if (name === 'gzip' || name === 'x-gzip') return gunzipSync(bytes, options);
    if (name !== 'deflate') return undefined;
    // RFC 9110 8.4.1.2 means zlib by `deflate`; some send the bare stream.
    return (bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
  } catch {
    return undefined;
  }
}
