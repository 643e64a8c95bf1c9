/** Frames become streams and datagrams, whatever link they were on and whatever was done to their packets. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { CapturedFrame } from '../../../captures/file/frame.ts';
import { LINK_TYPES } from '../../../captures/file/frame.ts';
import type { FlowEvent } from '../../../captures/packet/flow.ts';
import { createFlow } from '../../../captures/packet/flow.ts';
import { addressBytes, PROTOCOLS, readIp, writeIp } from '../../../captures/packet/ip.ts';
import { readLink, writeLink } from '../../../captures/packet/link.ts';
import { createStreams, type Side } from '../../../captures/packet/streams.ts';
import { FLAGS, readTcp, writeTcp } from '../../../captures/packet/tcp.ts';
import { writeUdp } from '../../../captures/packet/udp.ts';
import { framesOf, PLAIN, packetsOf, type Said } from '../../../scripts/captures/packets.ts';
import { captureFile, noTshark, wireshark } from '../../support/capture/capture-files.ts';
import { disturb, disturbance, manner } from '../../support/capture/packet-arbitraries.ts';
import { bytesHeld } from '../../support/process/heap.ts';
import { property } from '../../support/seed.ts';

const run = (frames: readonly CapturedFrame[]): readonly FlowEvent[] => {
  const flow = createFlow();
  return [...frames.flatMap((frame) => [...flow.push(frame)]), ...flow.end()];
};

const heard = (events: readonly FlowEvent[], side: Side): Buffer =>
  Buffer.concat(
    events.map((event) =>
      event.is === 'data' && event.from === side ? Buffer.from(event.bytes) : Buffer.alloc(0),
    ),
  );
const gaps = (events: readonly FlowEvent[]): number[] =>
  events.flatMap((event) => (event.is === 'gap' ? [event.length] : []));
const kinds = (events: readonly FlowEvent[]): string[] => events.map(({ is }) => is);

const bytes = (text: string): Uint8Array => Buffer.from(text);
const spoken = (said: readonly Said[], side: Side): Buffer =>
  Buffer.concat(said.filter(({ from }) => from === side).map(({ bytes }) => bytes));

const conversation = fc.array(
  fc.record(
    {
      from: fc.constantFrom<Side>('client', 'server'),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 600 }),
    },
    { noNullPrototype: true },
  ),
  { minLength: 1, maxLength: 8 },
);

property(
  t,
  'a conversation that is cut, doubled, overlapped and out of order is heard as it was said',
  fc.property(conversation, manner(), disturbance(), (said, how, disturbance) => {
    const events = run(framesOf(disturb(packetsOf(said, how), disturbance)));
    assert.deepEqual(heard(events, 'client'), spoken(said, 'client'));
    assert.deepEqual(heard(events, 'server'), spoken(said, 'server'));
    assert.deepEqual(gaps(events), []);
    assert.equal(kinds(events).filter((is) => is === 'opened').length, 1);
    const closed = events.find((event) => event.is === 'closed');
    assert.equal(closed?.how, how.ending === 'fin' ? 'finished' : 'capture-ended');
  }),
  300,
);

property(
  t,
  'with a handshake nothing is delivered before what it answers',
  fc.property(conversation, manner(), disturbance(), (said, how, disturbance) => {
    const events = run(framesOf(disturb(packetsOf(said, { ...how, handshake: true }), disturbance)));
    const shown = events.flatMap((event) => (event.is === 'data' ? [event] : []));
    const turns = shown
      .filter((event, index) => shown[index - 1]?.from !== event.from)
      .map(({ from }) => from);
    const wanted = said.filter((one, index) => said[index - 1]?.from !== one.from).map(({ from }) => from);
    assert.deepEqual(turns, wanted);
  }),
);

property(
  t,
  'packets that the capture lacks are gaps of their length',
  fc.property(
    conversation,
    manner(),
    fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
    (said, how, lost) => {
      const cuts = how.cuts.map(({ length }) => ({ length, back: 0 }));
      const all = packetsOf(said, { ...how, cuts, handshake: true });
      const gone = new Set(lost.map((at) => 3 + (at % (all.length - 3))));
      const events = run(framesOf(all.filter((_, index) => !gone.has(index))));
      for (const side of ['client', 'server'] as const) {
        const of = events.filter(
          (event) => (event.is === 'data' || event.is === 'gap') && event.from === side,
        );
        let at = 0;
        const whole = spoken(said, side);
        for (const event of of) {
          if (event.is === 'gap') at += event.length;
          if (event.is !== 'data') continue;
          assert.deepEqual(Buffer.from(event.bytes), whole.subarray(at, at + event.bytes.length));
          at += event.bytes.length;
        }
      }
    },
  ),
);

property(
  t,
  'any bytes on any link give events, never a throw',
  fc.property(
    fc.array(
      fc.tuple(fc.constantFrom(...Object.values(LINK_TYPES), 12, 999), fc.uint8Array({ maxLength: 120 })),
    ),
    (frames) => {
      run(
        frames.map(([linkType, bytes]) => ({ time: 0n, linkType, bytes, originalLength: 0, comments: [] })),
      );
    },
  ),
  400,
);

property(
  t,
  'changed bytes in a conversation give events, never a throw, and never twice the length sent',
  fc.property(
    conversation,
    manner(),
    fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(255)), { maxLength: 10 }),
    (said, how, changes) => {
      const packets = packetsOf(said, how);
      for (const [which, at, value] of changes) {
        const packet = packets[which % packets.length];
        if (packet !== undefined) packet[at % packet.length] = value;
      }
      const events = run(framesOf(packets));
      const sent = packets.reduce((sum, { length }) => sum + length, 0);
      assert.ok(heard(events, 'client').length + heard(events, 'server').length <= sent);
    },
  ),
  400,
);

t.test('each link carries a packet there and back, with its VLANs', async (t) => {
  const [v4 = bytes('')] = packetsOf([], PLAIN);
  const [v6 = bytes('')] = packetsOf([], { ...PLAIN, v6: true });
  for (const [name, linkType] of Object.entries(LINK_TYPES)) {
    for (const packet of [v4, v6]) {
      const read = readLink(linkType, writeLink(linkType, packet));
      t.match(read, { is: 'ip', packet }, name);
    }
  }
  const tagged = readLink(LINK_TYPES.ethernet, writeLink(LINK_TYPES.ethernet, v4, [100, 7]));
  t.match(tagged, { is: 'ip', packet: v4, tags: [100, 7] });
  const head = [...Array.from({ length: 12 }, () => 0), 0x88, 0x64, 0x11, 0, 0, 1, 0, v4.length + 2, 0, 0x21];
  t.match(
    readLink(LINK_TYPES.ethernet, Uint8Array.from([...head, ...v4])),
    { is: 'ip', packet: v4 },
    'PPPoE',
  );
  t.match(readLink(LINK_TYPES.ethernet, bytes('\0\0\0\0\0\0\0\0\0\0\0\0\x08\x06...')), { etherType: 0x0806 });
});

t.test('addresses are read and written as RFC 5952 writes them', async (t) => {
  for (const address of [
    '192.0.2.1',
    '::',
    '::1',
    '2001:db8::1',
    'fe80::1:0:0:1',
    '1:2:3:4:5:6:7:8',
    '::ffff:192.0.2.1',
  ]) {
    const source = addressBytes(address) ?? bytes('');
    const packet = readIp(writeIp({ source, destination: source, protocol: 17 }, bytes('x')));
    t.equal(packet?.source, address);
    t.equal(packet?.payload.length, 1);
  }
  for (const wrong of [
    '',
    '1.2.3',
    '256.1.1.1',
    ':::',
    '1::2::3',
    'g::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
  ])
    t.equal(addressBytes(wrong), undefined, wrong);
});

const ends = (v6: boolean) => ({
  source: addressBytes(v6 ? '2001:db8::2' : '192.0.2.2') ?? bytes(''),
  destination: addressBytes(v6 ? '2001:db8::1' : '192.0.2.1') ?? bytes(''),
  sourcePort: 3235,
  destinationPort: 3235,
});

t.test('a datagram in fragments, in any order and overlapping, is put together once', async (t) => {
  for (const v6 of [false, true]) {
    const { source, destination } = ends(v6);
    const whole = readIp(writeUdp(ends(v6), Buffer.alloc(3000, 'abcdefg')))?.payload ?? bytes('');
    const part = (offset: number, length: number): Uint8Array =>
      writeIp(
        {
          source,
          destination,
          protocol: PROTOCOLS.udp,
          id: 9,
          fragment: { offset, more: offset + length < whole.length },
        },
        whole.subarray(offset, offset + length),
      );
    const packets = [part(2000, 1008), part(0, 1480), part(800, 800), part(1480, 520), part(0, 1480)];
    const events = run(framesOf(packets));
    t.match(
      events,
      [{ is: 'datagram', payload: Buffer.alloc(3000, 'abcdefg'), cut: false }],
      `IPv${v6 ? 6 : 4}`,
    );
    t.equal(events.length, 1);
  }
});

t.test('extension headers of IPv6 are stepped over', async (t) => {
  const plain = writeUdp(ends(true), bytes('hello'));
  const payload = plain.subarray(40);
  const headers = [60, 0, 1, 4, 0, 0, 0, 0, 43, 0, 1, 4, 0, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0, 0];
  const packet = Uint8Array.from([...plain.subarray(0, 40), ...headers, ...payload]);
  packet[5] = headers.length + payload.length;
  packet[6] = 0;
  t.match(run(framesOf([packet])), [{ is: 'datagram', payload: bytes('hello') }]);
});

t.test('keep-alives, resets and a port used again are recognised', async (t) => {
  const said: Said[] = [{ from: 'client', bytes: bytes('question') }];
  const packets = packetsOf(said, { ...PLAIN, ending: 'none' });
  const client = { ...ends(false), sourcePort: 50000, destinationPort: 7547 };
  const keepAlive = writeTcp(client, {
    sequence: 1008,
    acknowledgement: 2001,
    flags: 0,
    payload: bytes('\0'),
  });
  const again = packetsOf(said, { ...PLAIN, initial: [90000, 80000], ending: 'reset' });
  const events = run(framesOf([...packets, keepAlive, keepAlive, ...again]));
  t.strictSame(kinds(events), ['opened', 'data', 'closed', 'opened', 'data', 'closed']);
  t.match(events, [
    {},
    {},
    { how: 'replaced' },
    { stream: { number: 2 } },
    {},
    { how: 'reset', by: 'client' },
  ]);
  const refused = packetsOf([], PLAIN).slice(0, 1);
  const server = {
    source: client.destination,
    destination: client.source,
    sourcePort: 7547,
    destinationPort: 50000,
  };
  refused.push(writeTcp(server, { sequence: 0, acknowledgement: 1001, flags: FLAGS.reset }));
  t.match(run(framesOf(refused)), [{ is: 'opened' }, { is: 'closed', how: 'reset', by: 'server' }]);
});

t.test('what the peer acknowledged and the capture lacks is reported before the end', async (t) => {
  const said: Said[] = Array.from({ length: 40 }, () => [
    { from: 'client', bytes: bytes('question') } as const,
    { from: 'server', bytes: bytes('answer') } as const,
  ]).flat();
  const packets = packetsOf(said, { ...PLAIN, ending: 'none' });
  const flow = createFlow();
  const events = framesOf(packets.filter((_, index) => index !== 9)).flatMap((frame) => [
    ...flow.push(frame),
  ]);
  t.strictSame(gaps(events), ['answer'.length]);
  t.equal(events.at(-1)?.is, 'data', 'and the rest is delivered as it comes');
});

t.test('a frame that the capture cut has a gap', async (t) => {
  const packets = packetsOf([{ from: 'client', bytes: Buffer.alloc(500, 'x') }], PLAIN);
  const frames = framesOf(packets).map((frame) => ({ ...frame, bytes: frame.bytes.subarray(0, 154) }));
  const events = run(frames);
  t.equal(heard(events, 'client').length, 100);
  t.strictSame(gaps(events), [400]);
});

t.test('streams that never become whole are held in bounded memory', async (t) => {
  const before = bytesHeld();
  const streams = createStreams();
  let most = 0;
  const payload = new Uint8Array(1400);
  for (let port = 1; port <= 40_000; port += 1) {
    const head = { ...ends(false), sourcePort: port, destinationPort: 80 };
    for (const sequence of [0, 5000, 10_000]) {
      const flags = sequence === 0 ? FLAGS.syn : 0;
      const packet = readIp(
        writeTcp(head, { sequence, flags, payload: sequence === 0 ? new Uint8Array(0) : payload }),
      );
      const segment = packet === undefined ? undefined : readTcp(packet.payload);
      if (packet !== undefined && segment !== undefined) streams.push(packet, segment, BigInt(port));
    }
    if (port % 20_000 === 0) most = Math.max(most, bytesHeld() - before);
  }
  t.ok(most < 110_000_000, `${Math.round(most / 1e6)} MB are held at most`);
  const events = streams.end();
  t.ok(events.length > 0);
});

t.test(
  'Wireshark finds nothing wrong with our packets, and the same streams',
  { skip: noTshark },
  async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-flow-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const said: Said[] = [
      { from: 'client', bytes: Buffer.alloc(4001, 'question') },
      { from: 'server', bytes: Buffer.alloc(3000, 'answer') },
    ];
    const packets = [
      ...packetsOf(said, PLAIN),
      ...packetsOf(said, { ...PLAIN, v6: true, clientPort: 50001 }),
      writeUdp(ends(false), bytes('odd')),
      writeUdp(ends(true), bytes('even')),
    ];
    for (const [name, linkType] of Object.entries(LINK_TYPES)) {
      // One family alone is on the links that are named for it.
      const fitting = packets.filter(
        (packet) => name.startsWith('ipv') === false || name === `ipv${(packet[0] ?? 0) >> 4}`,
      );
      const file = path.join(folder, `${name}.pcapng`);
      const form = { format: 'pcapng', order: 'little', microseconds: false, gzip: false } as const;
      const frames = framesOf(fitting, linkType, linkType === LINK_TYPES.ethernet ? [5, 6] : []);
      await writeFile(file, captureFile(frames, form));
      const check = ['ip.check_checksum', 'tcp.check_checksum', 'udp.check_checksum'].flatMap((name) => [
        '-o',
        `${name}:TRUE`,
      ]);
      const bad =
        '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || tcp.analysis.flags';
      t.equal(await wireshark('tshark', ['-r', file, ...check, '-Y', bad]), '', `${name}: nothing is wrong`);
      const streams = await wireshark('tshark', [
        '-r',
        file,
        '-T',
        'fields',
        '-e',
        'tcp.stream',
        '-Y',
        'tcp',
      ]);
      const events = run(frames);
      const opened = events.filter(({ is }) => is === 'opened').length;
      t.equal(opened, new Set(streams.trim().split('\n')).size, `${name}: as many streams`);
      t.equal(heard(events, 'client').length, opened * 4001, name);
    }
  },
);
