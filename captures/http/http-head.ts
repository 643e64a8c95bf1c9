/** Head of an HTTP/1.x message (RFC 9112 2 to 6), as real modems write it. */

export type HeaderLine = readonly [name: string, value: string];

interface Head {
  /** As in the start line, without `HTTP/`: `1.1`. */
  readonly version: string;
  readonly headers: readonly HeaderLine[];
}

export type HttpHead =
  | (Head & { readonly kind: 'request'; readonly method: string; readonly target: string })
  | (Head & { readonly kind: 'response'; readonly status: number; readonly reason: string });

const REQUEST = /^([A-Za-z]{1,20})[ \t]+(\S{1,4096})[ \t]+HTTP\/(\d\.\d)[ \t]*$/;
const RESPONSE = /^HTTP\/(\d\.\d)[ \t]+(\d{3})(?:[ \t]+(.*))?$/;

/** A start line anywhere in a text: where reading resumes. */
export const START_LINE =
  /(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|PATCH)[ \t]+\S{1,4096}[ \t]+HTTP\/1\.[01][ \t]*\r?\n|HTTP\/1\.[01] \d{3}(?: [^\r\n]{0,256})?\r?\n/i;

/** Whether a text can be the beginning of a start line. */
export function mayBegin(text: string): boolean {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? '';
  if (line.length < text.length) return REQUEST.test(line) || RESPONSE.test(line);
  return /^[A-Za-z]{1,20}(?:[ \t].*)?$/.test(line) || 'HTTP/'.startsWith(line.slice(0, 5));
}

/** Reads byte text up to and including the empty line; `undefined`: its first line is not a start line. */
export function readHead(text: string): HttpHead | undefined {
  const [first = '', ...lines] = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers[headers.length - 1];
    if (/^[ \t]/.test(line) && last !== undefined) last[1] = `${last[1]} ${line.trim()}`;
    const colon = line.indexOf(':');
    if (colon > 0 && !/^[ \t]/.test(line))
      headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  const request = REQUEST.exec(first);
  if (request !== null) {
    const [, method = '', target = '', version = ''] = request;
    return { kind: 'request', method, target, version, headers };
  }
  const response = RESPONSE.exec(first);
  if (response === null) return undefined;
  const [, version = '', status = '', reason = ''] = response;
  return { kind: 'response', status: Number(status), reason, version, headers };
}

/** The first header line of this name (in lower case). */
export function headerOf(headers: readonly HeaderLine[], name: string): string | undefined {
  return headers.find(([given]) => given.toLowerCase() === name)?.[1];
}

/** How the body after a head ends (RFC 9112 6.3). */
export type Framing =
  | { readonly by: 'nothing' }
  | { readonly by: 'length'; readonly length: number }
  | { readonly by: 'chunks' }
  | { readonly by: 'close' }
  /** The connection is not HTTP from here on. */
  | { readonly by: 'tunnel' };

/** `method` of the request that a response answers. */
export function framingOf(head: HttpHead, method: string | undefined): Framing {
  const { headers } = head;
  if (head.kind === 'response') {
    const { status } = head;
    if (status === 101 || (method === 'CONNECT' && status >= 200 && status < 300)) return { by: 'tunnel' };
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { by: 'nothing' };
  }
  if (/\bchunked\b/i.test(headerOf(headers, 'transfer-encoding') ?? '')) return { by: 'chunks' };
  const length = headerOf(headers, 'content-length');
  if (length !== undefined && /^\d{1,15}$/.test(length)) return { by: 'length', length: Number(length) };
  return head.kind === 'response' ? { by: 'close' } : { by: 'nothing' };
}
