/** The port at which a modem is called, on a stage. */
import { createServer } from 'node:http';
import type { Call, Callee, ConnectionRequestListener } from '../../simulator/connection-request-types.ts';
import {
  type Asked,
  answerLines,
  judge,
  pathOf,
  serve,
} from '../../simulator/services/connection-request.ts';
import { LATE_MS } from '../../simulator/services/connection-request-listener.ts';
import { Nonces } from '../../simulator/services/connection-request-nonce.ts';
import { ACS_AT } from './session.ts';
import type { Stage } from './stage.ts';

/** The port of SpeedTouch modems. */
const PORT = 51_005;
const PATH = '/call';

export interface CallListener extends ConnectionRequestListener {
  /**
   * Sends a request of these lines. Resolves with the answer when the modem has closed or accepts the next.
   */
  call(lines: readonly string[]): Promise<string>;
}

/** Of the only modem of a stage. */
export function createCallListener(stage: Stage): CallListener {
  const nonces = new Nonces(stage.random(32), () => stage.now());
  const host = stage.modemAddress(0);
  let modem: Callee | undefined;
  const server = createServer((request, response) => {
    const { method = '', url: target = '', headers } = request;
    if (modem === undefined) {
      response.destroy();
      return;
    }
    const called = modem;
    const { authorization } = headers;
    const asked: Asked = { method, target, path: pathOf(target), authorization };
    const verdict = judge(called, asked, nonces);
    const { status, why } = verdict;
    const heard: Call = { via: 'http', ok: status < 300, status, why };
    const answer = (): void => {
      response.sendDate = false;
      response.writeHead(status, answerLines(called, verdict, asked, nonces).flat()).end();
    };
    if (heard.ok && called.device.profile.connectionRequest.session === 'before') {
      serve(called, heard);
      called.scheduler.after(LATE_MS, answer);
      return;
    }
    response.once('close', () => serve(called, heard));
    answer();
  });
  stage.listen({ host, port: PORT }, (socket) => server.emit('connection', socket));
  const connect = stage.connector(ACS_AT.host);
  return {
    host,
    address: host,
    port: PORT,
    urlOf: () => `http://${host}:${PORT}${PATH}`,
    add(added) {
      modem = added;
    },
    remove() {
      modem = undefined;
    },
    close: async () => undefined,
    call: (lines) =>
      new Promise((resolve, reject) => {
        const socket = connect({ host, port: PORT });
        let text = '';
        socket
          .once('error', reject)
          .once('connect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
          .on('data', (bytes) => {
            text += bytes.toString('latin1');
            if (/^Connection: keep-alive\r$/im.test(text) && text.endsWith('\r\n\r\n')) socket.end();
          })
          .once('close', () => resolve(text));
      }),
  };
}
