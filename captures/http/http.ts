/** HTTP/1.x conversations out of streams: requests, and the responses that answer them. TLS is named and left alone. */
import { LIMITS } from '../../protocol/limits.ts';
import type { Ending, Side, StreamEvent, StreamInfo } from '../packet/streams.ts';
import type { Budget } from './http-body.ts';
import { decodeBody } from './http-body.ts';
import type { HttpHead } from './http-head.ts';
import { headerOf } from './http-head.ts';
import type { HttpOddity, Place, RawMessage } from './http-reader.ts';
import { HttpReader } from './http-reader.ts';
import { readTlsHello } from './tls.ts';

export interface HttpMessage {
  readonly is: 'http';
  readonly stream: StreamInfo;
  readonly from: Side;
  readonly head: HttpHead;
  /** As it stood on the wire, byte text. */
  readonly headText: string;
  /** Chunks and Content-Encoding undone. Of a large body that is no XML, or past the memory allowed, the first part. */
  readonly body: Uint8Array;
  /** Bytes of the body on the wire, without chunk lines. */
  readonly bodyLength: number;
  /** Bytes of its chunks in their order, those of a long body only in part; none where it was not chunked. */
  readonly chunks: readonly number[];
  readonly place: Place;
  readonly began: bigint;
  readonly ended: bigint;
  readonly oddities: readonly (HttpOddity | 'bad-encoding')[];
  /** 1, 2, ... of the requests in the stream; a response has that of its request, 0 where none was seen. */
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
      /** Name that the client asks for. */
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

interface Conversation {
  readonly readers: Record<Side, HttpReader>;
  readonly bytes: Record<Side, number>;
  /** Requests without response. */
  readonly asked: { readonly exchange: number; readonly method: string }[];
  /** Requests that began, and those of them that were told whole. */
  begun: number;
  told: number;
  messages: number;
  tls: boolean;
}

/** A request counts as asked from its head on: an ACS may answer before the body is there. */
function ask(talk: Conversation, method: string): void {
  talk.begun += 1;
  talk.asked.push({ exchange: talk.begun, method });
  if (talk.asked.length > LIMITS.pipelined) talk.asked.shift();
}

export function createHttp(): Http {
  const conversations = new Map<number, Conversation>();
  const budget: Budget = { held: 0 };
  let out: HttpEvent[] = [];

  const tell = (stream: StreamInfo, talk: Conversation, from: Side, raw: RawMessage): void => {
    talk.messages += 1;
    const { head } = raw;
    let exchange = talk.told + 1;
    if (head.kind === 'request') talk.told += 1;
    else {
      exchange = talk.asked[0]?.exchange ?? 0;
      // 100 Continue and its like come before the response.
      if (head.status >= 200 || head.status === 101) talk.asked.shift();
    }
    const decoded = decodeBody(raw.body, headerOf(head.headers, 'content-encoding'));
    const oddities = decoded === undefined ? [...raw.oddities, 'bad-encoding' as const] : raw.oddities;
    out.push({ is: 'http', stream, from, ...raw, body: decoded ?? raw.body, oddities, exchange });
  };

  const begin = (stream: StreamInfo): Conversation => {
    const reader = (from: Side): HttpReader =>
      new HttpReader(
        {
          began: (head) => {
            if (head.kind === 'request') ask(talk, head.method);
          },
          message: (raw) => tell(stream, talk, from, raw),
          skipped: (count, time) => {
            out.push({ is: 'skipped', stream, from, count, time });
          },
          asked: () => talk.asked[0]?.method,
        },
        budget,
        stream.handshake,
      );
    const talk: Conversation = {
      readers: { client: reader('client'), server: reader('server') },
      bytes: { client: 0, server: 0 },
      asked: [],
      begun: 0,
      told: 0,
      messages: 0,
      tls: false,
    };
    conversations.set(stream.number, talk);
    return talk;
  };

  const read = (event: StreamEvent): void => {
    const { stream, time } = event;
    const talk = event.is === 'opened' ? begin(stream) : conversations.get(stream.number);
    if (talk === undefined) return;
    switch (event.is) {
      case 'opened':
        return;
      case 'data': {
        const { bytes, from } = event;
        const hello = talk.messages === 0 && talk.bytes[from] === 0 ? readTlsHello(bytes) : undefined;
        if (hello !== undefined && !talk.tls) {
          talk.tls = true;
          out.push({ is: 'tls', stream, time, ...hello });
        }
        talk.bytes[from] += bytes.length;
        if (!talk.tls) talk.readers[from].push(bytes, time);
        return;
      }
      case 'gap':
        if (!talk.tls) talk.readers[event.from].gap(event.length, time);
        return;
      case 'finished':
        if (!talk.tls) talk.readers[event.from].end(true, time);
        return;
      case 'closed': {
        if (!talk.tls) for (const reader of Object.values(talk.readers)) reader.end(false, time);
        conversations.delete(stream.number);
        const { by, how } = event;
        const { bytes, messages } = talk;
        out.push({ is: 'stream-ended', stream, how, by, time, bytes, messages });
      }
    }
  };

  return {
    push(event) {
      read(event);
      if (out.length === 0) return NONE;
      const told = out;
      out = [];
      return told;
    },
  };
}

const NONE: readonly HttpEvent[] = [];
