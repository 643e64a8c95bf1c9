/** A client that writes HTTP byte by byte, as modems do, and reads one answer at a time. */
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; of several lines with one name the last. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface RawClient {
  readonly socket: Socket;
  /** Writes these bytes and nothing else. */
  send(bytes: string | Buffer): void;
  /** The next answer; rejects if the connection ends before it is complete. 100 Continue is skipped. */
  answer(): Promise<RawAnswer>;
  /** Resolves when the other side has closed. */
  readonly closed: Promise<void>;
  close(): void;
}

export async function rawClient(port: number, options: { tls?: boolean } = {}): Promise<RawClient> {
  const socket: Socket = options.tls
    ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
    : connect({ port, host: '127.0.0.1' });
  let buffer = Buffer.alloc(0);
  let over = false;
  let wake: () => void = () => undefined;
  socket.on('data', (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    wake();
  });
  const end = (): void => {
    over = true;
    wake();
  };
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  socket.on('end', end);
  socket.on('close', end);
  socket.on('error', end);
  await new Promise<void>((resolve, reject) => {
    socket.once(options.tls ? 'secureConnect' : 'connect', () => resolve());
    socket.once('error', reject);
  });
  const more = async (): Promise<void> => {
    if (over)
      throw new Error(`connection over after ${JSON.stringify(buffer.toString('latin1').slice(0, 200))}`);
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  };
  const answer = async (): Promise<RawAnswer> => {
    let head = buffer.indexOf('\r\n\r\n');
    for (; head < 0; head = buffer.indexOf('\r\n\r\n')) await more();
    const [statusLine = '', ...lines] = buffer.subarray(0, head).toString('latin1').split('\r\n');
    const status = Number(statusLine.split(' ')[1]);
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
      }),
    );
    const length = Number(headers.get('content-length') ?? 0);
    while (buffer.length < head + 4 + length) await more();
    const body = buffer.subarray(head + 4, head + 4 + length).toString('latin1');
    buffer = buffer.subarray(head + 4 + length);
    return status === 100 ? answer() : { status, headers, body };
  };
  return {
    socket,
    send: (bytes) => {
      socket.write(bytes);
    },
    answer,
    closed,
    close: () => {
      socket.destroy();
    },
  };
}

/** A POST with these header lines and a body with its length. */
export function post(body: string | Buffer, headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const lines = ['POST / HTTP/1.1', 'Host: 127.0.0.1', ...headers, `Content-Length: ${bytes.length}`];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), bytes]);
}

/** The cookie of an answer as a client returns it. */
export const cookieOf = (answer: RawAnswer): string =>
  (answer.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
