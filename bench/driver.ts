/** Plays sessions against a server by raw sockets, as cheaply as possible: what is measured is the server. */
import { connect, type Socket } from 'node:net';

/** One POST of a session, ready to send. `cookie` is put in by the driver after the first answer. */
export interface Post {
  readonly head: string;
  readonly body: string;
}

export function postOf(body: string, answer: 'inform' | 'request' | 'empty'): Post {
  // An empty POST has neither Content-Type nor SOAPAction (TR-069a6 3.4.1).
  const kind = body === '' ? '' : 'Content-Type: text/xml; charset=utf-8\r\nSOAPAction:\r\n';
  return {
    head:
      `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Answer: ${answer}\r\n` +
      `${kind}Content-Length: ${Buffer.byteLength(body)}\r\n`,
    body,
  };
}

/** The next POST, given the answer to the last; `undefined` ends the session. */
export type Script = (turn: number, answer: string) => Post | undefined;

/** Plays one session; `reconnect`: each POST on its own connection. Resolves with the number of POSTs. */
export function playSession(port: number, script: Script, reconnect = false): Promise<number> {
  return new Promise((resolve, reject) => {
    let turn = 0;
    let cookie = '';
    let got = '';
    let socket: Socket | undefined;
    const open = (then: () => void): void => {
      const opened = connect({ port, host: '127.0.0.1', noDelay: true }, then);
      socket = opened;
      opened.setEncoding('latin1');
      opened.on('data', (chunk: string) => onData(opened, chunk));
      opened.on('error', reject);
      // Closed with a reset, so that ten thousand sessions leave no ports in TIME_WAIT behind.
      opened.on('close', () => opened.destroy());
    };
    const send = (post: Post): void => {
      turn += 1;
      socket?.write(`${post.head}${cookie}\r\n${post.body}`, 'latin1');
    };
    const onData = (from: Socket, chunk: string): void => {
      got += chunk;
      const end = got.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = /content-length: (\d+)/i.exec(got)?.[1] ?? '0';
      if (got.length < end + 4 + Number(length)) return;
      const answer = got;
      got = '';
      cookie ||= cookieLine(answer);
      const post = script(turn, answer);
      if (post === undefined) {
        from.resetAndDestroy();
        resolve(turn);
      } else if (reconnect) {
        from.resetAndDestroy();
        open(() => send(post));
      } else send(post);
    };
    const first = script(0, '');
    if (first === undefined) resolve(0);
    else open(() => send(first));
  });
}

function cookieLine(answer: string): string {
  const value = /set-cookie: ([^;\r]+)/i.exec(answer)?.[1];
  return value === undefined ? '' : `Cookie: ${value}\r\n`;
}

/** Plays `count` sessions, `parallel` at a time. */
export async function playMany(
  count: number,
  parallel: number,
  one: (index: number) => Promise<number>,
): Promise<number> {
  let next = 0;
  let posts = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      posts += await one(index);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return posts;
}
