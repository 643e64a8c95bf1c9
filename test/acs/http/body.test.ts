import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { connect, type Server } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { type Body, readBody } from '../../../acs/http/body.ts';
import { charsetOf, isBlank } from '../../../protocol/http/content.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { assertProperty, SEED } from '../../support/seed.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);
const idle = { idleMs: 60_000 };
const chunked = { 'transfer-encoding': 'chunked' };

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not a TCP server');
  return address.port;
}

/** The code of the error, or the text of the body. */
const textOf = (body: Body): string =>
  body.ok ? Buffer.from(body.value).toString('latin1') : body.error.code;
const read = (chunks: readonly Uint8Array[], headers: IncomingHttpHeaders = chunked, bytes?: number) =>
  readBody(
    Readable.from(chunks, { objectMode: false }),
    headers,
    bytes === undefined ? idle : { ...idle, bytes },
  );

t.test('a body that comes in one piece is given back without a copy', async (t) => {
  const piece = Buffer.from('<x/>');
  const body = await read([piece], { 'content-length': '4' });
  t.ok(body.ok && body.value.buffer === piece.buffer && body.value.byteOffset === piece.byteOffset);
});

t.test('without a length there is no body and nothing is waited for', async (t) => {
  for (const headers of [
    {},
    { 'content-length': '0' },
    { 'content-length': '0', 'content-encoding': 'gzip' },
  ]) {
    const stream = new PassThrough();
    t.equal(textOf(await readBody(stream, headers, idle)), '', JSON.stringify(headers));
    t.equal(stream.listenerCount('data'), 0);
  }
});

t.test('however the bytes are cut and compressed, the body is the same', async (t) => {
  const plain = fc.uint8Array({ maxLength: 5000 });
  const coding = fc.constantFrom(
    { name: undefined, pack: (b: Uint8Array) => b },
    { name: 'identity', pack: (b: Uint8Array) => b },
    { name: 'gzip', pack: gzipSync },
    { name: ' X-GZIP, identity', pack: gzipSync },
    { name: 'deflate', pack: deflateSync },
    { name: 'Deflate', pack: deflateRawSync },
  );
  await assertProperty(
    t,
    fc.asyncProperty(
      plain,
      coding,
      fc.array(fc.nat(5000), { maxLength: 5 }),
      async (bytes, { name, pack }, cuts) => {
        const packed = pack(bytes);
        const at = [0, ...cuts.map((cut) => cut % (packed.length + 1)).sort((a, b) => a - b), packed.length];
        const chunks = at.slice(1).map((end, i) => packed.subarray(at[i] ?? 0, end));
        const headers = name === undefined ? chunked : { ...chunked, 'content-encoding': name };
        const body = await read(chunks, headers);
        assert.ok(body.ok);
        assert.deepEqual(Buffer.from(body.value), Buffer.from(bytes));
      },
    ),
    150,
  );
});

t.test('any bytes under any coding give a body or a typed error', async (t) => {
  await assertProperty(
    t,
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom('gzip', 'deflate'),
      async (bytes, coding) => {
        const body = await read([bytes], { ...chunked, 'content-encoding': coding });
        if (!body.ok) assert.equal(body.error.code, 'E_ENCODING');
      },
    ),
    150,
  );
});

t.test('a coding that we do not know is an error before a byte is read', async (t) => {
  for (const coding of ['br', 'compress', 'gzip, gzip', 'gzip;q=1', '__proto__', 'x'.repeat(10_000)]) {
    const stream = new PassThrough();
    t.equal(
      textOf(await readBody(stream, { ...chunked, 'content-encoding': coding }, idle)),
      'E_ENCODING',
      coding.slice(0, 20),
    );
    t.equal(stream.listenerCount('data'), 0);
  }
  const truncated = gzipSync('<x/>'.repeat(100)).subarray(0, -9);
  t.equal(
    textOf(await read([truncated], { ...chunked, 'content-encoding': 'gzip' })),
    'E_ENCODING',
    'a cut gzip',
  );
  t.equal(
    textOf(await read([Buffer.from('<x/>')], { ...chunked, 'content-encoding': 'gzip' })),
    'E_ENCODING',
    'not gzip',
  );
});

t.test('no more than the limit is taken, with or without a length, compressed or not', async (t) => {
  t.equal(textOf(await read([Buffer.alloc(5, 'a')], chunked, 5)), 'aaaaa', 'the limit itself is allowed');
  t.equal(textOf(await read([Buffer.alloc(3), Buffer.alloc(3)], chunked, 5)), 'E_TOO_LARGE');
  const stream = new PassThrough();
  t.equal(
    textOf(await readBody(stream, { 'content-length': `${LIMITS.bodyBytes + 1}` }, idle)),
    'E_TOO_LARGE',
  );
  t.equal(stream.listenerCount('data'), 0, 'a length that says so is believed at once');
  const bomb = { ...chunked, 'content-encoding': 'gzip' };
  t.equal(textOf(await read([gzipSync(Buffer.alloc(5000))], bomb, 5000)).length, 5000);
  t.equal(textOf(await read([gzipSync(Buffer.alloc(5001))], bomb, 5000)), 'E_TOO_LARGE');
  const endless = new PassThrough();
  const body = readBody(endless, chunked, { ...idle, bytes: 5 });
  endless.write('123456');
  t.equal(textOf(await body), 'E_TOO_LARGE', 'although the end has not come');
  t.ok(endless.isPaused(), 'and the rest stays where it is');
});

t.test('only the time between two pieces is limited, not the whole', async (t) => {
  const real = globalThis.setTimeout;
  const timers: { fire: () => void; refreshed: number; ms: number }[] = [];
  const fake = (fire: () => void, ms: number) => {
    const timer = { fire, ms, refreshed: 0, refresh: () => (timer.refreshed += 1) };
    timers.push(timer);
    return timer;
  };
  t.teardown(() => Object.assign(globalThis, { setTimeout: real }));
  const stream = new PassThrough();
  Object.assign(globalThis, { setTimeout: fake });
  const body = readBody(stream, chunked, { idleMs: 1000 });
  const whole = new PassThrough();
  whole.write('<x/>');
  void readBody(whole, { 'content-length': '4' }, { idleMs: 2000 });
  await new Promise((resolve) => setImmediate(resolve));
  Object.assign(globalThis, { setTimeout: real });
  for (let i = 0; i < 5; i += 1) {
    const passed = once(stream, 'data');
    stream.write('x');
    await passed;
  }
  t.match(timers, [{ ms: 1000, refreshed: 5 }], 'restarted with each piece');
  t.equal(timers.length, 1, 'and none for a body that is all there');
  timers[0]?.fire();
  t.strictSame(await body, { ok: false, error: { code: 'E_BODY_IDLE', at: 5 } });
  t.ok(stream.isPaused());
});

t.test('a connection that breaks inside the body is a typed error, early or late', async (t) => {
  const stream = new PassThrough();
  const body = readBody(stream, chunked, idle);
  stream.on('data', () => stream.destroy());
  stream.write('abc');
  t.strictSame(await body, { ok: false, error: { code: 'E_BODY_CUT', at: 3 } });
  t.equal(textOf(await readBody(stream, chunked, idle)), 'E_BODY_CUT', 'broken before it was read');
  const failing = new PassThrough();
  const failed = readBody(failing, chunked, idle);
  failing.destroy(new Error('reset'));
  t.equal(textOf(await failed), 'E_BODY_CUT');
});

t.test('over a real connection: whole, cut and empty requests', async (t) => {
  const bodies: Promise<Body>[] = [];
  const server = createServer((request, response) => {
    const body = readBody(request, request.headers, idle);
    bodies.push(body);
    void body.then(() => response.writeHead(204).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const port = portOf(server);
  const send = async (text: string, hangUp = false): Promise<string> => {
    const socket = connect(port, '127.0.0.1');
    t.teardown(() => socket.destroy());
    const arrived = hangUp ? once(server, 'request') : undefined;
    socket.write(text);
    if (arrived !== undefined) {
      await arrived;
      socket.destroy();
    } else {
      const [answer] = await once(socket, 'data');
      t.match(String(answer), /^HTTP\/1.1 204/);
    }
    const body = await bodies.pop();
    return body === undefined ? 'no request' : textOf(body);
  };
  t.equal(await send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n<x/>'), '<x/>');
  t.equal(
    await send(
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n<x\r\n2\r\n/>\r\n0\r\n\r\n',
    ),
    '<x/>',
  );
  t.equal(await send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'), '');
  t.equal(await send('POST / HTTP/1.1\r\nHost: a\r\n\r\n'), '');
  t.equal(await send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n<x', true), 'E_BODY_CUT');
});

t.test('two empty POSTs after each other on one connection are both answered', async (t) => {
  const server = createServer((request, response) => {
    void readBody(request, request.headers, idle).then(() => response.writeHead(204).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const socket = connect(portOf(server), '127.0.0.1');
  t.teardown(() => socket.destroy());
  for (const length of ['', 'Content-Length: 0\r\n', '']) {
    socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${length}\r\n`);
    const [answer] = await once(socket, 'data');
    t.match(String(answer), /^HTTP\/1.1 204/);
  }
});

t.test('white space alone is blank, anything else is not', async (t) => {
  for (const text of ['', ' ', '\r\n\r\n', '\t \n']) t.ok(isBlank(Buffer.from(text)), JSON.stringify(text));
  for (const text of ['<', ' \n x', '\0', '\u00a0'])
    t.notOk(isBlank(Buffer.from(text)), JSON.stringify(text));
});

t.test('a charset is found however Content-Type is written', async (t) => {
  for (const type of [
    'text/xml; charset=utf-8',
    'text/xml;charset="UTF-8"',
    "text/xml; x=y; Charset = 'utf-8' ; z",
    'text/xml charset=utf-8',
    'text/xml, charset=utf-8',
  ]) {
    t.equal(charsetOf(type), 'utf-8', type);
  }
  for (const type of [
    undefined,
    '',
    'text/xml',
    'text/xml; charset',
    'text/xml; charset=',
    'text/xml; xcharset=utf-8',
  ]) {
    t.equal(charsetOf(type), undefined, String(type));
  }
  t.equal(charsetOf(`text/xml${' charset'.repeat(1_000_000)}`), undefined, 'in bounded time');
});
