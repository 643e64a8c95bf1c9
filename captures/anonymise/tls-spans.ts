/**
 * Which bytes of a TLS stream are blanked: all except record headers and a ClientHello, whose server name is
 * replaced.
 */

import { byteText } from '../file/octets.ts';
import type { Span } from '../http/http-body.ts';
import { readTlsHello } from '../http/tls.ts';
import type { StreamEvent } from '../packet/streams.ts';
import type { StreamPassage, StreamSide } from './passage.ts';

const HEAD = 5;
const HANDSHAKE = 22;
const LONGEST_HELLO = 0x4100;

interface Records {
  /** Bytes of the record header so far, and how many bytes of its content are to come. */
  readonly head: number[];
  left: number;
  hello: { readonly at: number; readonly length: number } | undefined;
  readonly gathered: number[];
}

type Bytes = Extract<StreamEvent, { is: 'data' | 'gap' }>;

export interface TlsSpans {
  /** `position`: offset of the end of the event's bytes. */
  push(event: Bytes, position: number): readonly StreamPassage[];
  /** The stream has ended: an incomplete first message cannot be read. */
  end(stream: number): readonly StreamPassage[];
}

export const createTlsSpans = (): TlsSpans => new TlsReader();

class TlsReader implements TlsSpans {
  readonly #sides = new Map<string, Records>();

  push(event: Bytes, position: number): readonly StreamPassage[] {
    const { from, stream } = event;
    const key = `${stream.number} ${from}`;
    const records = this.#sides.get(key) ?? { head: [], left: 0, hello: undefined, gathered: [] };
    this.#sides.set(key, records);
    // After a gap nobody knows where a record begins.
    if (event.is === 'gap') {
      records.left = Number.POSITIVE_INFINITY;
      return [];
    }
    return walk(records, event.bytes, position, { stream: stream.number, from });
  }

  end(stream: number): readonly StreamPassage[] {
    return (['client', 'server'] as const).flatMap((from) => {
      const key = `${stream} ${from}`;
      const { gathered = [], hello } = this.#sides.get(key) ?? {};
      this.#sides.delete(key);
      if (hello === undefined || gathered.length === hello.length) return [];
      return [blank({ stream, from }, { at: hello.at, length: gathered.length })];
    });
  }
}

/**
 * The server name that a client asks for. Everything else in its first message is a choice of its program, or
 * random.
 */
function serverName(side: StreamSide, at: number, content: Uint8Array): readonly StreamPassage[] {
  const head = Uint8Array.of(HANDSHAKE, 3, 1, content.length >> 8, content.length & 0xff);
  const name = readTlsHello(Buffer.concat([head, content]))?.serverName ?? '';
  const offset = name === '' ? -1 : byteText(content).indexOf(name);
  if (offset < 0) return [];
  return [{ is: 'host', side, spans: [{ at: at + offset, length: name.length }], text: name }];
}

const blank = (side: StreamSide, span: Span): StreamPassage => ({
  is: 'blank',
  side,
  spans: [span],
  how: 'zero',
  what: 'what TLS encrypts',
});

function walk(
  records: Records,
  bytes: Uint8Array,
  position: number,
  side: StreamSide,
): readonly StreamPassage[] {
  const passages: StreamPassage[] = [];
  const start = position - bytes.length;
  for (let at = 0; at < bytes.length; ) {
    if (records.left === 0) {
      records.head.push(bytes[at] ?? 0);
      at += 1;
      if (records.head.length < HEAD) continue;
      const [, , , high = 0, low = 0] = records.head;
      records.left = (high << 8) | low;
      records.head.length = 0;
      const isFirst = side.from === 'client' && records.hello === undefined && records.left <= LONGEST_HELLO;
      records.hello ??= isFirst ? { at: start + at, length: records.left } : { at: 0, length: 0 };
      continue;
    }
    const part = bytes.subarray(at, at + Math.min(records.left, bytes.length - at));
    const { hello } = records;
    if (hello !== undefined && start + at >= hello.at && start + at < hello.at + hello.length) {
      records.gathered.push(...part);
      if (records.gathered.length === hello.length)
        passages.push(...serverName(side, hello.at, Uint8Array.from(records.gathered)));
    } else passages.push(blank(side, { at: start + at, length: part.length }));
    records.left -= part.length;
    at += part.length;
  }
  return passages;
}
