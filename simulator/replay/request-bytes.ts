/** A recorded POST with what must be other for this ACS: target, Host, cookies, credentials, cwmp:ID. All else is kept. */
import { deflateSync, gzipSync } from 'node:zlib';
import type { HttpMessage } from '../../captures/http.ts';
import { headerOf } from '../../captures/http-head.ts';
import type { Cookie, CookieStyle } from '../../protocol/http/cookie.ts';
import { writeCookie } from '../../protocol/http/cookie.ts';

export interface Adaptation {
  readonly url: URL;
  /** Cookies that this ACS has set. */
  readonly cookies: readonly Cookie[];
  /** Whether the recorded modem returned cookies, or was never given any. */
  readonly returnsCookies: boolean;
  /** Value of Authorization; `keep`: as it is. */
  readonly authorization: string | 'keep' | undefined;
  /** Another body instead of the recorded one. */
  readonly body?: Uint8Array | undefined;
}

export function requestBytes(recorded: HttpMessage, adaptation: Adaptation): Uint8Array {
  const body = adaptation.body ?? recorded.body;
  const wire = encoded(body, headerOf(recorded.head.headers, 'content-encoding'));
  const chunked = /\bchunked\b/i.test(headerOf(recorded.head.headers, 'transfer-encoding') ?? '');
  const head = rewriteHead(recorded, adaptation, wire.length);
  const said = chunked ? inChunks(wire, recorded) : wire;
  return Buffer.concat([Buffer.from(head, 'latin1'), said]);
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

function rewriteHead(recorded: HttpMessage, adaptation: Adaptation, length: number): string {
  const { url, authorization } = adaptation;
  const [first = '', ...rest] = recorded.headText.split('\n');
  const start = first.replace(
    /^(\S+[ \t]+)\S+/,
    (_, method: string) => `${method}${url.pathname}${url.search}`,
  );
  const lines = unfolded(rest);
  const end = lines.findIndex((line) => line.trim() === '');
  const headers = end < 0 ? lines : lines.slice(0, end);
  // One that sends no header at all has none to add either.
  if (headers.length === 0) return recorded.headText.replace(first, start);
  const cookies = adaptation.returnsCookies
    ? [...writeCookie(adaptation.cookies, cookieStyle(recorded))]
    : [];
  const kept = headers.flatMap((line): readonly string[] => {
    switch (nameOf(line)) {
      case 'host':
        return [withValue(line, hostOf(recorded, line, url))];
      case 'content-length':
        return [withValue(line, String(length))];
      case 'cookie':
        return cookies.splice(0).map((value) => withValue(line, value));
      case 'authorization':
        if (authorization === 'keep') return [line];
        return authorization === undefined ? [] : [withValue(line, authorization)];
      default:
        return [line];
    }
  });
  const ending = first.endsWith('\r') ? '\r' : '';
  kept.push(...cookies.map((value) => `Cookie: ${value}${ending}`));
  const isNew = authorization !== undefined && authorization !== 'keep';
  if (isNew && !headers.some((line) => nameOf(line) === 'authorization'))
    kept.push(`Authorization: ${authorization}${ending}`);
  return `${[start, ...kept, ...lines.slice(headers.length)].join('\n')}`;
}

/** Header lines; one that is continued in the next ones is one. */
function unfolded(lines: readonly string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const before = whole.at(-1);
    if (/^[ \t]+\S/.test(line) && before !== undefined) whole[whole.length - 1] = `${before}\n${line}`;
    else whole.push(line);
  }
  return whole;
}

const nameOf = (line: string): string =>
  line
    .slice(0, Math.max(0, line.indexOf(':')))
    .trim()
    .toLowerCase();

/** The line with another value: name, blanks and line end as they were. */
function withValue(line: string, value: string): string {
  const colon = line.indexOf(':');
  const blanks = /^[ \t]*/.exec(line.slice(colon + 1))?.[0] ?? '';
  return `${line.slice(0, colon + 1)}${blanks}${value}${line.endsWith('\r') ? '\r' : ''}`;
}

/** With a port where it had one, or needed none; some modems never name it. */
function hostOf({ stream }: HttpMessage, line: string, url: URL): string {
  const named = /:\d+\s*$/.test(line.slice(line.indexOf(':') + 1));
  const usual = /:(80|443)$/.test(stream.server);
  return named || usual ? url.host : url.hostname;
}

function cookieStyle({ head }: HttpMessage): CookieStyle {
  const lines = head.headers.flatMap(([name, value]) => (name.toLowerCase() === 'cookie' ? [value] : []));
  const [line = ''] = lines;
  if (lines.length > 1) return 'lines';
  if (/^\$Version="/.test(line)) return 'rfc2109';
  if (/^\$Version=/.test(line)) return 'unquoted';
  if (/;\$Path="/.test(line)) return 'dimark';
  if (/; path=/i.test(line)) return 'echo';
  return /, /.test(line) ? 'comma' : 'plain';
}

/** As large as the chunks were; what the body has become longer or shorter is the first one's, where the head of SOAP is. */
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

/** The envelope with another cwmp:ID, all other bytes kept; `undefined` where it has none that could be found. */
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
