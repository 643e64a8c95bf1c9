/** The part of a body that is kept while it passes. All bodies of a capture share one budget. */
import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { LIMITS } from '../../protocol/limits.ts';
import { copyOf } from '../file/octets.ts';

/** Bytes held by all open bodies; one object per capture. */
export interface Budget {
  held: number;
}

/** Bytes of a message, by their offset in their side of the stream; gaps count. */
export interface Span {
  readonly at: number;
  readonly length: number;
}

/** Bytes kept of a body that is not XML: enough to recognise it. */
const SAMPLE = 64 * 1024;

export class Body {
  readonly #parts: Uint8Array[] = [];
  #kept = 0;
  /** Bytes received. */
  length = 0;
  /** Where they were: one span, or one per chunk. */
  readonly spans: { at: number; length: number }[] = [];
  #most: number | undefined;
  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  push(bytes: Uint8Array, at: number): void {
    this.length += bytes.length;
    const last = this.spans.at(-1);
    // Beyond that many chunks the bytes between them count as theirs.
    if (last !== undefined && (last.at + last.length === at || this.spans.length >= LIMITS.captureChunks))
      last.length = at + bytes.length - last.at;
    else this.spans.push({ at, length: bytes.length });
    this.#most ??= isPerhapsXml(bytes) ? LIMITS.bodyBytes : SAMPLE;
    const room = Math.min(this.#most - this.#kept, LIMITS.captureBodiesBytes - this.#budget.held);
    if (room <= 0) return;
    // A copy, so that the chunk of the file can be freed.
    const part = copyOf(bytes.subarray(0, room));
    this.#parts.push(part);
    this.#kept += part.length;
    this.#budget.held += part.length;
    // Nothing may follow a hole.
    if (part.length < bytes.length) this.#most = this.#kept;
  }

  /** Ends the body, and returns what was kept of it. */
  take(): Uint8Array {
    const whole = Buffer.concat(this.#parts, this.#kept);
    this.#budget.held -= this.#kept;
    this.#parts.length = 0;
    this.#kept = 0;
    return whole;
  }
}

/** Whether bytes may be XML: `<` after white space or a byte order mark, or gzip, which may contain it. */
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
 * Undoes a Content-Encoding; `undefined` where that is impossible. A truncated body yields what it holds.
 * Nothing grows beyond the largest body allowed.
 */
export function decodeBody(bytes: Uint8Array, encoding: string | undefined): Uint8Array | undefined {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: LIMITS.bodyBytes };
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity' || bytes.length === 0) return bytes;
  try {
    if (name === 'gzip' || name === 'x-gzip') return gunzipSync(bytes, options);
    if (name !== 'deflate') return undefined;
    // `deflate` means zlib (RFC 9110 8.4.1.2); some send the bare stream.
    return (bytes[0] ?? 0) % 16 === 8 ? inflateSync(bytes, options) : inflateRawSync(bytes, options);
  } catch {
    return undefined;
  }
}
