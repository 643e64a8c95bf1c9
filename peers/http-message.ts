/** HTTP messages as peers read them: leniently, with every byte kept. */
import type { SocketReader } from './socket-reader.ts';

export interface HttpMessage {
  /** The whole message as it came. */
  readonly bytes: Buffer;
  readonly startLine: string;
  /** In order, as they were written except for blanks around values. */
  readonly headerLines: readonly (readonly [name: string, value: string])[];
  /** Names in lower case; of several lines with one name the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyBytes: Buffer;
  /** The body read as UTF-8. */
  readonly body: string;
}

export interface HttpRequest extends HttpMessage {
  readonly method: string;
  readonly target: string;
  readonly version: string;
}

export interface HttpResponse extends HttpMessage {
  readonly status: number;
}

interface Head {
  readonly startLine: string;
  readonly headerLines: readonly (readonly [name: string, value: string])[];
  readonly headers: ReadonlyMap<string, string>;
}

/** The next request; `undefined` when the connection ends before it begins. `began` gets its header lines. */
export async function readRequest(
  reader: SocketReader,
  began: (headers: ReadonlyMap<string, string>) => void = () => undefined,
): Promise<HttpRequest | undefined> {
  if (!(await reader.hasMore())) return undefined;
  const head = await readHead(reader);
  began(head.headers);
  const body = await readBody(reader, head, 'nothing');
  const [method = '', target = '', protocol = ''] = head.startLine.split(/[ \t]+/);
  return { ...messageOf(reader, head, body), method, target, version: protocol.replace(/^HTTP\//, '') };
}

/** The next final response; interim ones are passed over (RFC 9110 15.2). */
export async function readResponse(reader: SocketReader): Promise<HttpResponse> {
  for (;;) {
    const head = await readHead(reader);
    const status = Number(head.startLine.split(' ')[1]);
    const isEmpty = status < 200 || status === 204 || status === 304;
    const body = isEmpty ? Buffer.alloc(0) : await readBody(reader, head, 'rest');
    const message = messageOf(reader, head, body);
    if (status >= 200 || status === 101 || Number.isNaN(status)) return { ...message, status };
  }
}

const messageOf = (reader: SocketReader, head: Head, bodyBytes: Buffer): HttpMessage => ({
  ...head,
  bytes: reader.takenBytes(),
  bodyBytes,
  body: bodyBytes.toString(),
});

async function readHead(reader: SocketReader): Promise<Head> {
  let startLine = '';
  // RFC 9112 2.2: empty lines before a message are passed over.
  while (startLine === '') startLine = await reader.line();
  const headerLines: (readonly [string, string])[] = [];
  for (let line = await reader.line(); line !== ''; line = await reader.line()) {
    const colon = line.indexOf(':');
    headerLines.push([line.slice(0, colon < 0 ? undefined : colon), line.slice(colon + 1).trim()]);
  }
  const headers = new Map(headerLines.map(([name, value]) => [name.toLowerCase(), value]));
  return { startLine, headerLines, headers };
}

/** RFC 9112 6.3; `otherwise`: the body of a message without framing. */
async function readBody(
  reader: SocketReader,
  { headers }: Head,
  otherwise: 'nothing' | 'rest',
): Promise<Buffer> {
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) return readChunks(reader);
  const length = headers.get('content-length');
  if (length !== undefined && /^\d+$/.test(length)) return reader.bytes(Number(length));
  return otherwise === 'rest' ? reader.rest() : Buffer.alloc(0);
}

async function readChunks(reader: SocketReader): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for (;;) {
    const line = await reader.line();
    const size = /^[0-9a-f]+(?=[\s;]|$)/i.exec(line)?.[0];
    if (size === undefined) throw new Error(`a chunk begins with ${JSON.stringify(line.slice(0, 40))}`);
    if (/^0+$/.test(size)) break;
    chunks.push(await reader.bytes(Number.parseInt(size, 16)));
    await reader.line();
  }
  while ((await reader.line()) !== '');
  return Buffer.concat(chunks);
}

/** A start line, header lines and a body as bytes. */
export function writeMessage(
  startLine: string,
  headerLines: readonly string[],
  body: string | Uint8Array,
): Buffer {
  const head = `${[startLine, ...headerLines].join('\r\n')}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)]);
}

export const hasHeader = (headerLines: readonly string[], name: string): boolean =>
  headerLines.some((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
