/** The text of one POST, line by line as the modem writes it. */
import type { HttpTraits } from './profile.ts';

export interface RequestParts {
  readonly url: URL;
  readonly traits: HttpTraits;
  readonly userAgent: string;
  /** `undefined`: a POST without content. */
  readonly body: string | undefined;
  readonly cookie: string | undefined;
  readonly authorization: string | undefined;
}

export interface RequestBytes {
  readonly head: Buffer;
  /** Chunks with their frames, or the body as a whole. */
  readonly body: readonly Buffer[];
}

export function writeRequest(parts: RequestParts): RequestBytes {
  const { traits, url, body } = parts;
  const target = url.pathname + url.search;
  const lines = [`POST ${target} HTTP/${traits.version}`];
  const bare = body === undefined && traits.emptyPost === 'bare';
  const bytes = body === undefined ? undefined : toBytes(body, traits.charset);
  const chunked = bytes === undefined ? traits.emptyPost === 'chunked' : traits.chunked;
  const values = bare ? new Map<string, string>() : headerValues(parts, bytes?.length ?? 0, chunked);
  for (const name of traits.headers) {
    const value = values.get(name.toLowerCase());
    if (value !== undefined) lines.push(value === '' ? `${name}:` : `${name}: ${value}`);
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  if (chunked && !bare) return { head, body: frame(pieces(body ?? '', traits)) };
  return { head, body: bytes === undefined || bytes.length === 0 ? [] : [bytes] };
}

function headerValues(parts: RequestParts, length: number, chunked: boolean): Map<string, string> {
  const { traits, url, userAgent, body, cookie, authorization } = parts;
  const values = new Map<string, string>();
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) values.set(name, value);
  };
  put('content-type', body === undefined ? undefined : traits.contentType);
  if (traits.host !== 'absent') put('host', traits.host === 'with-port' ? url.host : url.hostname);
  put('user-agent', userAgent);
  put('cookie', cookie);
  put('authorization', authorization);
  const action = traits.soapAction === 'always' || (traits.soapAction === 'messages' && body !== undefined);
  put('soapaction', action ? traits.soapActionText : undefined);
  put('expect', traits.expectContinue && body !== undefined ? '100-continue' : undefined);
  put('connection', traits.connection === 'absent' ? undefined : traits.connection);
  if (chunked) put('transfer-encoding', 'chunked');
  else put('content-length', String(length));
  return values;
}

/** Bytes in the charset that the header names. What ISO-8859-1 lacks is written as a character reference. */
function toBytes(text: string, charset: HttpTraits['charset']): Buffer {
  if (charset === 'utf-8') return Buffer.from(text, 'utf8');
  return Buffer.from(
    text.replace(/[\u{100}-\u{10ffff}]/gu, (character) => `&#x${character.codePointAt(0)?.toString(16)};`),
    'latin1',
  );
}

/**
 * The parts in which the client hands its text to the buffer: seen are borders behind a dot of a name and before the
 * equals sign of an attribute.
 */
const PIECE = /[<=]?[^.<>=]*[.>]?/g;

/** Chunks: a buffer that is written out when the next piece does not fit into it. */
function pieces(text: string, { chunkBytes, charset }: HttpTraits): Buffer[] {
  const chunks: Buffer[] = [];
  let chunk: Buffer[] = [];
  let length = 0;
  const flush = (): void => {
    if (length > 0) chunks.push(Buffer.concat(chunk));
    chunk = [];
    length = 0;
  };
  for (const [piece] of text.matchAll(PIECE)) {
    let bytes = toBytes(piece, charset);
    if (length + bytes.length > chunkBytes) flush();
    for (; bytes.length > chunkBytes; bytes = bytes.subarray(chunkBytes))
      chunks.push(bytes.subarray(0, chunkBytes));
    chunk.push(bytes);
    length += bytes.length;
  }
  flush();
  return chunks;
}

function frame(chunks: readonly Buffer[]): Buffer[] {
  const framed = chunks.map((chunk) =>
    Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
  );
  framed.push(Buffer.from('0\r\n\r\n'));
  return framed;
}
