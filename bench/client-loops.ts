/** Two-request sessions by minimal clients, with which the swarm's client is compared. */
import http from 'node:http';
import net from 'node:net';
import { Client } from 'undici';
import { informText } from '../peers/samples/invented-modem.ts';

/** Plays one session: Inform, empty POST, 204. */
export type Loop = (port: number, index: number) => Promise<void>;

/** Written once: the loops put their serial number into it. */
const PLACE = '@SERIAL@@@@@@';
const [before = '', behind = ''] = informText({ serial: PLACE }).split(PLACE);
const informOf = (index: number): string => `${before}L${String(index).padStart(12, '0')}${behind}`;

const HEAD =
  'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: loop\r\n' +
  'Content-Type: text/xml; charset=utf-8\r\nSOAPAction:\r\n';

/** Content-Length, and what is to be sent back of a cookie. */
function readHead(head: string): { readonly length: number; readonly cookie: string | undefined } {
  let length = 0;
  let cookie: string | undefined;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (name === 'content-length') length = Number(line.slice(colon + 1));
    else if (name === 'set-cookie') cookie = (line.slice(colon + 1).split(';', 1)[0] ?? '').trim();
  }
  return { length, cookie };
}

/** The yardstick: node:net and a hand-written reader of header lines and bodies with a Content-Length. */
export const netLoop: Loop = (port, index) =>
  new Promise((resolve, reject) => {
    let got = '';
    let end = -1;
    let length = 0;
    let cookie = '';
    let turn = 0;
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('latin1');
    const patience = setTimeout(() => socket.destroy(new Error('no answer')), 30_000);
    socket.on('connect', () => {
      const body = informOf(index);
      socket.write(`${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`, 'latin1');
    });
    socket.on('data', (chunk: string) => {
      got += chunk;
      if (end < 0) {
        end = got.indexOf('\r\n\r\n');
        if (end < 0) return;
        const head = readHead(got.slice(0, end));
        length = head.length;
        cookie = head.cookie ?? cookie;
      }
      if (got.length < end + 4 + length) return;
      const status = got.slice(9, 12);
      turn += 1;
      if (turn === 1 && status === '200') {
        got = got.slice(end + 4 + length);
        end = -1;
        socket.write(`${HEAD}Cookie: ${cookie}\r\nContent-Length: 0\r\n\r\n`, 'latin1');
        return;
      }
      clearTimeout(patience);
      socket.destroy();
      if (turn === 2 && status === '204') resolve();
      else reject(new Error(`answered ${status}`));
    });
    socket.on('error', reject);
    socket.on('end', () => reject(new Error('the connection ended')));
  });

export const httpLoop: Loop = async (port, index) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const post = (body: string, cookie: string): Promise<{ status: number | undefined; cookie: string }> =>
    new Promise((resolve, reject) => {
      const headers = {
        'User-Agent': 'loop',
        'Content-Type': 'text/xml; charset=utf-8',
        SOAPAction: '',
        'Content-Length': body.length,
        ...(cookie === '' ? {} : { Cookie: cookie }),
      };
      const request = http.request(
        { agent, port, host: '127.0.0.1', method: 'POST', path: '/', headers, timeout: 30_000 },
        (response) => {
          response.resume();
          response.on('end', () => {
            const set = response.headers['set-cookie']?.[0]?.split(';', 1)[0] ?? '';
            resolve({ status: response.statusCode, cookie: set });
          });
        },
      );
      request.on('error', reject);
      request.end(body, 'latin1');
    });
  const first = await post(informOf(index), '');
  const second = await post('', first.cookie);
  agent.destroy();
  if (second.status !== 204) throw new Error(`answered ${second.status}`);
};

export const undiciLoop: Loop = async (port, index) => {
  const client = new Client(`http://127.0.0.1:${port}`);
  const post = async (body: string, cookie: string) => {
    const {
      statusCode,
      headers,
      body: answer,
    } = await client.request({
      path: '/',
      method: 'POST',
      headers: {
        'user-agent': 'loop',
        'content-type': 'text/xml; charset=utf-8',
        soapaction: '',
        ...(cookie === '' ? {} : { cookie }),
      },
      body,
    });
    await answer.text();
    const set = headers['set-cookie'];
    return { status: statusCode, cookie: String(set ?? '').split(';', 1)[0] ?? '' };
  };
  const first = await post(informOf(index), '');
  const second = await post('', first.cookie);
  await client.destroy();
  if (second.status !== 204) throw new Error(`answered ${second.status}`);
};
