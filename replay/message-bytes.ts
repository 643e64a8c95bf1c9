/**
 * A recorded HTTP message as bytes, with another body if needed: framed and encoded as it was.
 */
import { deflateSync, gzipSync } from 'node:zlib';
import type { HttpMessage } from '../captures/http/http.ts';
import { headerOf } from '../captures/http/http-head.ts';

/** `rewrite` returns the head for a body of this length on the wire. */
export function messageBytes(
  recorded: HttpMessage,
  body: Uint8Array,
  rewrite: (length: number) => string,
): Uint8Array {
  const wire = encoded(body, headerOf(recorded.head.headers, 'content-encoding'));
  const chunked = /\bchunked\b/i.test(headerOf(recorded.head.headers, 'transfer-encoding') ?? '');
  const head = Buffer.from(rewrite(wire.length), 'latin1');
  return Buffer.concat([head, chunked ? inChunks(wire, recorded) : wire]);
}

/** A response with this body; Content-Length is adapted. */
export const responseBytes = (recorded: HttpMessage, body: Uint8Array): Uint8Array =>
  messageBytes(recorded, body, (length) => {
    const { first, headers, rest } = headLines(recorded.headText);
    const fitting = headers.map((line) =>
      lineName(line) === 'content-length' ? withValue(line, String(length)) : line,
    );
    return [first, ...fitting, ...rest].join('\n');
  });

/** The lines of a head, each with its CR. */
export function headLines(headText: string): {
  readonly first: string;
  readonly headers: readonly string[];
  /** From the empty line on. */
  readonly rest: readonly string[];
} {
  const [first = '', ...others] = headText.split('\n');
  const lines = unfolded(others);
  const end = lines.findIndex((line) => line.trim() === '');
  return end < 0
    ? { first, headers: lines, rest: [] }
    : { first, headers: lines.slice(0, end), rest: lines.slice(end) };
}

function encoded(body: Uint8Array, encoding: string | undefined): Uint8Array {
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gzipSync(body);
    case 'deflate':
      return deflateSync(body);
    default:
      return body;
  }
}

/** Header lines; continuation lines are joined to theirs. */
function unfolded(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const before = whole.at(-1);
    if (/^[ \t]+\S/.test(line) && before !== undefined) whole[whole.length - 1] = `${before}\n${line}`;
    else whole.push(line);
  }
  return whole;
}

export const lineName = (line: string): string =>
  line
    .slice(0, Math.max(0, line.indexOf(':')))
    .trim()
    .toLowerCase();

/** The line with another value; name, blanks and line end stay. */
export function withValue(line: string, value: string): string {
  const colon = line.indexOf(':');
  const blanks = /^[ \t]*/.exec(line.slice(colon + 1))?.[0] ?? '';
  return `${line.slice(0, colon + 1)}${blanks}${value}${line.endsWith('\r') ? '\r' : ''}`;
}

/**
 * Chunks of the recorded sizes; a difference in length goes to the first, which has the SOAP header.
 */
function inChunks(wire: Uint8Array, { bodyLength, chunks }: HttpMessage): Uint8Array {
  const sizes = [...chunks];
  const [first = 0] = sizes;
  const grown = wire.length - bodyLength;
  if (first + grown > 0) sizes[0] = first + grown;
  const largest = Math.max(1, ...chunks);
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < wire.length; index += 1) {
    const part = wire.subarray(at, at + (sizes[index] ?? largest));
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/**
 * The envelope with another cwmp:ID, all other bytes unchanged; `undefined`: it has no ID.
 */
export function withId(body: Uint8Array, id: string): Uint8Array | undefined {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const end = text.search(/<(?:[\w.-]+:)?Body[\s>]/);
  const head = text.slice(0, end < 0 ? undefined : end);
  const element = /<((?:[\w.-]+:)?ID)(?:\s[^>]*)?>/.exec(head);
  const [tag = '', name = ''] = element ?? [];
  if (element === null || tag.endsWith('/>')) return undefined;
  const from = element.index + tag.length;
  const to = head.indexOf(`</${name}`, from);
  if (to < 0) return undefined;
  const blanks = /^\s*/.exec(text.slice(from, to))?.[0] ?? '';
  const behind = /\s*$/.exec(text.slice(from + blanks.length, to))?.[0] ?? '';
  return Buffer.from(`${text.slice(0, from)}${blanks}${escaped(id)}${behind}${text.slice(to)}`, 'latin1');
}

const escaped = (id: string): string =>
  id.trim().replace(/[<>&"]|[^ -~]/gu, (character) => `&#${character.codePointAt(0)};`);
