/**
 * Reads the HTTP/1.x messages of one direction of a stream as its bytes come. After a gap it finds the next
 * start line.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Budget, Span } from './http-body.ts';
import { Body } from './http-body.ts';
import type { HttpHead } from './http-head.ts';
import { framingOf, mayBegin, readHead, START_LINE } from './http-head.ts';

/** Oddities of a captured message. */
export type HttpOddity = 'cut' | 'gap' | 'bad-chunk' | 'trailing-bytes';

/** Where a message is in its side of the stream, by offsets from its first byte; gaps count. */
export interface Place {
  readonly head: Span;
  /** The body without chunk lines. */
  readonly body: readonly Span[];
  /** After the last byte of the message. */
  readonly end: number;
}

export interface RawMessage {
  readonly head: HttpHead;
  /** As it was on the wire, byte text. */
  readonly headText: string;
  /** Without chunks, with its Content-Encoding; only the first part of a large body. */
  readonly body: Uint8Array;
  readonly bodyLength: number;
  /** Lengths of its chunks, of a long body only the first ones; empty if it was not chunked. */
  readonly chunks: readonly number[];
  readonly place: Place;
  readonly began: bigint;
  readonly ended: bigint;
  readonly oddities: readonly HttpOddity[];
}

export interface HttpListener {
  /** A head was read; its message follows once the body is there. */
  readonly began: (head: HttpHead) => void;
  readonly message: (message: RawMessage) => void;
  /** Bytes that belong to no message. */
  readonly skipped: (count: number, time: bigint) => void;
  /** The method of the request that the next response answers. */
  readonly asked: () => string | undefined;
}

type State =
  | { readonly at: 'head' }
  | { readonly at: 'length'; left: number }
  | { readonly at: 'chunk-size' | 'chunk-end' | 'trailers' }
  | { readonly at: 'chunk'; left: number }
  | { readonly at: 'close' }
  /** Looks for a start line. */
  | { readonly at: 'lost' }
  | { readonly at: 'tunnel' };

interface Open {
  readonly head: HttpHead;
  readonly headText: string;
  readonly body: Body;
  readonly chunks: number[];
  readonly at: number;
  readonly began: bigint;
  readonly oddities: Set<HttpOddity>;
}

const EMPTY = Buffer.alloc(0);
/** Bytes of a chunk's size line with its extensions. */
const SIZE_LINE = 1024;

export class HttpReader {
  #state: State;
  #rest: Buffer = EMPTY;
  #restBegan = 0n;
  #open: Open | undefined;
  #skipped = 0;
  #lastTime = 0n;
  /** Offset after the last byte received, and after the last byte used. */
  #position = 0;
  #used = 0;
  readonly #listener: HttpListener;
  readonly #budget: Budget;

  /** `fromStart`: the first byte that comes is the first of the stream. */
  constructor(listener: HttpListener, budget: Budget, fromStart: boolean) {
    this.#listener = listener;
    this.#budget = budget;
    this.#state = { at: fromStart ? 'head' : 'lost' };
  }

  push(bytes: Uint8Array, time: bigint): void {
    this.#lastTime = time;
    this.#position += bytes.length;
    let left: Uint8Array | undefined = bytes;
    // Each step uses bytes, or leaves them in `#rest` and ends.
    while (left !== undefined && left.length > 0) left = this.#take(left, time);
  }

  /** The capture lacks bytes here. A body of known length goes on after them. */
  gap(length: number, time: bigint): void {
    this.#lastTime = time;
    this.#position += length;
    const state = this.#state;
    if (state.at === 'tunnel') return;
    this.#open?.oddities.add('gap');
    if ((state.at === 'length' || state.at === 'chunk') && length <= state.left) {
      state.left -= length;
      this.#used = this.#position;
      if (state.left === 0) this.#bodyPartEnded(time);
      return;
    }
    if (state.at === 'close') {
      this.#used = this.#position;
      return;
    }
    this.#loseTrack(time);
  }

  /** No more bytes come; `cleanly` with FIN. */
  end(cleanly: boolean, time: bigint): void {
    this.#lastTime = time;
    if (this.#state.at === 'close' && cleanly) this.#finish(time);
    if (this.#state.at !== 'tunnel') this.#loseTrack(time);
    this.#tellSkipped();
    this.#state = { at: 'tunnel' };
  }

  #take(bytes: Uint8Array, time: bigint): Uint8Array | undefined {
    const state = this.#state;
    const at = this.#position - bytes.length;
    switch (state.at) {
      case 'tunnel':
        return undefined;
      case 'close':
        this.#open?.body.push(bytes, at);
        this.#used = this.#position;
        return undefined;
      case 'length':
      case 'chunk': {
        const part = bytes.subarray(0, state.left);
        this.#open?.body.push(part, at);
        this.#used = at + part.length;
        state.left -= part.length;
        if (state.left === 0) this.#bodyPartEnded(time);
        return bytes.subarray(part.length);
      }
      case 'lost':
        return this.#search(bytes, time);
      case 'head':
        return this.#readHead(bytes, time);
      default:
        return this.#readLine(bytes, time);
    }
  }

  /** Adds to the waiting bytes; remembers when the first of them came. */
  #gather(bytes: Uint8Array, time: bigint): void {
    if (this.#rest.length === 0) this.#restBegan = time;
    this.#rest = Buffer.concat([this.#rest, bytes]);
  }

  #readHead(bytes: Uint8Array, time: bigint): Uint8Array | undefined {
    const before = this.#rest.length;
    this.#gather(bytes, time);
    // Line ends between messages are allowed (RFC 9112 2.2).
    let start = 0;
    while (this.#rest[start] === 0x0d || this.#rest[start] === 0x0a) start += 1;
    if (start > 0) this.#rest = this.#rest.subarray(start);
    if (this.#rest.length === 0) return undefined;
    const end = headEnd(this.#rest, Math.max(0, before - start - 3));
    if (end === undefined) {
      const odd = this.#rest.length > LIMITS.headerBytes || !mayBegin(this.#rest.toString('latin1', 0, 4200));
      return odd ? this.#giveBack() : undefined;
    }
    const text = this.#rest.toString('latin1', 0, end);
    const head = readHead(text);
    if (head === undefined) return this.#giveBack();
    const behind = this.#rest.subarray(end);
    const began = this.#restBegan;
    const at = this.#position - this.#rest.length;
    this.#rest = EMPTY;
    this.#used = at + end;
    this.#tellSkipped();
    this.#listener.began(head);
    this.#open = {
      head,
      headText: text,
      body: new Body(this.#budget),
      at,
      chunks: [],
      began,
      oddities: new Set(),
    };
    this.#beginBody(head, time);
    return behind;
  }

  /** The waiting bytes are not a head: they are searched for one. */
  #giveBack(): Uint8Array {
    const waiting = this.#rest;
    this.#rest = EMPTY;
    // The first byte does not start a message, or it would have been read as one.
    this.#skipped += 1;
    this.#state = { at: 'lost' };
    return waiting.subarray(1);
  }

  #beginBody(head: HttpHead, time: bigint): void {
    const method = head.kind === 'response' ? this.#listener.asked() : undefined;
    const framing = framingOf(head, method?.toUpperCase());
    switch (framing.by) {
      case 'nothing':
        this.#finish(time);
        return;
      case 'length':
        this.#state = { at: 'length', left: framing.length };
        if (framing.length === 0) this.#finish(time);
        return;
      case 'chunks':
        this.#state = { at: 'chunk-size' };
        return;
      case 'close':
        this.#state = { at: 'close' };
        return;
      case 'tunnel':
        this.#finish(time);
        this.#state = { at: 'tunnel' };
    }
  }

  #bodyPartEnded(time: bigint): void {
    if (this.#state.at === 'length') this.#finish(time);
    else this.#state = { at: 'chunk-end' };
  }

  /** Lines between chunks (RFC 9112 7.1). */
  #readLine(bytes: Uint8Array, time: bigint): Uint8Array | undefined {
    const end = bytes.indexOf(0x0a);
    this.#gather(end < 0 ? bytes : bytes.subarray(0, end + 1), time);
    if (end < 0 && this.#rest.length <= SIZE_LINE) return undefined;
    const line = this.#rest.toString('latin1').trim();
    this.#rest = EMPTY;
    const behind = end < 0 ? bytes.subarray(bytes.length) : bytes.subarray(end + 1);
    this.#used = this.#position - behind.length;
    if (this.#state.at === 'chunk-size') {
      const size = /^([0-9a-f]{1,8})(?:[ \t]*;.*)?$/i.exec(line)?.[1];
      if (size === undefined) {
        this.#open?.oddities.add('bad-chunk');
        this.#loseTrack(time);
      } else if (Number.parseInt(size, 16) === 0) this.#state = { at: 'trailers' };
      else this.#beginChunk(Number.parseInt(size, 16));
    } else if (this.#state.at === 'chunk-end') {
      if (line !== '') this.#open?.oddities.add('bad-chunk');
      this.#state = { at: 'chunk-size' };
    } else if (line === '') this.#finish(time);
    return behind;
  }

  #beginChunk(length: number): void {
    const chunks = this.#open?.chunks;
    if (chunks !== undefined && chunks.length < LIMITS.captureChunks) chunks.push(length);
    this.#state = { at: 'chunk', left: length };
  }

  /** Looks for a start line, and keeps only what may begin one. */
  #search(bytes: Uint8Array, time: bigint): Uint8Array | undefined {
    this.#gather(bytes, time);
    const found = bytes.includes(0x0a) ? START_LINE.exec(this.#rest.toString('latin1')) : null;
    if (found !== null) {
      this.#skipped += found.index;
      const from = this.#rest.subarray(found.index);
      this.#rest = EMPTY;
      this.#state = { at: 'head' };
      return from;
    }
    const spare = this.#rest.length - LONGEST_START;
    if (spare > 0) {
      this.#skipped += spare;
      this.#rest = Buffer.from(this.#rest.subarray(spare));
    }
    return undefined;
  }

  /** Ends the open message as cut, and looks for the next start line. */
  #loseTrack(time: bigint): void {
    this.#skipped += this.#rest.length;
    this.#rest = EMPTY;
    if (this.#open !== undefined) {
      if (!this.#open.oddities.has('gap') && !this.#open.oddities.has('bad-chunk'))
        this.#open.oddities.add('cut');
      this.#finish(time);
    }
    this.#state = { at: 'lost' };
  }

  #finish(time: bigint): void {
    const open = this.#open;
    this.#state = { at: 'head' };
    if (open === undefined) return;
    this.#open = undefined;
    const { at, began, body, chunks, head, headText } = open;
    const bodyLength = body.length;
    const oddities = [...open.oddities];
    const place = { head: { at, length: headText.length }, body: body.spans, end: this.#used };
    this.#listener.message({
      head,
      headText,
      body: body.take(),
      bodyLength,
      chunks,
      place,
      began,
      ended: time,
      oddities,
    });
  }

  #tellSkipped(): void {
    if (this.#skipped > 0) this.#listener.skipped(this.#skipped, this.#lastTime);
    this.#skipped = 0;
  }
}

const LONGEST_START = 4200;

/** The end of the empty line after the head, searched from `from` on. */
function headEnd(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(0x0a, from); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at + 1] === 0x0a) return at + 2;
    if (bytes[at + 1] === 0x0d && bytes[at + 2] === 0x0a) return at + 3;
  }
  return undefined;
}
