import { once } from 'node:events';
import net from 'node:net';
import t, { type Test } from 'tap';
import { HANG_UP, NO_CONTENT, raw, reply } from '../../peers/answer.ts';
import { connectCpe, cookieOf, post } from '../../peers/cpe.ts';
import { fault, playSession } from '../../peers/cpe-session.ts';
import { goodCpe, leavesOf } from '../../peers/cpe-tree.ts';
import { REQUESTS } from '../../peers/samples/rpcs.ts';
import { ConnectionOver } from '../../peers/socket-reader.ts';
import { scriptedAcs } from '../support/acs/scripted-acs.ts';

/** A server that sends these bytes to whoever connects, ends, and keeps what comes. */
async function serverOf(t: Test, bytes: string) {
  const received: Buffer[] = [];
  const ended: Promise<unknown>[] = [];
  const server = net.createServer((socket) => {
    socket.on('data', (part: Buffer) => received.push(part)).on('error', () => undefined);
    ended.push(once(socket, 'close').catch(() => undefined));
    if (bytes !== '') socket.end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    received: async () => {
      await Promise.all(ended);
      return Buffer.concat(received).toString('latin1');
    },
  };
}

t.test('it sends the bytes that it is given, and nothing of its own', async (t) => {
  const server = await serverOf(t, '');
  const cpe = await connectCpe(server.port);
  cpe.send('POST / HT');
  cpe.send(Buffer.from([0, 255]));
  cpe.end();
  await cpe.closed;
  t.equal(await server.received(), 'POST / HT\0\xff');
});

t.test('a POST has its right length, unless a line lies about it', async (t) => {
  t.equal(post('\u00e9').toString(), 'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\n\u00e9');
  t.match(post('abc', ['content-length: 9']).toString(), /\r\ncontent-length: 9\r\n\r\nabc$/);
  t.match(post('', ['Transfer-Encoding: chunked']).toString(), /\r\nTransfer-Encoding: chunked\r\n\r\n$/);
});

t.test('responses are read one at a time, however they are delimited', async (t) => {
  const server = await serverOf(
    t,
    [
      'HTTP/1.1 100 Continue\r\n\r\n',
      'HTTP/1.1 200 OK\r\nSet-Cookie: a=1; Path=/\r\nContent-Length: 2\r\n\r\nhi',
      'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
      'HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nab\n0\n\n',
      'HTTP/1.1 200 OK\r\n\r\nto the end',
    ].join(''),
  );
  const cpe = await connectCpe(server.port);
  t.teardown(() => cpe.close());
  const first = await cpe.response();
  t.match(first, { status: 200, body: 'hi', startLine: 'HTTP/1.1 200 OK' });
  t.equal(cookieOf(first), 'a=1');
  t.match(await cpe.response(), { status: 204, body: '' });
  t.match(await cpe.response(), { status: 200, body: 'ab' });
  t.match(await cpe.response(), { status: 200, body: 'to the end' });
  t.equal(cpe.responses.length, 4);
  await t.rejects(cpe.response(), /the connection ended after \d+ bytes/);
});

t.test('a response that is cut is no response, and its bytes are in the error', async (t) => {
  const cuts = [
    'HTTP/1.1 200 OK\r\nContent-Le',
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nshort',
  ];
  for (const bytes of cuts) {
    const cpe = await connectCpe((await serverOf(t, bytes)).port);
    const error: unknown = await cpe.response().catch((error: unknown) => error);
    t.ok(error instanceof ConnectionOver && error.bytes.toString() === bytes, JSON.stringify(bytes));
    await cpe.closed;
  }
  const odd = await connectCpe(
    (await serverOf(t, 'HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n')).port,
  );
  await t.rejects(odd.response(), /a chunk begins with "zz"/);
});

t.test('a connection that is closed on it is closed', async (t) => {
  const acs = await scriptedAcs(t, { script: () => HANG_UP });
  const cpe = await connectCpe(acs.port);
  await t.rejects(cpe.inform(), /the connection ended after \d+ bytes/);
  await cpe.closed;
  await acs.stop();
  await t.rejects(connectCpe(acs.port), { code: 'ECONNREFUSED' });
});

t.test('an Inform that is refused is an error', async (t) => {
  const acs = await scriptedAcs(t, { script: (turn) => turn.soap(fault(8002)) });
  const cpe = await connectCpe(acs.port);
  t.teardown(() => cpe.close());
  await t.rejects(cpe.inform(), /answered with fault/);
});

t.test('a session is played as its script has it', async (t) => {
  const acs = await scriptedAcs(t);
  const tree = { leaves: leavesOf(3) };
  const asked = [REQUESTS.GetRPCMethods, REQUESTS.GetParameterNames, REQUESTS.Reboot];
  const serve = async (): Promise<void> => {
    (await acs.next()).informResponse();
    for (const request of asked) (await acs.next()).ask(request);
    (await acs.next()).answer(NO_CONTENT);
  };
  const [played] = await Promise.all([playSession(acs.port, goodCpe(tree)), serve()]);
  t.strictSame(played, { asked, end: 'empty' });
  t.match(
    acs.turns.map(({ message }) => message),
    [
      { rpc: 'Inform' },
      undefined,
      { args: { MethodList: [] } },
      { rpc: 'GetParameterNames' },
      { kind: 'fault' },
    ],
  );
});

t.test('a session sends an Inform, a text or nothing in place of an answer, or hangs up', async (t) => {
  const says = [{ inform: { serial: 'again' } }, { raw: 'no <xml' }, 'empty', 'hang-up'] as const;
  const acs = await scriptedAcs(t, {
    script: (turn) => {
      if (turn.asks('Inform') && turn.number === 1)
        return turn.soap({ kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } });
      return turn.soap(REQUESTS.Reboot);
    },
  });
  let next = 0;
  const played = await playSession(acs.port, () => says[next++] ?? 'hang-up');
  t.equal(played.end, 'hung-up');
  t.equal(played.asked.length, says.length);
  t.match(
    acs.turns.slice(2).map(({ body }) => body),
    [/again/, 'no <xml', ''],
  );
  await t.rejects(
    playSession(acs.port, () => 'empty', { most: 3 }),
    /not begun|no end/,
  );
});

t.test('an answer without a session begins none', async (t) => {
  const acs = await scriptedAcs(t, { script: () => reply(503) });
  await t.rejects(
    playSession(acs.port, () => 'empty'),
    /^503 : E_|503/,
  );
  const liar = await scriptedAcs(t, {
    script: () => raw('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlie!'),
  });
  await t.rejects(
    playSession(liar.port, () => 'empty'),
    /200 lie!/,
  );
});
