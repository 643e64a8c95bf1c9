/**
 * The text of one POST, line by line as the modem writes it. It is byte text throughout, one character per
 * byte (latin1): a request is sent in one write without copying its bytes before.
 */
import type { HttpTraits } from '../profile/profile.ts';
import type { AcsUrl } from './acs-url.ts';

export interface RequestParts {
  readonly target: AcsUrl;
  readonly traits: HttpTraits;
  readonly userAgent: string;
  /** `undefined`: a POST without content. */
  readonly body: string | undefined;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

export interface RequestText {
  readonly head: string;
  /** Chunks with their framing, or the body as a whole. */
  readonly body: readonly string[];
}

export function writeRequest(parts: RequestParts): RequestText {
  const { traits, target, body } = parts;
  const bare = body === undefined && traits.emptyPost === 'bare';
  const bytes = body === undefined ? '' : toBytes(body, traits.charset);
  const chunked = body === undefined ? traits.emptyPost === 'chunked' : traits.chunked;
  let head = `POST ${target.path} HTTP/${traits.version}\r\n`;
  if (!bare) {
    for (const name of traits.headers) {
      const value = headerValue(name.toLowerCase(), parts, bytes.length, chunked);
      if (value !== undefined) head += value === '' ? `${name}:\r\n` : `${name}: ${value}\r\n`;
    }
  }
  head += '\r\n';
  if (chunked && !bare) return { head, body: frame(bytes, traits.chunkBytes) };
  return { head, body: bytes === '' ? [] : [bytes] };
}

/** Header lines that a profile can name; others have no value. */
const WRITTEN: ReadonlySet<string> = new Set([
  'content-type',
  'host',
  'user-agent',
  'cookie',
  'authorization',
  'soapaction',
  'expect',
  'connection',
  'transfer-encoding',
  'content-length',
]);

export const isWrittenHeader = (name: string): boolean => WRITTEN.has(name.toLowerCase());

/** `undefined`: this request has no such line. */
function headerValue(
  name: string,
  { traits, target, userAgent, body, cookie, authorization }: RequestParts,
  length: number,
  chunked: boolean,
): string | undefined {
  switch (name) {
    case 'content-type':
      return body === undefined ? undefined : traits.contentType;
    case 'host':
      if (traits.host === 'absent') return undefined;
      return traits.host === 'with-port' ? target.host : target.hostname;
    case 'user-agent':
      return userAgent;
    case 'cookie':
      return cookie;
    case 'authorization':
      return authorization;
    case 'soapaction': {
      const said = traits.soapAction === 'always' || (traits.soapAction === 'messages' && body !== undefined);
      return said ? traits.soapActionText : undefined;
    }
    case 'expect':
      return traits.expectContinue && body !== undefined ? '100-continue' : undefined;
    case 'connection':
      return traits.connection === 'absent' ? undefined : traits.connection;
    case 'transfer-encoding':
      return chunked ? 'chunked' : undefined;
    case 'content-length':
      return chunked ? undefined : String(length);
    default:
      return undefined;
  }
}

const BEYOND_LATIN1 = /[^\u{0}-\u{ff}]/gu;

/** In the charset that the header names. What ISO-8859-1 lacks is written as a character reference. */
export function toBytes(text: string, charset: HttpTraits['charset']): string {
  if (Buffer.byteLength(text) === text.length) return text;
  if (charset === 'utf-8') return Buffer.from(text, 'utf8').toString('latin1');
  return text.replace(BEYOND_LATIN1, (character) => `&#x${character.codePointAt(0)?.toString(16)};`);
}

/** Chunks: a buffer that is flushed when the next piece does not fit into it; and the last, empty one. */
function frame(bytes: string, chunkBytes: number): string[] {
  const framed: string[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = endOfChunk(bytes, from, chunkBytes);
    framed.push(`${(to - from).toString(16)}\r\n${bytes.slice(from, to)}\r\n`);
    from = to;
  }
  framed.push('0\r\n\r\n');
  return framed;
}

const DOT = 0x2e;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;

/**
 * The client hands its text to the buffer in pieces. Captures show boundaries after the dot of a name and
 * after `>`, and before `<` and the equals sign of an attribute; a piece that fits into no chunk is cut where
 * the chunk ends.
 */
function endOfChunk(bytes: string, from: number, chunkBytes: number): number {
  const full = from + chunkBytes;
  if (full >= bytes.length) return bytes.length;
  for (let at = full; at > from; at--) {
    const last = bytes.charCodeAt(at - 1);
    const next = bytes.charCodeAt(at);
    if (last === DOT || last === GREATER || next === LESS || next === EQUALS) return at;
  }
  return full;
}
