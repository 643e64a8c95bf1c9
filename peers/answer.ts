/** What a scripted ACS sends back: any bytes, after which it may end the connection. */
import { STATUS_CODES } from 'node:http';
import { encode } from '../protocol/cwmp/encode.ts';
import type { Envelope, Message } from '../protocol/cwmp/messages.ts';
import { hasHeader, writeMessage } from './http-message.ts';

export interface Answer {
  /** Sent as they are; there may be none. */
  readonly bytes: Uint8Array;
  /** What happens to the connection then; by default what HTTP prescribes for this request and answer. */
  readonly after?: After | undefined;
}

export type After = 'keep' | 'close' | 'reset';

/** Any bytes, HTTP or not. Each character of a text is one byte. */
export const raw = (bytes: string | Uint8Array, after?: After): Answer => ({
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes,
  after,
});

/** The connection ends without a byte. */
export const HANG_UP: Answer = { bytes: new Uint8Array(), after: 'close' };
export const RESET: Answer = { bytes: new Uint8Array(), after: 'reset' };

export interface ReplyOptions {
  /** Default: the standard reason phrase. */
  readonly reason?: string | undefined;
  /** Whole lines, without their ends. */
  readonly headers?: readonly string[] | undefined;
  readonly body?: string | Uint8Array | undefined;
  readonly after?: After | undefined;
}

/**
 * A response. A correct Content-Length is added as its last line, unless `headers` have one or a
 * Transfer-Encoding, or it has no body and its status allows none.
 */
export function reply(status: number, options: ReplyOptions = {}): Answer {
  const { headers = [], body = '', reason = STATUS_CODES[status] ?? '', after } = options;
  const isBare = (status < 200 || status === 204 || status === 304) && body.length === 0;
  const isFramed = hasHeader(headers, 'Content-Length') || hasHeader(headers, 'Transfer-Encoding');
  const lines = isBare || isFramed ? headers : [...headers, `Content-Length: ${Buffer.byteLength(body)}`];
  const bytes = writeMessage(`HTTP/1.1 ${status} ${reason}`, lines, body);
  return {
    bytes,
    after: after ?? (lines.some((line) => /^connection: *close$/i.test(line)) ? 'close' : undefined),
  };
}

/** Nothing more to ask. */
export const NO_CONTENT: Answer = reply(204);

export interface SoapOptions {
  readonly id?: string | undefined;
  /** Default cwmp-1-0. */
  readonly namespace?: string | undefined;
  readonly header?: Envelope['header'] | undefined;
  /** Stands before the envelope, such as an XML declaration. */
  readonly prolog?: string | undefined;
  /** Beside Content-Type and Content-Length. */
  readonly headers?: readonly string[] | undefined;
}

/** A message in its envelope, with 200. */
export function soap(message: Message, options: SoapOptions = {}): Answer {
  const {
    id = 'acs',
    namespace = 'urn:dslforum-org:cwmp-1-0',
    header = {},
    prolog = '',
    headers = [],
  } = options;
  return soapText(prolog + encode({ id, namespace, header, message }), headers);
}

/** Any text as such a response. */
export const soapText = (body: string, headers: readonly string[] = []): Answer =>
  reply(200, { headers: ['Content-Type: text/xml; charset=utf-8', ...headers], body });

export const INFORM_RESPONSE: Message = { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } };
