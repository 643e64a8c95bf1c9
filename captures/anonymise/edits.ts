/** What overwrites the bytes of one side of a stream, or of one datagram. */
import type { Span } from '../http/http-body.ts';
import type { Blanking } from './passage.ts';

type What = Uint8Array | Blanking;

const CR = 0x0d;
const LF = 0x0a;

/** Edits by their offset; none overlaps another. */
export class Edits {
  readonly #at: number[] = [];
  readonly #lengths: number[] = [];
  readonly #what: What[] = [];
  #sorted = true;

  add({ at, length }: Span, what: What): void {
    if (length === 0) return;
    if (at < (this.#at.at(-1) ?? 0)) this.#sorted = false;
    this.#at.push(at);
    this.#lengths.push(length);
    this.#what.push(what);
  }

  /** Overwrites bytes that begin at this offset. */
  apply(bytes: Uint8Array, offset: number): void {
    this.#sort();
    const end = offset + bytes.length;
    for (let index = this.#first(offset); index < this.#at.length; index += 1) {
      const at = this.#at[index] ?? 0;
      if (at >= end) return;
      const from = Math.max(at, offset);
      const until = Math.min(at + (this.#lengths[index] ?? 0), end);
      const what = this.#what[index] ?? 'zero';
      const target = bytes.subarray(from - offset, until - offset);
      if (what instanceof Uint8Array) target.set(what.subarray(from - at, until - at));
      else
        target.forEach((byte, place) => {
          target[place] = blanked(byte, what);
        });
    }
  }

  /** The first edit that ends after an offset. */
  #first(offset: number): number {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#at[middle] ?? 0) + (this.#lengths[middle] ?? 0) > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #sort(): void {
    if (this.#sorted) return;
    this.#sorted = true;
    const order = this.#at.map((_, index) => index).sort((a, b) => (this.#at[a] ?? 0) - (this.#at[b] ?? 0));
    const reorder = <T>(list: T[]): void => {
      const old = [...list];
      order.forEach((from, to) => {
        const value = old[from];
        if (value !== undefined) list[to] = value;
      });
    };
    reorder(this.#at);
    reorder(this.#lengths);
    reorder(this.#what);
  }
}

/** A byte without its meaning: in a text its character class stays, and a line end always does. */
export function blanked(byte: number, how: Blanking): number {
  if (byte === CR || byte === LF) return byte;
  if (how === 'zero') return 0;
  if (byte >= 0x30 && byte <= 0x39) return 0x30;
  if (byte >= 0x41 && byte <= 0x5a) return 0x58;
  return (byte >= 0x61 && byte <= 0x7a) || byte >= 0x80 ? 0x78 : byte;
}
