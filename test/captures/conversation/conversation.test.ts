/** What was said is understood, whatever happened to the packets that carried it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import type { CapturedEvent } from '../../../captures/conversation/conversation.ts';
import { createConversation } from '../../../captures/conversation/conversation.ts';
import type { CapturedFrame } from '../../../captures/file/frame.ts';
import { LINK_TYPES } from '../../../captures/file/frame.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import {
  answer,
  envelopeOf,
  INFORM,
  INFORM_RESPONSE,
  post,
  sessionOf,
} from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf, type Said } from '../../../scripts/captures/packets.ts';
import { captureFile, fileForm, noTshark, readAll, wireshark } from '../../support/capture/capture-files.ts';
import { disturb, disturbance, manner } from '../../support/capture/packet-arbitraries.ts';
import { cpeRequest, cpeResponse, faultOf } from '../../support/each-rpc.ts';
import { bytesHeld } from '../../support/process/heap.ts';
import { property } from '../../support/seed.ts';

const run = (frames: readonly CapturedFrame[]): readonly CapturedEvent[] => {
  const conversation = createConversation();
  return [...frames.flatMap((frame) => [...conversation.push(frame)]), ...conversation.end()];
};
const hear = (said: readonly Said[], change: Partial<typeof PLAIN> = {}): readonly CapturedEvent[] =>
  run(framesOf(packetsOf(said, { ...PLAIN, ...change })));
const client = (text: string): Said => ({ from: 'client', bytes: Buffer.from(text) });
const server = (text: string): Said => ({ from: 'server', bytes: Buffer.from(text) });

/** The part of events that must stay the same: neither times nor what depends on the packets. */
function essence(shown: readonly CapturedEvent[]): unknown[] {
  return shown.flatMap((event): unknown[] => {
    switch (event.is) {
      case 'cwmp': {
        const { breaches, content, from, http, notes, session } = event;
        const { body, headText, oddities } = http;
        return [
          {
            content,
            from,
            session: session.number,
            device: session.device,
            headText,
            body: Buffer.from(body).toString(),
            oddities,
            notes,
            breaches,
          },
        ];
      }
      case 'http':
        return [
          {
            headText: event.headText,
            body: Buffer.from(event.body).toString(),
            oddities: event.oddities,
            exchange: event.exchange,
          },
        ];
      case 'skipped':
        return [{ skipped: event.count }];
      default:
        return [];
    }
  });
}

const ask: readonly (readonly [Message, Message])[] = [
  [cpeRequest('GetParameterValues'), cpeResponse('GetParameterValues')],
  [cpeRequest('Reboot'), { kind: 'fault', fault: faultOf(9001) }],
];

property(
  t,
  'a session that is cut, doubled, overlapped, out of order, on any link and in any file is the same session',
  fc.asyncProperty(
    manner(),
    disturbance(),
    fc.boolean(),
    fc.constantFrom(
      ...Object.entries(LINK_TYPES)
        .filter(([name]) => !name.startsWith('ipv'))
        .map(([, type]) => type),
    ),
    fileForm(),
    async (how, disturbance, chunked, linkType, form) => {
      const said = sessionOf(ask, { chunked });
      const expected = essence(hear(said));
      const cuts = how.cuts.map(({ length, back }) => ({ length: length + 120, back }));
      const frames = framesOf(disturb(packetsOf(said, { ...how, cuts }), disturbance), linkType);
      const read = await readAll(captureFile(frames, form), [50_000, 777]);
      assert.deepEqual(essence(run(read.frames)), expected);
    },
  ),
  100,
);

property(
  t,
  'a capture that is cut anywhere yields its beginning, and nothing else',
  fc.property(fc.nat(), manner(), (at, how) => {
    const frames = framesOf(packetsOf(sessionOf(ask), { ...how, handshake: true }));
    const whole = essence(run(frames)).map((one) => JSON.stringify(one));
    const part = run(frames.slice(0, at % frames.length)).filter(
      (event) => event.is !== 'http' || event.oddities.length === 0,
    );
    const shown = part.filter((event) => event.is === 'cwmp' && event.http.oddities.length === 0);
    assert.deepEqual(
      essence(shown).map((one) => JSON.stringify(one)),
      whole.slice(0, shown.length),
    );
  }),
);

property(
  t,
  'changed and lost bytes never make it throw',
  fc.property(
    manner(),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { maxLength: 20 }),
    fc.array(fc.nat(), { maxLength: 4 }),
    (how, changes, lost) => {
      const packets = packetsOf(sessionOf(ask, { chunked: true }), how);
      for (const [which, at, value] of changes) {
        const packet = packets[which % packets.length];
        if (packet !== undefined) packet[at % packet.length] = value;
      }
      const gone = new Set(lost.map((one) => one % packets.length));
      run(framesOf(packets.filter((_, index) => !gone.has(index))));
    },
  ),
  300,
);

property(
  t,
  'any text on a connection is read without a throw',
  fc.property(
    fc.array(
      fc.record(
        {
          from: fc.constantFrom('client' as const, 'server' as const),
          bytes: fc
            .array(
              fc.constantFrom(
                'POST / HTTP/1.1\r\n',
                'HTTP/1.1 200 OK\r\n',
                '\r\n',
                'Content-Length: 5\r\n',
                'Transfer-Encoding: chunked\r\n',
                '5\r\nabcde\r\n',
                '0\r\n',
                'x',
                '\n',
                ' : ',
                'Content-Encoding: gzip\r\n',
              ),
              { maxLength: 12 },
            )
            .map((parts) => Buffer.from(`${parts.join('')}!`)),
        },
        { noNullPrototype: true },
      ),
      { maxLength: 6 },
    ),
    manner(),
    (said, how) => {
      run(framesOf(packetsOf(said, how)));
    },
  ),
  300,
);

t.test('a session comes message by message, with device and order', async (t) => {
  const shown = hear(sessionOf(ask));
  const cwmp = shown.filter((event) => event.is === 'cwmp');
  t.strictSame(
    cwmp.map(({ content, from }) => {
      if (content.is !== 'message') return `${from} ${content.is}`;
      const { message } = content.envelope;
      if (message.kind === 'fault') return `${from} fault ${message.fault.FaultCode}`;
      return `${from} ${message.kind} ${message.kind === 'unknown' ? '' : message.rpc}`;
    }),
    [
      'CPE request Inform',
      'ACS response Inform',
      'CPE empty',
      'ACS request GetParameterValues',
      'CPE response GetParameterValues',
      'ACS request Reboot',
      'CPE fault 9001',
      'ACS empty',
    ],
  );
  t.match(cwmp[0]?.session, {
    number: 1,
    device: '00147F-SpeedTouch%20780-CP0644JTSGR',
    firmware: '6.2.15.5',
    cpe: '192.0.2.2',
    acs: '192.0.2.1:7547',
    state: 'ended',
    posts: 4,
    connections: 1,
    faults: 1,
  });
  t.ok(
    cwmp.every(({ breaches }) => breaches.length === 0),
    'nothing is out of order',
  );
});

t.test('a session goes on over another connection, by cookie or by ID, and the quirk is noted', async (t) => {
  for (const cookie of ['session=abc', undefined]) {
    const said = sessionOf(ask, cookie === undefined ? {} : { cookie });
    const stripped = said.map(({ from, bytes }) => ({
      from,
      bytes: Buffer.from(
        cookie === undefined
          ? Buffer.from(bytes)
              .toString()
              .replace(/(Set-)?Cookie: [^\r]*\r\n/, '')
          : bytes,
      ),
    }));
    const packets = [0, 2, 4, 6].flatMap((at, index) =>
      packetsOf(stripped.slice(at, at + 2), { ...PLAIN, clientPort: 50_000 + index }),
    );
    const cwmp = run(framesOf(packets)).filter((event) => event.is === 'cwmp');
    t.equal(cwmp.length, 8);
    t.ok(
      cwmp.every(({ session }) => session.number === 1),
      `one session (${cookie})`,
    );
    t.equal(cwmp[0]?.session.connections, 4);
    t.ok(cwmp[2]?.notes.some(({ id }) => id === 'Q-HT-09'));
  }
});

t.test('a challenge and the Inform that answers it are one session', async (t) => {
  const inform = encode(envelopeOf(INFORM));
  const challenge =
    'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="a", nonce="b"\r\nContent-Length: 0\r\n\r\n';
  const shown = hear([client(post(inform)), server(challenge), ...sessionOf([])]);
  const cwmp = shown.filter((event) => event.is === 'cwmp');
  t.strictSame(
    cwmp.map(({ session }) => session.number),
    [1, 1, 1, 1, 1, 1],
  );
  t.match(cwmp[1], { from: 'ACS', content: { is: 'status', status: 401 } });
});

t.test('what breaks the order of a session is reported by its code', async (t) => {
  const inform = encode(envelopeOf(INFORM));
  const wrong = encode(envelopeOf(cpeRequest('Reboot')));
  const shown = hear([
    client(post(inform)),
    server(answer(wrong)),
    client(post(encode(envelopeOf(cpeResponse('AddObject'))))),
    server(answer('<a')),
  ]);
  t.match(
    shown.filter((event) => event.is === 'cwmp').map(({ breaches }) => breaches),
    [[], [{ id: 'E_SESSION_OUT_OF_ORDER' }], [{ id: 'E_SESSION_OUT_OF_ORDER' }], [{ id: 'E_XML_TRUNCATED' }]],
  );
});

t.test('pipelined requests, 100 Continue, HEAD, bodies until the end, no header lines', async (t) => {
  const body = encode(envelopeOf(INFORM));
  const shown = hear([
    client('HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\n\r\n'),
    server(
      'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 204 No\r\n\r\n',
    ),
    client(`POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`),
    server('HTTP/1.1 100 Continue\r\n\r\n'),
    client(body),
    server('HTTP/1.0 200 OK\n\nuntil the end'),
  ]);
  t.strictSame(
    shown
      .flatMap((event) =>
        event.is === 'http' || event.is === 'cwmp' ? [event.is === 'http' ? event : event.http] : [],
      )
      .map(({ body, exchange, head }) => [
        exchange,
        head.kind === 'request' ? head.method : head.status,
        body.length,
      ]),
    [
      [1, 'HEAD', 0],
      [2, 'GET', 0],
      [3, 'POST', 0],
      [1, 200, 0],
      [2, 200, 3],
      [3, 204, 0],
      [4, 100, 0],
      [4, 'POST', body.length],
      [4, 200, 13],
    ],
  );
});

t.test('a compressed body is read, and one with a false Content-Encoding is reported', async (t) => {
  const body = gzipSync(encode(envelopeOf(INFORM)));
  const head = `POST / HTTP/1.1\r\nContent-Type: text/xml\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`;
  t.match(hear([{ from: 'client', bytes: Buffer.concat([Buffer.from(head), body]) }]), [
    { is: 'cwmp', content: { is: 'message' } },
  ]);
  const damaged = Buffer.concat([Buffer.from(head), Buffer.alloc(body.length, 'x')]);
  t.match(hear([{ from: 'client', bytes: damaged }]), [{ is: 'http', oddities: ['bad-encoding'] }]);
});

t.test('behind a hole the next message is found', async (t) => {
  const packets = packetsOf([...sessionOf(ask)], { ...PLAIN, cuts: [{ length: 400, back: 0 }] });
  const shown = run(framesOf(packets.filter((_, index) => index !== 4)));
  t.ok(shown.filter((event) => event.is === 'cwmp').length >= 7, 'the rest of the session is there');
  t.ok(
    shown.some(
      (event) =>
        (event.is === 'cwmp' ? event.http : event).is === 'http' &&
        'http' in event &&
        event.http.oddities.includes('gap'),
    ),
  );
});

t.test('a capture that begins within a body finds the next message', async (t) => {
  const [, ...rest] = packetsOf(sessionOf(ask), {
    ...PLAIN,
    handshake: false,
    cuts: [{ length: 500, back: 0 }],
  });
  const shown = run(framesOf(rest));
  t.ok(shown.filter((event) => event.is === 'cwmp').length >= 6);
  t.equal(shown.find((event) => event.is === 'skipped')?.from, 'client');
});

t.test('a TLS stream is named, with the name it asks for', async (t) => {
  const extension = [0, 0, 0, 13, 0, 11, 0, 0, 8, ...Buffer.from('acs.test'), 0, 43, 0, 3, 2, 3, 4];
  const hello = [3, 3, ...Buffer.alloc(32), 0, 0, 2, 0x13, 1, 1, 0, 0, extension.length, ...extension];
  const record = [22, 3, 1, 0, hello.length + 4, 1, 0, 0, hello.length, ...hello];
  const shown = hear([{ from: 'client', bytes: Uint8Array.from(record) }, server('\x16\x03\x03secret')]);
  t.match(shown, [
    { is: 'tls', version: 'TLS 1.3', serverName: 'acs.test' },
    { is: 'stream-ended', messages: 0 },
  ]);
});

t.test('large bodies on many connections are held in bounded memory', async (t) => {
  const before = bytesHeld();
  const conversation = createConversation();
  const body = Buffer.alloc(300_000, '<a>');
  const head = `POST / HTTP/1.1\r\nContent-Length: ${body.length + 1}\r\n\r\n`;
  for (let port = 1024; port < 1424; port += 1) {
    const said = [{ from: 'client' as const, bytes: Buffer.concat([Buffer.from(head), body]) }];
    const cuts = [{ length: 60_000, back: 0 }];
    for (const frame of framesOf(packetsOf(said, { ...PLAIN, clientPort: port, ending: 'none', cuts })))
      conversation.push(frame);
  }
  const held = bytesHeld() - before;
  t.ok(held < 100_000_000, `${Math.round(held / 1e6)} MB of 120 MB are held`);
  conversation.end();
});

t.test('Wireshark counts the same requests and responses', { skip: noTshark }, async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-http-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'session.pcapng');
  const frames = framesOf([
    ...packetsOf(sessionOf(ask), PLAIN),
    ...packetsOf(sessionOf(ask, { chunked: true }), { ...PLAIN, v6: true }),
  ]);
  await writeFile(
    file,
    captureFile(frames, { format: 'pcapng', order: 'little', microseconds: false, gzip: false }),
  );
  const count = async (filter: string): Promise<number> =>
    (await wireshark('tshark', ['-r', file, '-d', 'tcp.port==7547,http', '-Y', filter])).split('\n').length -
    1;
  const shown = run(frames).flatMap((event) => (event.is === 'cwmp' ? [event.http.head.kind] : []));
  t.equal(await count('http.request'), shown.filter((kind) => kind === 'request').length);
  t.equal(await count('http.response'), shown.filter((kind) => kind === 'response').length);
  t.equal(await count('_ws.malformed'), 0);
  t.equal(INFORM_RESPONSE.kind, 'response');
});
