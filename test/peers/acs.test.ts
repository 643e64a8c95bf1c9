import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import type { Script, StartOptions } from '../../peers/acs.ts';
import { ScriptedAcs } from '../../peers/acs.ts';
import {
  HANG_UP,
  INFORM_RESPONSE,
  NO_CONTENT,
  RESET,
  raw,
  reply,
  soap,
  soapText,
} from '../../peers/answer.ts';
import type { ScriptedCpe } from '../../peers/cpe.ts';
import { connectCpe, envelopeOf, post } from '../../peers/cpe.ts';
import { faultText, informText } from '../../peers/samples/invented-modem.ts';
import { textScript } from '../../peers/text-script.ts';
import { scriptedAcs } from '../support/acs/scripted-acs.ts';
import { fixture } from '../support/tree.ts';

async function cpeOf(t: Test, port: number, tls = false): Promise<ScriptedCpe> {
  const cpe = await connectCpe(port, { tls });
  t.teardown(() => cpe.close());
  return cpe;
}

/** An ACS, and a CPE that is connected to it. */
async function pair(t: Test, options: StartOptions = {}) {
  const acs = await scriptedAcs(t, options);
  return { acs, cpe: await cpeOf(t, acs.port) };
}

/** All bytes that come for one POST until the connection ends. */
async function bytesFor(t: Test, script: Script): Promise<string> {
  const { cpe } = await pair(t, { script });
  cpe.send(post('x'));
  await cpe.closed;
  return cpe.unread.toString('latin1');
}

t.test('what is scripted is sent, byte for byte, lies included', async (t) => {
  const lies = {
    'a Content-Length that is too long': 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort',
    'a Content-Length that is too short': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger',
    'a body cut in a chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n<soap',
    '204 with a body': 'HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody',
    'no HTTP': '\x00\xffSSH-2.0\n',
  };
  for (const [title, bytes] of Object.entries(lies))
    t.equal(await bytesFor(t, () => raw(bytes, 'close')), bytes, title);
  t.equal(await bytesFor(t, () => HANG_UP), '', 'nothing at all');
});

t.test('a reply gets the Content-Length that it lacks, and no other line', async (t) => {
  const text = (answer: { readonly bytes: Uint8Array }) => Buffer.from(answer.bytes).toString();
  t.equal(
    text(reply(200, { body: 'gr\u00fc\u00df' })),
    'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ngr\u00fc\u00df',
  );
  t.equal(text(NO_CONTENT), 'HTTP/1.1 204 No Content\r\n\r\n');
  t.equal(text(reply(204, { body: 'x' })), 'HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx');
  t.equal(
    text(reply(401, { reason: 'Who', headers: ['WWW-Authenticate: Basic', 'content-length: 7'], body: 'x' })),
    'HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\ncontent-length: 7\r\n\r\nx',
  );
  t.match(reply(200, { headers: ['Connection: close'] }), { after: 'close' });
  t.match(reply(200, { headers: ['Connection: close'], after: 'keep' }), { after: 'keep' });
  t.match(
    text(soapText('<a/>')),
    /\r\nContent-Type: text\/xml; charset=utf-8\r\nContent-Length: 4\r\n\r\n<a\/>$/,
  );
  t.match(
    text(soap(INFORM_RESPONSE, { prolog: '<?xml version="1.0"?>' })),
    /\r\n\r\n<\?xml version="1.0"\?><SOAP/,
  );
});

t.test('a challenge is answered on the same connection', async (t) => {
  const { acs, cpe } = await pair(t, {
    script: ({ request }) =>
      request.headers.has('authorization')
        ? NO_CONTENT
        : reply(401, { headers: ['WWW-Authenticate: Basic'] }),
  });
  const first = await cpe.exchange('');
  t.equal(first.headers.get('www-authenticate'), 'Basic');
  t.equal((await cpe.exchange('', ['Authorization: Basic eA=='])).status, 204);
  t.strictSame(
    acs.turns.map(({ connection, number }) => [number, connection]),
    [
      [1, 1],
      [2, 1],
    ],
  );
});

t.test('a reset is one', async (t) => {
  const { cpe } = await pair(t, { script: () => RESET });
  cpe.send(post('x'));
  await t.rejects(cpe.response(), { cause: { code: 'ECONNRESET' } });
});

t.test('each request is kept with its bytes, its envelope and its answer', async (t) => {
  const { acs, cpe } = await pair(t, { script: (turn) => turn.soap(INFORM_RESPONSE) });
  const sent = post(informText({ serial: 'S7', events: [['1 BOOT'], ['M Reboot', 'key']] }), [
    'X-Odd:  a b ',
  ]);
  cpe.send(sent);
  t.match(envelopeOf(await cpe.response()), { id: '1', message: INFORM_RESPONSE });
  const [turn, ...more] = acs.turns;
  t.strictSame(more, []);
  t.ok(turn?.request.bytes.equals(sent), 'as it came');
  t.strictSame(turn?.request.headerLines[1], ['X-Odd', 'a b']);
  t.match(turn, { request: { method: 'POST', target: '/', version: '1.1' }, events: ['1 BOOT', 'M Reboot'] });
  t.equal(turn?.inform().DeviceId.SerialNumber, 'S7');
  t.equal(turn?.asks('Inform'), true);
  t.equal(Buffer.from(turn?.answered?.bytes ?? []).toString(), cpe.responses[0]?.bytes.toString());
  t.throws(() => turn?.answer(NO_CONTENT), /answered already/);
});

t.test('requests are read however they are framed', async (t) => {
  const { acs, cpe } = await pair(t, { script: () => NO_CONTENT });
  const requests = [
    ['two in one write', 'POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\naPOST / HTTP/1.1\r\n\r\n', 'a', ''],
    [
      'chunks',
      'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1\r\nc\r\n0\r\nT: 1\r\n\r\n',
      'abc',
    ],
    ['bare line feeds after empty lines', '\r\n\r\nPOST / HTTP/1.1\nContent-Length: 2\n\nhi', 'hi'],
  ] as const;
  for (const [title, bytes, ...bodies] of requests) {
    const before = acs.turns.length;
    cpe.send(bytes);
    for (const _ of bodies) t.equal((await cpe.response()).status, 204, title);
    t.strictSame(
      acs.turns.slice(before).map(({ body }) => body),
      bodies,
      title,
    );
  }
  cpe.send('POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
  while (!cpe.unread.includes('100 Continue\r\n\r\n'))
    await new Promise((resolve) => cpe.socket.once('data', resolve));
  cpe.send('ok');
  t.equal((await cpe.response()).status, 204, 'the interim response is passed over');
});

t.test('an answer waits for whatever its promise waits for', async (t) => {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { acs, cpe } = await pair(t, { script: () => gate.then(() => NO_CONTENT) });
  cpe.send(post(''));
  const turn = await acs.next();
  t.equal(turn.answered, undefined);
  release();
  t.equal((await cpe.response()).status, 204);
});

t.test('without a script the caller takes each request and answers it', async (t) => {
  const { acs, cpe } = await pair(t);
  const [session] = await Promise.all([
    acs.session(),
    cpe.inform({ serial: 'S9' }).then(() => cpe.exchange('')),
  ]);
  t.equal(session.DeviceId.SerialNumber, 'S9');
  cpe.send(post(faultText(9000)));
  const turn = await acs.next();
  t.match(turn, { message: { kind: 'fault', fault: { FaultCode: 9000 } }, events: [] });
  t.throws(() => turn.inform(), /no Inform: </);
  turn.hangUp();
  await cpe.closed;
  t.equal(acs.waiting, 0);
  const late = acs.next();
  await acs.stop();
  await t.rejects(late, /stopped/);
});

t.test('patience ends, and an error of a script is the error of stop()', async (t) => {
  const acs = await scriptedAcs(t, { patienceMs: 1 });
  await t.rejects(acs.next(), /no request came/);
  const broken = new ScriptedAcs({
    script: () => {
      throw new Error('a fault of the script');
    },
  });
  const server = createServer((socket) => broken.accept(socket)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const cpe = await cpeOf(t, typeof address === 'object' && address !== null ? address.port : 0);
  cpe.send(post(''));
  await t.rejects(cpe.response(), /the connection ended after \d+ bytes/);
  await t.rejects(broken.stop(), /a fault of the script/);
});

t.test('a client that closes early leaves the others alone', async (t) => {
  const { acs, cpe } = await pair(t);
  cpe.send('POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf');
  cpe.reset();
  await cpe.closed;
  const other = await cpeOf(t, acs.port);
  other.send(post(''));
  const turn = await acs.next();
  t.equal(turn.connection, 2, 'the half request is none');
  other.reset();
  await other.closed;
  turn.answer(NO_CONTENT);
  t.equal(acs.connections, 2);
});

t.test('HTTP/1.0 and Connection: close end with the answer, which says so', async (t) => {
  const { acs } = await pair(t, { script: (turn) => turn.soap(INFORM_RESPONSE) });
  for (const request of ['POST / HTTP/1.0\r\n\r\n', 'POST / HTTP/1.1\r\nConnection: close\r\n\r\n']) {
    const cpe = await cpeOf(t, acs.port);
    cpe.send(request);
    t.equal((await cpe.response()).headers.get('connection'), 'close');
    await cpe.closed;
  }
});

t.test('it speaks TLS', async (t) => {
  const tls = { cert: readFileSync(fixture('tls-cert.pem')), key: readFileSync(fixture('tls-key.pem')) };
  const acs = await scriptedAcs(t, { tls, script: () => NO_CONTENT });
  t.equal(acs.url, `https://localhost:${acs.port}/cwmp`);
  const cpe = await cpeOf(t, acs.port, true);
  t.equal((await cpe.exchange('')).status, 204);
});

t.test('the script of texts answers the modem and asks what it is given', async (t) => {
  const { ask, script } = textScript();
  const { cpe } = await pair(t, { script });
  ask('<cwmp:Reboot><CommandKey>a</CommandKey></cwmp:Reboot>');
  await cpe.inform();
  t.match((await cpe.exchange('')).body, />raw-1<.*<cwmp:Reboot>/);
  t.match(
    (
      await cpe.exchange(
        '<e:E xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><cwmp:ID>7</cwmp:ID><cwmp:Kicked></e:E>',
      )
    ).body,
    /cwmp-1-2".*>7<.*<cwmp:KickedResponse><NextURL><\/NextURL><\/cwmp:KickedResponse>/,
  );
  t.equal((await cpe.exchange('')).status, 204);
});
