/** An ACS that says what no orderly one says: its answers are given as text. */
import type { Socket } from 'node:net';
import { encode } from '../../protocol/cwmp/encode.ts';
import type { Message } from '../../protocol/cwmp/messages.ts';
import { ACS_AT } from './session.ts';
import type { Stage } from './stage.ts';

/** What is said to the n-th request, head and body. */
export type Answer = (request: string, number: number) => string;

export const NOTHING = 'HTTP/1.1 204 No Content\r\n\r\n';

export const reply = (status: string, lines: readonly string[], body = ''): string =>
  [`HTTP/1.1 ${status}`, ...lines, `Content-Length: ${body.length}`, '', body].join('\r\n');

export const xml = (message: Message): string =>
  encode({ id: 'asked', namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message });

const XML = 'Content-Type: text/xml; charset=utf-8';

export const informed = (lines: readonly string[] = []): string =>
  reply('200 OK', [XML, ...lines], xml({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } }));

export const isInform = (request: string): boolean => request.includes('<cwmp:Inform>');

/** Answers each Inform, asks these things in so many words, and then nothing more. */
export function asks(...bodies: readonly string[]): Answer {
  const left = [...bodies];
  return (request) => {
    if (isInform(request)) return informed();
    const body = left.shift();
    return body === undefined ? NOTHING : reply('200 OK', [XML], body);
  };
}

export function playHandAcs(stage: Stage, answer: Answer): void {
  let number = 0;
  stage.listen(ACS_AT, (socket) => serve(socket, (request) => answer(request, ++number)));
}

function serve(socket: Socket, answer: (request: string) => string): void {
  let text = '';
  socket
    .on('error', () => undefined)
    .on('end', () => socket.end())
    .on('data', (bytes) => {
      text += bytes.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/^content-length: *(\d+)/im.exec(text)?.[1] ?? 0);
      if (head < 0 || text.length < head + 4 + length) return;
      const said = answer(text);
      text = '';
      socket.write(said);
      if (/^connection: close/im.test(said)) socket.end();
    });
}
