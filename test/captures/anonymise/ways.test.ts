/** Whatever way a secret took, it is gone: in fragments, pieces, packed, in frames that are no IP. */
import assert from 'node:assert/strict';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import { anonymise } from '../../../captures/anonymise/anonymise.ts';
import { anonymisedFile } from '../../../captures/anonymise/file.ts';
import { packTo } from '../../../captures/anonymise/pack.ts';
import { createConversation } from '../../../captures/conversation/conversation.ts';
import type { CapturedFrame } from '../../../captures/file/frame.ts';
import { LINK_TYPES } from '../../../captures/file/frame.ts';
import { addressBytes, PROTOCOLS, readIp, writeIp } from '../../../captures/packet/ip.ts';
import { readLink, writeLink } from '../../../captures/packet/link.ts';
import { FLAGS, writeTcp } from '../../../captures/packet/tcp.ts';
import { writeUdp } from '../../../captures/packet/udp.ts';
import { createStory } from '../../../captures/story/story.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import { latin1Bytes } from '../../../protocol/latin1.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import { envelopeOf, INFORM } from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, packetsOf } from '../../../scripts/captures/packets.ts';
import { readAll } from '../../support/capture/capture-files.ts';
import { property } from '../../support/seed.ts';

const SERIAL = 'CP0644JTSGR';

const ends = (source: string, sourcePort: number, destination: string, destinationPort: number) => ({
  source: addressBytes(source) ?? new Uint8Array(4),
  sourcePort,
  destination: addressBytes(destination) ?? new Uint8Array(4),
  destinationPort,
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function anonymised(frames: readonly CapturedFrame[]) {
  const { frames: others, report } = await anonymise(() => each(frames), Buffer.from('key'));
  const done: CapturedFrame[] = [];
  for await (const frame of others) done.push(frame);
  return { frames: done, report, text: textOf(done) };
}

const textOf = (frames: readonly CapturedFrame[]): string =>
  Buffer.concat(frames.map(({ bytes }) => bytes)).toString('latin1');

const saidIn = (frames: readonly CapturedFrame[]) => {
  const conversation = createConversation();
  return [...frames.flatMap((frame) => [...conversation.push(frame)]), ...conversation.end()];
};

/** Cuts an IPv4 packet into fragments of this many bytes. */
function fragmentsOf(packet: Uint8Array, size: number, id: number): readonly Uint8Array[] {
  const payload = packet.subarray(20);
  const head = {
    source: packet.slice(12, 16),
    destination: packet.slice(16, 20),
    protocol: packet[9] ?? 0,
    id,
  };
  const parts: Uint8Array[] = [];
  for (let offset = 0; offset < payload.length; offset += size) {
    const more = offset + size < payload.length;
    parts.push(writeIp({ ...head, fragment: { offset, more } }, payload.subarray(offset, offset + size)));
  }
  return parts;
}

const reply = (number: number, body: string): Uint8Array =>
  encodeMessage({
    kind: 'REPLY-EXEC-CLI',
    version: '1.2',
    antId: '0644JTSGR',
    toHost: '10.0.0.17:3235',
    extra: [],
    seq: { is: 'step', number },
    body,
    doubleCheck: false,
  });
const ANT = ends('10.0.0.138', 3235, '224.0.0.103', 3235);

const OUTPUT =
  'ppp ifconfig intf=Internet user=anna.b@isp password=geheim-4711x\r\nuser add name=anna password=noch1Geheim\r\n';

property(
  t,
  'an output of MDAP has no secret, wherever it is cut into pieces, also in IP fragments, and its check values are right',
  fc.asyncProperty(
    fc.array(fc.integer({ min: 3, max: 40 }), { minLength: 1, maxLength: 5 }),
    fc.boolean(),
    fc.boolean(),
    async (lengths, twice, fragmented) => {
      const pieces: string[] = [];
      for (let at = 0; at < OUTPUT.length; ) {
        const length = lengths[pieces.length % lengths.length] ?? 40;
        pieces.push(OUTPUT.slice(at, at + length));
        at += length;
      }
      const datagrams = pieces.flatMap((piece, index) => {
        const one = reply(index + 1, piece);
        return twice ? [one, one] : [one];
      });
      const packets = datagrams.flatMap((bytes, index) => {
        const packet = writeUdp(ANT, bytes, index);
        return fragmented ? fragmentsOf(packet, 48, index).toReversed() : [packet];
      });
      const { frames } = await anonymised(framesOf(packets));
      const shown = saidIn(frames).flatMap((event) => (event.is === 'mdap' ? [event.read] : []));
      assert.equal(shown.length, datagrams.length);
      const bodies = shown.map((read) => {
        assert.ok(read.ok);
        assert.deepEqual(read.value.odd, []);
        return 'body' in read.value.message ? (read.value.message.body ?? '') : '';
      });
      const output = bodies.filter((_, index) => !twice || index % 2 === 0).join('');
      assert.equal(output.length, OUTPUT.length);
      for (const secret of ['anna', 'geheim', '4711', 'noch1', 'Geheim', 'b@isp'])
        assert.ok(!output.includes(secret), `${secret} in ${output}`);
      assert.match(
        output,
        /^ppp ifconfig intf=Internet user=\w{4}\.\w@\w{3} password=\w{6}-\w{5}\r\nuser add name=/,
      );
    },
  ),
  60,
);

t.test('what command lines put out is understood: tables, labels, assignments', async (t) => {
  const output = [
    'User               Flags Role',
    '----               ----- ----',
    'anna b              U    Administrator',
    'tom                 R    TechnicalSupport',
    '',
    'MAC-address       IP-address      Flags   Hostname',
    '---------------------------------------------------',
    '00:16:6f:3c:77:11 192.168.1.64    CDL     toms-pc',
    '',
    'Network name (SSID)      : Villa Kunterbunt',
    '_PROD_SERIAL_NBR=CP0703KT0A0',
    'set var=CWMPUSER value="cwmp,Benutzer 9"',
    'wireless secmode wpa-psk presharedkey=ab,cd;ef"12',
    'Flash image : 6.2.17.5.0',
    'Release : 6.2.17.5',
    'KT0A0 stays, CP0703KT0A0 does not; tom neither',
  ].join('\r\n');
  const { frames } = await anonymised(framesOf([writeUdp(ANT, reply(1, output))]));
  const [shown] = saidIn(frames).flatMap((event) =>
    event.is === 'mdap' && event.read.ok && 'body' in event.read.value.message
      ? [event.read.value.message.body]
      : [],
  );
  t.equal(shown?.length, output.length);
  for (const secret of [
    'anna',
    'toms-pc',
    '77:11',
    '192.168.1.64',
    'Villa',
    'Kunterbunt',
    'CP0703KT0A0',
    'Benutzer',
    'cd;ef',
  ])
    t.notOk(shown?.includes(secret), secret);
  for (const kept of [
    'Flags Role',
    'Administrator',
    'U ',
    'CDL',
    '00:16:6f:',
    'Flash image : 6.2.17.5.0',
    'Release : 6.2.17.5\r',
    'KT0A0 stays',
  ])
    t.ok(shown?.includes(kept), `${kept} stays`);
  t.notMatch(shown, /\ntom /, 'a short name goes where it is one');
  t.match(shown, 'tom neither', 'and only there');
});

t.test('a TCP segment in IP fragments is as clean, and a fragment without the others is blank', async (t) => {
  const packets = packetsOf([
    {
      from: 'client',
      bytes: Buffer.from(
        `POST /cwmp HTTP/1.1\r\nHost: acs\r\nContent-Length: 0\r\nX-Serial-Number: ${SERIAL}\r\n\r\n`,
      ),
    },
  ]);
  const cut = packets.flatMap((packet, index) =>
    packet.length > 80 ? fragmentsOf(packet, 24, index) : [packet],
  );
  const { frames, text } = await anonymised(framesOf(cut));
  t.notMatch(text, SERIAL);
  t.match(
    saidIn(frames).filter(({ is }) => is === 'http'),
    [{ head: { kind: 'request' } }],
  );
  const lost = await anonymised(framesOf(cut.toSpliced(3, 1)));
  t.notMatch(lost.text, /CP064|JTSGR/);
  t.ok(lost.report.blanked.some(({ what }) => what === 'fragments of packets that are not whole'));
});

const body = Buffer.from(encode(envelopeOf(INFORM)));

for (const [encoding, pack, unpack] of [
  ['gzip', gzipSync, gunzipSync],
  ['deflate', deflateSync, inflateSync],
] as const)
  t.test(`a body that ${encoding} packs is packed again to the same length`, async (t) => {
    const packed = pack(body, { level: 3 });
    const head = `POST /cwmp HTTP/1.1\r\nHost: acs\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${packed.length}\r\n\r\n`;
    const frames = framesOf(
      packetsOf([{ from: 'client', bytes: Buffer.concat([Buffer.from(head), packed]) }]),
    );
    const done = await anonymised(frames);
    const shown = saidIn(done.frames).flatMap((event) => (event.is === 'cwmp' ? [event] : []));
    t.match(shown, [{ content: { is: 'message' }, http: { oddities: [], bodyLength: packed.length } }]);
    t.notMatch(shown[0]?.session.device, SERIAL);
    t.match(shown[0]?.session.device, /^00147F-SpeedTouch%20780-[A-Z]{2}\d{4}[A-Z]{5}$/);
    for (const room of [0, 1, 5, 6, 11, 20, 21, 300]) {
      const padded = packTo(body, encoding, pack(body, { level: 9 }).length + room);
      if (padded === undefined)
        t.equal(encoding === 'deflate' && room === 1, true, `${room} more is not possible`);
      else t.equal(unpack(padded).toString(), body.toString(), `${room} bytes more`);
    }
    t.equal(packTo(body, encoding, 40), undefined, 'what does not fit is not packed');
    t.equal(packTo(body, 'br', 4000), undefined);
  });

t.test('a configuration in XML is no envelope: what its attributes mean nobody knows', async (t) => {
  const config = `<?xml version="1.0"?>\n<config serial="${SERIAL}"><user name="anna" pwd="geheim1"/></config>`;
  const plain = Buffer.from(config);
  const packed = gzipSync(plain, { level: 1 });
  const put = (bytes: Uint8Array, lines = ''): { from: 'client'; bytes: Buffer } => ({
    from: 'client',
    bytes: Buffer.concat([
      Buffer.from(`PUT /c.xml HTTP/1.1\r\n${lines}Content-Length: ${bytes.length}\r\n\r\n`),
      bytes,
    ]),
  });
  const said = [put(plain), put(packed, 'Content-Encoding: gzip\r\n')];
  const { frames, text } = await anonymised(framesOf(packetsOf(said)));
  t.notMatch(text, /CP0644JTSGR|anna|geheim1/);
  const masked =
    '<?xxx xxxxxxx="0.0"?>\n<xxxxxx xxxxxx="XX0000XXXXX"><xxxx xxxx="xxxx" xxx="xxxxxx0"/></xxxxxx>';
  t.match(
    saidIn(frames).flatMap((event) =>
      event.is === 'http' ? [[Buffer.from(event.body).toString(), event.oddities]] : [],
    ),
    [
      [masked, []],
      [masked, []],
    ],
  );
});

t.test('bodies that are not SOAP are masked, and so are bytes that are not HTTP', async (t) => {
  const config = 'admin:secret=Ab1\r\nhost ö';
  const said = [
    {
      from: 'client',
      bytes: Buffer.from(
        `PUT /user.ini HTTP/1.1\r\nContent-Length: ${Buffer.byteLength(config)}\r\n\r\n${config}`,
      ),
    },
    { from: 'server', bytes: Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\0\x01\x02') },
    { from: 'server', bytes: Buffer.from('login: anna\r\n') },
  ] as const;
  const { frames, report, text } = await anonymised(framesOf(packetsOf(said)));
  t.notMatch(text, /admin|Ab1|anna|\u00c3\u00b6/);
  const bodies = saidIn(frames).flatMap((event) =>
    event.is === 'http' ? [Buffer.from(event.body).toString()] : [],
  );
  t.strictSame(bodies, ['xxxxx:xxxxxx=Xx0\r\nxxxx xx', '\0\0\0']);
  t.match(report.blanked, [
    { what: 'HTTP bodies that are not SOAP', places: 2 },
    { what: 'bytes of TCP that are no HTTP' },
  ]);
});

/** A record of a TLS handshake: a ClientHello that names its server. */
function hello(name: string): Uint8Array {
  const server = Buffer.from(name);
  const names = Buffer.concat([Buffer.from([0, server.length + 3, 0, 0, server.length]), server]);
  const extension = Buffer.concat([Buffer.from([0, 0, 0, names.length]), names]);
  const content = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0, 0, 2, 0x13, 1, 1, 0, 0, extension.length]),
    extension,
  ]);
  return Buffer.concat([Buffer.from([22, 3, 1, 0, content.length + 4, 1, 0, 0, content.length]), content]);
}

t.test('of TLS the first message and the heads of records are left', async (t) => {
  const record = Buffer.concat([Buffer.from([23, 3, 3, 0, 11]), Buffer.from('cipher text')]);
  const said = [
    { from: 'client', bytes: hello('acs.some-isp.net') },
    { from: 'server', bytes: record },
    { from: 'client', bytes: Buffer.concat([record, record.subarray(0, 9)]) },
  ] as const;
  const storyOf = (frames: readonly CapturedFrame[]) => {
    const story = createStory();
    return [...frames.flatMap((frame) => [...story.push(frame)]), ...story.end()];
  };
  const { frames, text } = await anonymised(framesOf(packetsOf(said)));
  t.notMatch(text, /cipher|some-isp/);
  t.match(text, /\x17\x03\x03\x00\x0b\0{11}/);
  const [shown] = storyOf(frames);
  t.match(shown, { protocol: 'TLS', what: 'TLS 1.2', telling: /^encrypted, to \w{3}\.\w{4}-\w{3}\.net: / });
  const cut = await anonymised(
    framesOf(packetsOf([{ from: 'client', bytes: hello('acs.some-isp.net').slice(0, -2) }])),
  );
  t.notMatch(cut.text, /some-isp/, 'of one that is not whole nothing is left');
});

const frame = (bytes: Uint8Array, linkType: number = LINK_TYPES.ethernet): CapturedFrame => ({
  time: 1_700_000_000_000_000_000n,
  linkType,
  bytes,
  originalLength: bytes.length,
  comments: [],
});

t.test('ARP has other addresses, the same as elsewhere; what else is no IP is blank', async (t) => {
  const mac = [0x00, 0x14, 0x7f, 1, 2, 3];
  const arp = Buffer.concat([
    Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, ...mac, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, ...mac]),
    Buffer.from([10, 0, 0, 138, 0, 0, 0, 0, 0, 0, 10, 0, 0, 17]),
    Buffer.from('old memory'),
  ]);
  const lldp = Buffer.concat([
    Buffer.from([1, 0x80, 0xc2, 0, 0, 0x0e, ...mac, 0x88, 0xcc]),
    Buffer.from('switch of Anna'),
  ]);
  const udp = writeLink(
    LINK_TYPES.ethernet,
    writeUdp(ends('10.0.0.138', 9, '10.0.0.17', 9), Buffer.from('secret')),
  );
  const odd = [
    frame(arp),
    frame(lldp),
    frame(udp),
    frame(Buffer.from('unknown link'), 147),
    frame(Buffer.from([1, 2, 3])),
  ];
  const { frames, report } = await anonymised(odd);
  const [first, second, third, fourth] = frames.map(({ bytes }) => Buffer.from(bytes));
  t.equal(first?.toString('hex', 0, 9), 'ffffffffffff00147f', 'broadcast and vendor stay');
  t.not(first?.toString('hex', 9, 12), '010203');
  t.equal(first?.toString('hex', 6, 12), first?.toString('hex', 22, 28), 'one address is one other');
  t.equal(first?.toString('hex', 6, 12), second?.toString('hex', 6, 12));
  t.equal(first?.toString('hex', 42), '0'.repeat(20));
  t.equal(second?.toString('hex', 14), '0'.repeat(28));
  const link = readLink(LINK_TYPES.ethernet, third ?? Buffer.alloc(0));
  const packet = link.is === 'ip' ? readIp(link.packet) : undefined;
  t.equal(packet?.source, [...(first?.subarray(28, 32) ?? [])].join('.'));
  t.equal(packet?.destination, [...(first?.subarray(38, 42) ?? [])].join('.'));
  t.strictSame([...(packet?.payload.subarray(8) ?? [])], [0, 0, 0, 0, 0, 0], 'an unknown protocol is blank');
  t.equal(
    fourth?.every((byte) => byte === 0),
    true,
  );
  t.match(report.blanked.map(({ what }) => what).sort(), [
    'UDP that is not understood',
    'frames that are no IP',
    'frames that cannot be read',
  ]);
});

t.test('a checksum that was wrong is still wrong, and as wrong', async (t) => {
  const right = writeUdp(
    ANT,
    encodeMessage({
      kind: 'ANT-SEARCH',
      version: '1.2',
      extra: [{ key: 'X', value: '10.0.0.138' }],
      body: undefined,
    }),
  );
  const wrong = Uint8Array.from(right);
  wrong.set([((wrong[26] ?? 0) + 1) & 0xff], 26);
  const { frames } = await anonymised(framesOf([right, wrong], LINK_TYPES.raw));
  const [good, bad] = frames.map(({ bytes }) => bytes);
  t.equal(((bad?.[26] ?? 0) - (good?.[26] ?? 0)) & 0xff, 1);
  t.strictSame(good?.subarray(0, 26), bad?.subarray(0, 26));
  t.notMatch(textOf(frames), '10.0.0.138');
});

t.test('what is sent again with other bytes, or after the end, hides nothing', async (t) => {
  const link = ends('192.0.2.2', 50_000, '192.0.2.1', 7547);
  const segment = (sequence: number, flags: number, text: string): Uint8Array =>
    writeTcp(link, { sequence, acknowledgement: 1, flags, payload: latin1Bytes(text) });
  const head = `POST / HTTP/1.1\r\nX-Serial-Number: ${SERIAL}\r\n\r\n`;
  const { text } = await anonymised(
    framesOf([
      segment(99, FLAGS.syn, ''),
      segment(100, FLAGS.push, head),
      segment(100, FLAGS.push, `GET /${SERIAL} H${'.'.repeat(9)}${SERIAL}`),
      segment(100 + head.length, FLAGS.reset, `because of ${SERIAL}`),
      segment(5000, FLAGS.push, `later: ${SERIAL} and annas-password`),
    ]),
  );
  t.notMatch(text, SERIAL);
  t.notMatch(text, /because|annas/);
});

t.test('protocols over IP that are not understood are blank', async (t) => {
  const head = { source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) };
  const { report, text } = await anonymised(
    framesOf([
      writeIp({ ...head, protocol: 50 }, Buffer.from('encapsulated')),
      writeIp({ ...head, protocol: 1 }, Buffer.from('\x08\0\0\0\0\0\0\0ping of Anna')),
      writeIp({ ...head, protocol: PROTOCOLS.tcp }, Buffer.from('short')),
    ]),
  );
  t.notMatch(text, /encapsulated|Anna|short/);
  t.equal(report.blanked.length, 3);
});

t.test('a number that is a secret and a length stays as the length', async (t) => {
  const phone = '123456';
  const head = `POST /cwmp HTTP/1.1\r\nX-Phone-Number: ${phone}\r\nX-Other: ${phone}\r\nContent-Length: ${phone}\r\n\r\n`;
  const said = {
    from: 'client',
    bytes: Buffer.concat([Buffer.from(head), Buffer.alloc(123_456, 0x20)]),
  } as const;
  const { frames } = await anonymised(framesOf(packetsOf([said])));
  const [shown] = saidIn(frames).flatMap((event) =>
    event.is === 'http' || event.is === 'cwmp' ? [event] : [],
  );
  const http = shown?.is === 'cwmp' ? shown.http : shown;
  t.equal(http?.bodyLength, 123_456);
  t.strictSame(http?.oddities, []);
  t.match(http?.headText, /^POST \/cwmp HTTP\/1\.1\r\nX-Phone-Number: (?!123456)(\d{6})\r\nX-Other: \1\r\n/);
});

t.test('frames of several links are in one pcapng file, with their comments', async (t) => {
  const [one] = packetsOf([]);
  if (one === undefined) throw new Error('a packet is wanted');
  const comment = `of ${SERIAL}, user=anna.b`;
  const odd = [LINK_TYPES.ethernet, LINK_TYPES.raw, LINK_TYPES.ethernet].map((linkType) => ({
    ...frame(writeLink(linkType, one), linkType),
    comments: [comment, 'Serial Number: CP0644JTSGR'],
  }));
  const done = await anonymise(() => each(odd), Buffer.from('key'));
  const parts: Uint8Array[] = [];
  for await (const part of anonymisedFile(done.frames, { format: 'pcapng', microseconds: done.microseconds }))
    parts.push(part);
  const { fault, frames } = await readAll(Buffer.concat(parts));
  t.equal(fault, undefined);
  t.strictSame(
    frames.map(({ linkType }) => linkType),
    odd.map(({ linkType }) => linkType),
  );
  const comments = frames.flatMap(({ comments }) => comments);
  t.equal(comments.length, 6);
  t.match(comments, [/^of \w{11}, user=\w{4}\.\w$/]);
  t.notMatch(comments.join('\n'), /CP0644JTSGR|anna/);
});
