/** The proxy passes on what it hears, and what it heard is on the record. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setImmediate as immediate } from 'node:timers/promises';
import tls from 'node:tls';
import fc from 'fast-check';
import type { Test } from 'tap';
import t from 'tap';
import { createFlow } from '../../../captures/packet/flow.ts';
import type { StreamEvent } from '../../../captures/packet/streams.ts';
import type { ProxyEvent, ProxyOptions, RecordingProxy } from '../../../captures/record/proxy.ts';
import { startProxy } from '../../../captures/record/proxy.ts';
import { createStory } from '../../../captures/story/story.ts';
import { readAll } from '../../support/capture/capture-files.ts';
import { recordToMemory } from '../../support/capture/record-memory.ts';
import { assertProperty, SEED } from '../../support/seed.ts';
import { fixture as fixturePath } from '../../support/tree.ts';

const fixture = (name: string): string => readFileSync(fixturePath(name), 'utf8');
const OWN = { cert: fixture('tls-server-cert.pem'), key: fixture('tls-server-key.pem') };
const CA = fixture('tls-ca.pem');

const HALF_OPEN = { allowHalfOpen: true };

/** What happens at the proxy, to be waited for. */
class Events {
  readonly all: ProxyEvent[] = [];
  #wake: () => void = () => undefined;
  readonly hear = (event: ProxyEvent): void => {
    this.all.push(event);
    this.#wake();
  };

  /** The nth event of its kind. */
  async next<K extends ProxyEvent['is']>(is: K, nth = 1): Promise<Extract<ProxyEvent, { is: K }>> {
    for (;;) {
      const fits = this.all.filter((event): event is Extract<ProxyEvent, { is: K }> => event.is === is);
      const found = fits[nth - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

interface Stage {
  readonly proxy: RecordingProxy;
  readonly events: Events;
  /** A modem, connected. */
  connect(): net.Socket;
  /** The streams of the record; ends the proxy. */
  streams(): Promise<readonly StreamEvent[]>;
  /** The record as `capture show` prints it, one line per message. */
  story(): Promise<readonly string[]>;
}

const portOf = (server: net.Server): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

/** A proxy before an ACS that handles connections with `acs`. */
async function stage(
  t: Test,
  acs: (socket: net.Socket) => void,
  options: Partial<ProxyOptions> & { readonly tlsAcs?: boolean } = {},
): Promise<Stage> {
  const accept = (socket: net.Socket): void => {
    socket.on('error', () => undefined);
    acs(socket);
  };
  const server =
    options.tlsAcs === true
      ? tls.createServer({ ...HALF_OPEN, ...OWN }, accept)
      : net.createServer(HALF_OPEN, accept);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { bytes, recorder } = recordToMemory();
  const events = new Events();
  const secure = options.tlsAcs === true ? { ca: CA } : undefined;
  const proxy = await startProxy({
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    recorder,
    onEvent: events.hear,
    target: { host: '127.0.0.1', port: portOf(server), tls: secure },
    ...options,
  });
  const modems = new Set<net.Socket>();
  let stopped = false;
  const stop = async (): Promise<void> => {
    if (!stopped) await proxy.stop();
    stopped = true;
    for (const modem of modems) modem.destroy();
  };
  t.teardown(async () => {
    await stop();
    server.close();
  });
  const frames = async () => {
    await stop();
    const { fault, frames: read } = await readAll(bytes());
    assert.equal(fault, undefined);
    return read;
  };
  return {
    proxy,
    events,
    connect: () => {
      const where = { ...HALF_OPEN, host: '127.0.0.1', port: proxy.port };
      const modem = options.tls === undefined ? net.connect(where) : tls.connect({ ...where, ca: CA });
      modem.on('error', () => undefined);
      modems.add(modem);
      return modem;
    },
    streams: async () => {
      const flow = createFlow();
      const shown = [...(await frames()).flatMap((frame) => [...flow.push(frame)]), ...flow.end()];
      return shown.flatMap((event) => (event.is === 'datagram' || event.is === 'comment' ? [] : [event]));
    },
    story: async () => {
      const story = createStory();
      const shown = [...(await frames()).flatMap((frame) => [...story.push(frame)]), ...story.end()];
      return shown.map(({ protocol, what }) => `${protocol} ${what}`);
    },
  };
}

/** All that comes; an iterator would destroy the socket, and with it what is still to be said. */
const hearAll = (socket: net.Socket): Promise<Buffer> =>
  new Promise((resolve) => {
    const heard: Uint8Array[] = [];
    socket.on('data', (chunk: Uint8Array) => heard.push(chunk));
    socket.on('end', () => resolve(Buffer.concat(heard)));
  });

const text = async (socket: net.Socket): Promise<string> => (await hearAll(socket)).toString();

const gone = (socket: net.Socket): Promise<void> =>
  new Promise((resolve) => {
    socket.resume().on('close', () => resolve());
  });

const saidOn = (events: readonly StreamEvent[], client: string, from: 'client' | 'server'): Buffer =>
  Buffer.concat(
    events.flatMap((event) =>
      event.is === 'data' && event.stream.client === client && event.from === from ? [event.bytes] : [],
    ),
  );

/**
 * A talk: who writes what; at the end of their words both end their half, the one while the other still
 * speaks.
 */
const talk = fc.record(
  {
    modem: fc.array(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), { maxLength: 4 }),
    acs: fc.array(fc.uint8Array({ minLength: 1, maxLength: 70_000 }), { maxLength: 4 }),
    /** The ACS speaks when the modem has ended. */
    after: fc.boolean(),
  },
  { noNullPrototype: true },
);

for (const [name, own, tlsAcs] of [
  ['plain to plain', undefined, false],
  ['plain to TLS', undefined, true],
  ['TLS to plain', OWN, false],
  ['TLS to TLS', OWN, true],
] as const)
  t.test(`${name}: bytes and half-closes come through, and are on the record (seed ${SEED})`, async (t) => {
    await assertProperty(
      t,
      fc.asyncProperty(fc.array(talk, { minLength: 1, maxLength: 3 }), async (talks) => {
        const heardByAcs: Promise<Buffer>[] = [];
        let turn = 0;
        const { connect, events, streams } = await stage(
          t,
          async (socket) => {
            const { acs = [], after = false } = talks[turn++] ?? {};
            const words = (): void => {
              for (const part of acs) socket.write(part);
              socket.end();
            };
            const hearing = hearAll(socket);
            heardByAcs.push(hearing);
            if (after) await hearing;
            // Node may lose what comes with the last message of a handshake when it ends its half in it.
            else await immediate();
            words();
          },
          { tls: own, tlsAcs },
        );
        const clients: { readonly end: string; readonly said: Buffer; readonly heard: Buffer }[] = [];
        for (const { modem: parts } of talks) {
          const modem = connect();
          await once(modem, own === undefined ? 'connect' : 'secureConnect');
          const end = `127.0.0.1:${modem.localPort}`;
          const hearing = hearAll(modem);
          for (const part of parts) modem.write(part);
          modem.end();
          clients.push({ end, said: Buffer.concat(parts), heard: await hearing });
        }
        await events.next('closed', talks.length);
        const shown = await streams();
        for (const [index, { end, heard, said }] of clients.entries()) {
          assert.ok(heard.equals(Buffer.concat(talks[index]?.acs ?? [])), 'the modem hears all of it');
          assert.ok(saidOn(shown, end, 'client').equals(said), 'what the modem said is on the record');
          assert.ok(saidOn(shown, end, 'server').equals(heard), 'what the ACS said, too');
        }
        assert.deepEqual(
          (await Promise.all(heardByAcs)).map((bytes) => bytes.toString('latin1')).sort(),
          clients.map(({ said }) => said.toString('latin1')).sort(),
        );
        assert.deepEqual(
          shown.flatMap((event) => (event.is === 'closed' ? [event.how] : [])),
          talks.map(() => 'finished'),
        );
        assert.ok(
          events.all.every(
            (event) => event.is === 'opened' || (event.is === 'closed' && event.how === 'finished'),
          ),
        );
      }),
      10,
    );
  });

t.test('the stream goes from the modem to the ACS, and a comment names the ends of the proxy', async (t) => {
  const { connect, events, proxy, streams } = await stage(t, (socket) => socket.pipe(socket));
  const modem = connect();
  modem.end('x');
  t.equal(await text(modem), 'x');
  const { acs, modem: from } = await events.next('opened');
  t.equal(from, `127.0.0.1:${modem.localPort ?? ''}`.replace(/:$/, from.slice(from.lastIndexOf(':'))));
  await events.next('closed');
  t.match(proxy.counts(), { open: 0, finished: 1, failed: 0, bytes: 2 });
  const [opened] = await streams();
  t.match(opened, { is: 'opened', stream: { client: from, server: acs, handshake: true } });
});

t.test(
  'an ACS that is down is reported, the modem is reset, and the next one finds it up again',
  async (t) => {
    const spare = net.createServer();
    spare.listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const port = portOf(spare);
    spare.close();
    await once(spare, 'close');
    const target = { host: '127.0.0.1', port, tls: undefined };
    const { connect, events, proxy, story } = await stage(t, () => undefined, { target });
    const modem = connect();
    modem.write('POST / HTTP/1.1\r\n');
    const [error] = await once(modem, 'error');
    t.equal(error.code, 'ECONNRESET');
    t.match(await events.next('closed'), { how: 'unreachable', by: 'server', error: /ECONNREFUSED/ });
    const back = net.createServer((socket) => socket.end('up'));
    back.listen(port, '127.0.0.1');
    await once(back, 'listening');
    t.teardown(() => back.close());
    const next = connect();
    next.end();
    t.equal(await text(next), 'up');
    t.match(proxy.counts(), { failed: 1 });
    t.match(await story(), [/^comment the ACS cannot be reached: .*ECONNREFUSED/, 'TCP connection refused']);
  },
);

t.test('an ACS that does not answer is given up', async (t) => {
  // It takes the connection and says nothing of TLS.
  const mute = net.createServer((socket) => socket.on('error', () => undefined).resume());
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  t.teardown(() => mute.close());
  const target = { host: '127.0.0.1', port: portOf(mute), tls: { ca: CA } };
  const { connect, events } = await stage(t, () => undefined, { target, connectMs: 50 });
  connect();
  t.match(await events.next('closed'), { how: 'unreachable', error: /no answer in 50 ms/ });
});

t.test('a certificate that nobody signed is refused, unless any will do', async (t) => {
  const server = tls.createServer(OWN, (socket) => socket.end('secret'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const target = { host: '127.0.0.1', port: portOf(server) };
  const strict = await stage(t, () => undefined, { target: { ...target, tls: {} } });
  strict.connect();
  t.match(await strict.events.next('closed'), { how: 'unreachable', error: /certificate/ });
  const any = await stage(t, () => undefined, { target: { ...target, tls: { rejectUnauthorized: false } } });
  const modem = any.connect();
  modem.end();
  t.equal(await text(modem), 'secret');
});

t.test('modems and an ACS that know TLS 1.0 alone are spoken to', async (t) => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const server = tls.createServer({ ...OWN, ...old }, (socket) => socket.end(socket.getProtocol() ?? ''));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const target = { host: '127.0.0.1', port: portOf(server), tls: { ca: CA } };
  const { proxy } = await stage(t, () => undefined, { target, tls: OWN });
  const modem = tls.connect({ host: '127.0.0.1', port: proxy.port, ca: CA, ...old });
  t.teardown(() => modem.destroy());
  await once(modem, 'secureConnect');
  t.equal(await text(modem), 'TLSv1');
  t.equal(modem.getProtocol(), 'TLSv1');
});

t.test('a connection that breaks is broken on the other side, and disturbs no other', async (t) => {
  const errors: string[] = [];
  const { connect, events, proxy, story } = await stage(t, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''));
    socket.on('data', (chunk: Buffer) => {
      if (chunk.toString() === 'break') socket.resetAndDestroy();
      else socket.write(chunk);
    });
  });
  const echoed = async (modem: net.Socket, word: string): Promise<string> => {
    modem.write(word);
    const [chunk] = await once(modem, 'data');
    return chunk.toString();
  };
  const [good, bad, worse] = [connect(), connect(), connect()];
  for (const modem of [good, bad, worse]) await echoed(modem, 'a');
  bad.resetAndDestroy();
  t.match(await events.next('closed'), { how: 'reset', by: 'client', error: /ECONNRESET/ });
  t.equal(await echoed(good, 'b'), 'b');
  t.strictSame(errors, ['ECONNRESET'], 'the ACS hears of it');
  const lost = gone(worse);
  let why: string | undefined;
  worse.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code;
  });
  worse.write('break');
  await lost;
  t.equal(why, 'ECONNRESET', 'the modem hears of it');
  t.match(await events.next('closed', 2), { how: 'reset', by: 'server' });
  t.equal(await echoed(good, 'c'), 'c');
  t.match(proxy.counts(), { open: 1, failed: 2 });
  t.equal((await story()).filter((line) => line === 'TCP connection reset').length, 2);
});

t.test('an ACS is read no faster than its modem reads', async (t) => {
  const size = 64 * 1024 * 1024;
  let whole = false;
  const { connect, proxy } = await stage(t, (socket) => {
    socket.end(Buffer.alloc(size), () => {
      whole = true;
    });
  });
  const modem = connect();
  modem.pause();
  // Until nothing more comes: what the kernel holds for four sockets is some MiB.
  let before = -1;
  for (let still = 0; still < 20; ) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    still = proxy.counts().bytes === before && before > 0 ? still + 1 : 0;
    before = proxy.counts().bytes;
  }
  t.ok(before < size / 2, `${before} bytes of ${size}`);
  t.notOk(whole);
  modem.resume();
  t.equal((await hearAll(modem)).length, size);
  t.equal(proxy.counts().bytes, size);
});

t.test('modems above the limit are turned away, and one that says nothing is ended', async (t) => {
  const { connect, events, proxy } = await stage(t, (socket) => socket.pipe(socket), {
    connections: 2,
    silentMs: 200,
  });
  const modems = [connect(), connect()];
  await events.next('opened', 2);
  t.equal(await text(connect()), '');
  t.match(await events.next('refused'), { why: 'too-many', modem: /^127\.0\.0\.1:\d+$/ });
  await Promise.all(modems.map(text));
  t.match(await events.next('closed'), { how: 'silent' });
  await events.next('closed', 2);
  const fourth = connect();
  fourth.end('again');
  t.equal(await text(fourth), 'again');
  t.match(proxy.counts(), { failed: 3 });
});

t.test('a modem that cannot speak TLS is reported, and stopping ends all with a whole record', async (t) => {
  const { connect, events, proxy, story } = await stage(t, (socket) => socket.pipe(socket), { tls: OWN });
  const plain = net.connect(proxy.port, '127.0.0.1');
  plain.on('error', () => undefined).end('POST / HTTP/1.1\r\n\r\n');
  t.match(await events.next('refused'), { why: 'tls' });
  const modem = connect();
  modem.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await once(modem, 'data');
  // One that is still in its handshake.
  const slow = net.connect(proxy.port, '127.0.0.1');
  slow.on('error', () => undefined);
  await once(slow, 'connect');
  const shown = await story();
  t.match(events.all.at(-1), { is: 'closed', how: 'stopped' });
  t.match(shown[0], /^comment no TLS with the modem: /);
  t.ok(
    shown.some((line) => line.startsWith('HTTP GET')),
    shown.join(),
  );
});
