/**
 * HTTP/1.x out of TCP streams: requests, and the responses to them. TLS is reported and left alone.
 */
import { LIMITS } from '../../protocol/limits.ts';
import type { Ending, Side, StreamEvent, StreamInfo } from '../packet/streams.ts';
import type { Budget } from './http-body.ts';
import { decodeBody } from './http-body.ts';
import type { HttpHead } from './http-head.ts';
import { headerOf } from './http-head.ts';
import type { HttpListener, HttpOddity, Place, RawMessage } from './http-reader.ts';
import { HttpReader } from './http-reader.ts';
import { readTlsHello } from './tls.ts';

export interface HttpMessage {
  readonly is: 'http';
  readonly stream: StreamInfo;
  readonly from: Side;
  readonly head: HttpHead;
  /** As it was on the wire, byte text. */
  readonly headText: string;
  /**
   * Without chunks and Content-Encoding. Only the first part of a large body that is not XML, or exceeds the
   * budget.
   */
  readonly body: Uint8Array;
  /** Bytes of the body on the wire, without chunk lines. */
  readonly bodyLength: number;
  /** Lengths of its chunks, of a long body only the first ones; empty if it was not chunked. */
  readonly chunks: readonly number[];
  readonly place: Place;
  readonly began: bigint;
  readonly ended: bigint;
  readonly oddities: readonly (HttpOddity | 'bad-encoding')[];
  /**
   * 1, 2, ... of the requests in the stream; a response has that of its request, or 0 if the capture lacks
   * it.
   */
  readonly exchange: number;
}

export type HttpEvent =
  | HttpMessage
  /** Bytes of a stream that belong to no message. */
  | {
      readonly is: 'skipped';
      readonly stream: StreamInfo;
      readonly from: Side;
      readonly count: number;
      readonly time: bigint;
    }
  | {
      readonly is: 'tls';
      readonly stream: StreamInfo;
      readonly time: bigint;
      /** Server name that the client asks for. */
      readonly serverName: string | undefined;
      readonly version: string;
    }
  | {
      readonly is: 'stream-ended';
      readonly stream: StreamInfo;
      readonly how: Ending;
      readonly by: Side | undefined;
      readonly time: bigint;
      /** Bytes that each side sent and the capture holds. */
      readonly bytes: Readonly<Record<Side, number>>;
      readonly messages: number;
    };

export interface Http {
  push(event: StreamEvent): readonly HttpEvent[];
}

/** The state of a stream. */
interface HttpStream {
  readonly info: StreamInfo;
  readonly readers: Record<Side, HttpReader>;
  readonly bytes: Record<Side, number>;
  /** Requests without response. */
  readonly unanswered: { readonly exchange: number; readonly method: string }[];
  /** Requests of which a head was read, and requests that were read whole. */
  requestHeads: number;
  requests: number;
  messages: number;
  tls: boolean;
}

export const createHttp = (): Http => new HttpTracker();

class HttpTracker implements Http {
  readonly #streams = new Map<number, HttpStream>();
  readonly #budget: Budget = { held: 0 };
  #events: HttpEvent[] = [];

  push(event: StreamEvent): readonly HttpEvent[] {
    const { number } = event.stream;
    const stream = event.is === 'opened' ? this.#begin(event.stream) : this.#streams.get(number);
    if (stream !== undefined) this.#read(stream, event);
    if (this.#events.length === 0) return NONE;
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #begin(info: StreamInfo): HttpStream {
    const stream: HttpStream = {
      info,
      readers: { client: this.#reader(info, 'client'), server: this.#reader(info, 'server') },
      bytes: { client: 0, server: 0 },
      unanswered: [],
      requestHeads: 0,
      requests: 0,
      messages: 0,
      tls: false,
    };
    this.#streams.set(info.number, stream);
    return stream;
  }

  #reader(info: StreamInfo, from: Side): HttpReader {
    const stream = (): HttpStream | undefined => this.#streams.get(info.number);
    const listener: HttpListener = {
      began: (head) => {
        if (head.kind === 'request') countRequest(stream(), head.method);
      },
      message: (raw) => this.#onMessage(stream(), from, raw),
      skipped: (count, time) => {
        this.#events.push({ is: 'skipped', stream: info, from, count, time });
      },
      asked: () => stream()?.unanswered[0]?.method,
    };
    return new HttpReader(listener, this.#budget, info.handshake);
  }

  #read(stream: HttpStream, event: StreamEvent): void {
    const { readers, tls } = stream;
    switch (event.is) {
      case 'opened':
        return;
      case 'data':
        this.#onData(stream, event.from, event.bytes, event.time);
        return;
      case 'gap':
        if (!tls) readers[event.from].gap(event.length, event.time);
        return;
      case 'finished':
        if (!tls) readers[event.from].end(true, event.time);
        return;
      case 'closed':
        this.#onClosed(stream, event.how, event.by, event.time);
    }
  }

  #onData(stream: HttpStream, from: Side, bytes: Uint8Array, time: bigint): void {
    const isFirst = stream.messages === 0 && stream.bytes[from] === 0;
    const hello = isFirst ? readTlsHello(bytes) : undefined;
    if (hello !== undefined && !stream.tls) {
      stream.tls = true;
      this.#events.push({ is: 'tls', stream: stream.info, time, ...hello });
    }
    stream.bytes[from] += bytes.length;
    if (!stream.tls) stream.readers[from].push(bytes, time);
  }

  #onClosed(stream: HttpStream, how: Ending, by: Side | undefined, time: bigint): void {
    const { bytes, info, readers, tls } = stream;
    if (!tls) for (const reader of Object.values(readers)) reader.end(false, time);
    this.#streams.delete(info.number);
    const { messages } = stream;
    this.#events.push({ is: 'stream-ended', stream: info, how, by, time, bytes, messages });
  }

  #onMessage(stream: HttpStream | undefined, from: Side, raw: RawMessage): void {
    if (stream === undefined) return;
    stream.messages += 1;
    const { head } = raw;
    const exchange = exchangeOf(stream, head);
    const decoded = decodeBody(raw.body, headerOf(head.headers, 'content-encoding'));
    const oddities = decoded === undefined ? [...raw.oddities, 'bad-encoding' as const] : raw.oddities;
    const body = decoded ?? raw.body;
    this.#events.push({ is: 'http', stream: stream.info, from, ...raw, body, oddities, exchange });
  }
}

/** A request counts from its head on: an ACS may answer before the body is there. */
function countRequest(stream: HttpStream | undefined, method: string): void {
  if (stream === undefined) return;
  stream.requestHeads += 1;
  stream.unanswered.push({ exchange: stream.requestHeads, method });
  if (stream.unanswered.length > LIMITS.pipelined) stream.unanswered.shift();
}

/** Which request of the stream a message is, or answers. */
function exchangeOf(stream: HttpStream, head: HttpHead): number {
  if (head.kind === 'request') {
    stream.requests += 1;
    return stream.requests;
  }
  const exchange = stream.unanswered[0]?.exchange ?? 0;
  // 100 Continue and the like come before the response.
  if (head.status >= 200 || head.status === 101) stream.unanswered.shift();
  return exchange;
}

const NONE: readonly HttpEvent[] = [];
