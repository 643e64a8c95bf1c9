/**
 * A capture as passages: texts that are understood, each with the place of its bytes, and bytes that are not,
 * which are blanked. A capture that is read twice gives the same passages both times.
 */
import { decodeBootp } from '../../protocol/bootp/message.ts';
import type { DatagramEvent } from '../conversation/datagrams.ts';
import { createDatagrams } from '../conversation/datagrams.ts';
import { byteText } from '../file/octets.ts';
import type { HttpEvent, HttpMessage } from '../http/http.ts';
import { createHttp } from '../http/http.ts';
import type { Span } from '../http/http-body.ts';
import { headerOf } from '../http/http-head.ts';
import type { Datagram } from '../packet/flow.ts';
import type { Side, StreamEvent } from '../packet/streams.ts';
import type { DatagramPassage, StreamPassage, StreamSide } from './passage.ts';
import { createTlsSpans } from './tls-spans.ts';

export interface StreamPassages {
  push(event: StreamEvent): readonly StreamPassage[];
}
export interface DatagramPassages {
  push(datagram: Datagram): DatagramPassage;
}

/** How far one side of a stream was read. */
interface Account {
  /** Bytes that belong to a passage already. */
  understood: number;
  position: number;
}

type Bytes = Extract<StreamEvent, { is: 'data' | 'gap' }>;

export const createStreamPassages = (): StreamPassages => new PassageReader();

class PassageReader implements StreamPassages {
  readonly #http = createHttp();
  readonly #tls = createTlsSpans();
  readonly #accounts = new Map<number, Record<Side, Account>>();
  readonly #encrypted = new Set<number>();

  push(event: StreamEvent): readonly StreamPassage[] {
    const { number } = event.stream;
    if (event.is === 'opened') this.#accounts.set(number, { client: newAccount(), server: newAccount() });
    const accounts = this.#accounts.get(number);
    if (accounts === undefined) return [];
    const isBytes = event.is === 'data' || event.is === 'gap';
    if (isBytes) accounts[event.from].position += lengthOf(event);
    const passages = this.#http.push(event).flatMap((one) => this.#onHttp(one));
    if (isBytes && this.#encrypted.has(number))
      return [...passages, ...this.#onEncrypted(event, accounts[event.from])];
    return event.is === 'closed' ? [...passages, ...this.#onClosed(number, accounts)] : passages;
  }

  #onHttp(event: HttpEvent): readonly StreamPassage[] {
    if (event.is === 'tls') this.#encrypted.add(event.stream.number);
    if (event.is !== 'http') return [];
    const { from, place, stream } = event;
    const side: StreamSide = { stream: stream.number, from };
    const account = this.#accounts.get(stream.number)?.[from];
    if (account === undefined) return [];
    const before = unread(side, account, place.head.at);
    account.understood = place.end;
    return [...before, ...ofMessage(event, side)];
  }

  #onEncrypted(event: Bytes, account: Account): readonly StreamPassage[] {
    const side: StreamSide = { stream: event.stream.number, from: event.from };
    const before = unread(side, account, account.position - lengthOf(event));
    account.understood = account.position;
    return [...before, ...this.#tls.push(event, account.position)];
  }

  #onClosed(stream: number, accounts: Record<Side, Account>): readonly StreamPassage[] {
    this.#accounts.delete(stream);
    this.#encrypted.delete(stream);
    const left = (['client', 'server'] as const).flatMap((from) =>
      unread({ stream, from }, accounts[from], accounts[from].position),
    );
    return [...left, ...this.#tls.end(stream)];
  }
}

const newAccount = (): Account => ({ understood: 0, position: 0 });

const lengthOf = (event: Bytes): number => (event.is === 'data' ? event.bytes.length : event.length);

/** Bytes before `until` that belong to no message. */
function unread(side: StreamSide, account: Account, until: number): readonly StreamPassage[] {
  const length = until - account.understood;
  if (length <= 0) return [];
  const spans = [{ at: account.understood, length }];
  account.understood = until;
  return [{ is: 'blank', side, spans, how: 'zero', what: 'bytes of TCP that are no HTTP' }];
}

function ofMessage(message: HttpMessage, side: StreamSide): readonly StreamPassage[] {
  const { body, bodyLength, head, headText, place } = message;
  const passages: StreamPassage[] = [{ is: 'head', side, spans: [place.head], text: headText }];
  if (bodyLength === 0) return passages;
  const spans = place.body;
  const placed = spans.reduce((sum, { length }) => sum + length, 0) === bodyLength;
  const encoding = (headerOf(head.headers, 'content-encoding') ?? '').trim().toLowerCase();
  const isPlain = encoding === '' || encoding === 'identity';
  const isSoap = placed && ENVELOPE.test(byteText(body.subarray(0, PROLOGUE)));
  const form = placed && isText(body) ? 'mask' : 'zero';
  const what = 'HTTP bodies that are not SOAP';
  if (!isPlain && placed && !message.oddities.includes('bad-encoding')) {
    const blank = isSoap ? undefined : form;
    return [...passages, { is: 'packed', side, spans, text: byteText(body), encoding, blank }];
  }
  if (!isSoap || !isPlain) {
    const how = isPlain ? form : 'zero';
    return [...passages, { is: 'blank', side, spans, how, what }];
  }
  passages.push({ is: 'markup', side, spans: upTo(spans, body.length), text: byteText(body) });
  const rest = behind(spans, body.length);
  return rest.length === 0 ? passages : [...passages, { is: 'blank', side, spans: rest, how: 'mask', what }];
}

/**
 * An envelope begins within these first bytes of a body. Other markup is blanked: its attributes may be
 * secrets.
 */
const PROLOGUE = 4096;
const ENVELOPE = /^[^<]{0,16}<(?:[^<>]*>[^<]*<){0,8}(?:[\w.-]+:)?Envelope[\s/>]/;

const isText = (bytes: Uint8Array): boolean =>
  bytes.subarray(0, 512).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d));

/** The first `length` bytes of spans. */
export function upTo(spans: readonly Span[], length: number): readonly Span[] {
  const first: Span[] = [];
  let left = length;
  for (const span of spans) {
    if (left <= 0) break;
    first.push({ at: span.at, length: Math.min(left, span.length) });
    left -= span.length;
  }
  return first;
}

/** The bytes of spans after the first `length`. */
export function behind(spans: readonly Span[], length: number): readonly Span[] {
  let skip = length;
  return spans.flatMap((span) => {
    const skipped = Math.min(skip, span.length);
    skip -= skipped;
    return skipped === span.length ? [] : [{ at: span.at + skipped, length: span.length - skipped }];
  });
}

const TFTP_DATA = 3;
const TFTP_HEAD = 4;

/** Datagrams must come in order: what a TFTP packet means depends on those before it. */
export function createDatagramPassages(): DatagramPassages {
  const datagrams = createDatagrams();
  return { push: (datagram) => ofDatagram(datagram, datagrams.push(datagram)) };
}

function ofDatagram(datagram: Datagram, events: readonly DatagramEvent[]): DatagramPassage {
  const { payload } = datagram;
  const spans = [{ at: 0, length: payload.length }];
  const unknown = { is: 'blank', spans, how: 'zero', what: 'UDP that is not understood' } as const;
  const event = events.find((one) => 'datagram' in one && one.datagram === datagram);
  switch (event?.is) {
    case 'mdap':
      return { is: 'mdap' };
    case 'bootp':
      return decodeBootp(payload).ok ? { is: 'bootp' } : unknown;
    case 'other-datagram':
      return unknown;
    case 'tftp':
      if (!event.read.ok) return unknown;
      break;
    default:
      break;
  }
  // TFTP: its requests and errors are texts, its data are files.
  if (payload[0] !== 0 || payload[1] !== TFTP_DATA) return { is: 'lines', spans, text: byteText(payload) };
  const data = [{ at: TFTP_HEAD, length: Math.max(0, payload.length - TFTP_HEAD) }];
  return { is: 'blank', spans: data, how: 'zero', what: 'files in TFTP' };
}
