/**
 * Capture files: what is written is read again, by us and by Wireshark, and nothing in a file makes the
 * readers throw.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { constants, createGzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import t from 'tap';
import type { CapturedFrame } from '../../../captures/file/frame.ts';
import { LINK_TYPES, SECOND } from '../../../captures/file/frame.ts';
import { openCaptureFile, readCapture } from '../../../captures/file/open.ts';
import { pcapHeader, pcapRecord } from '../../../captures/file/pcap-write.ts';
import {
  pcapngInterface,
  pcapngOther,
  pcapngPacket,
  pcapngSection,
} from '../../../captures/file/pcapng-write.ts';
import {
  captureFile,
  fileForm,
  noTshark,
  pieces,
  readAll,
  wireshark,
} from '../../support/capture/capture-files.ts';
import { bytesHeld } from '../../support/process/heap.ts';
import { property } from '../../support/seed.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-captures-'));
t.teardown(() => rm(folder, { recursive: true, force: true }));

const frame = (change: Partial<CapturedFrame> = {}): CapturedFrame => ({
  time: 1_700_000_000_123_456_789n,
  linkType: LINK_TYPES.ethernet,
  bytes: Uint8Array.from({ length: 60 }, (_, index) => index),
  originalLength: 60,
  comments: [],
  ...change,
});

const anyFrames = fc.array(
  fc.record(
    {
      time: fc.bigInt({ min: 0n, max: 4_294_967_295_999_999_999n }),
      bytes: fc.uint8Array({ maxLength: 200 }),
      more: fc.nat(2000),
      comments: fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 2 }),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 12 },
);
const lengths = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

property(
  t,
  'frames come back as they were written, whatever the format and wherever the file is cut into chunks',
  fc.asyncProperty(anyFrames, fileForm(), lengths, async (made, form, lengths) => {
    const frames = made.map(({ more, ...rest }) =>
      frame({ ...rest, originalLength: rest.bytes.length + more }),
    );
    const read = await readAll(captureFile(frames, form), lengths);
    assert.equal(read.fault, undefined);
    assert.deepEqual(
      read.frames,
      frames.map(({ comments, time, ...rest }) => ({
        ...rest,
        time: form.microseconds ? time - (time % 1000n) : time,
        comments: form.format === 'pcap' ? [] : comments,
      })),
    );
  }),
);

/** Bytes that one byte can stand for at most (zlib's technical details). */
const DEFLATE = 1032;

property(
  t,
  'a changed, dropped or cut byte gives frames and perhaps a fault, never a throw',
  fc.asyncProperty(
    fileForm(),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(),
    lengths,
    async (form, changes, cut, lengths) => {
      const frames = Array.from({ length: 6 }, (_, index) => frame({ time: BigInt(index), comments: ['a'] }));
      const whole = captureFile(frames, form);
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      const read = await readAll(bytes.subarray(0, cut % (bytes.length + 1)), lengths);
      // Bytes that are unpacked from others than were packed may be anything, but not more than those can
      // hold.
      const most = form.gzip ? whole.length * DEFLATE : whole.length;
      assert.ok(read.frames.length <= most / 16 + 6);
    },
  ),
  400,
);

property(
  t,
  'any bytes behind a header of the format give no throw',
  fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fileForm(), lengths, async (noise, form, lengths) => {
    const header = captureFile([], { ...form, gzip: false });
    await readAll(Buffer.concat([header, noise]), lengths);
    await readAll(noise, lengths);
  }),
);

t.test('a truncated file is reported, with the place, and what comes before is read', async (t) => {
  for (const format of ['pcap', 'pcapng'] as const) {
    for (const gzip of [false, true]) {
      const frames = [frame(), frame({ bytes: randomBytes(500), originalLength: 500 })];
      const whole = captureFile(frames, { format, order: 'little', microseconds: false, gzip });
      const read = await readAll(whole.subarray(0, whole.length - (gzip ? 99 : 3)));
      t.equal(read.fault, 'E_CAPTURE_CUT', `${format} ${gzip}`);
      t.equal(read.frames.length >= 1, true, `${format} ${gzip}: the first frame`);
    }
  }
  const whole = captureFile([frame()], { format: 'pcap', order: 'big', microseconds: true, gzip: false });
  const capture = readCapture(pieces(whole.subarray(0, 50), [7]));
  for await (const _ of capture.frames) t.fail('no frame is whole');
  t.match(capture, { format: 'pcap', bytesRead: 50, fault: { code: 'E_CAPTURE_CUT', at: 50 } });
});

t.test(
  'a gzip file that is cut anywhere is reported, also after a whole record, and all its contents are read',
  async (t) => {
    const frames = [0, 1, 2, 3].map((at) =>
      frame({ time: BigInt(at) * SECOND, bytes: randomBytes(60), originalLength: 60 }),
    );
    const form = { format: 'pcap', order: 'little', microseconds: false, gzip: false } as const;
    const packer = createGzip();
    const packed: Uint8Array[] = [];
    packer.on('data', (piece: Uint8Array) => packed.push(piece));
    const pack = async (bytes: Uint8Array): Promise<number> => {
      packer.write(bytes);
      await new Promise<void>((resolve) => packer.flush(constants.Z_SYNC_FLUSH, resolve));
      return Buffer.concat(packed).length;
    };
    /** Where the records end. */
    const ends: number[] = [];
    ends.push(await pack(pcapHeader(1, form)));
    for (const each of frames) ends.push(await pack(pcapRecord(each, form)));
    packer.end();
    await once(packer, 'end');
    const whole = Buffer.concat(packed);
    for (let cut = 0; cut < whole.length; cut += 1) {
      const read = await readAll(whole.subarray(0, cut), [1 + (cut % 40), 7]);
      const held = ends.filter((end) => end <= cut).length - 1;
      if (read.fault !== 'E_CAPTURE_CUT' || read.frames.length < held)
        t.match({ cut, ...read }, { fault: 'E_CAPTURE_CUT' });
    }
    for (const end of ends.slice(1)) {
      const read = await readAll(whole.subarray(0, end));
      t.match(read, { fault: 'E_CAPTURE_CUT', frames: { length: ends.indexOf(end) } });
    }
    const members = [captureFile(frames, { ...form, gzip: true }), gzipSync(pcapRecord(frame(), form))];
    for (const more of [Buffer.alloc(0), Buffer.alloc(512)])
      t.match(await readAll(Buffer.concat([...members, more]), [100]), {
        fault: undefined,
        frames: { length: 5 },
      });
  },
);

t.test('an absurd length is refused at its place', async (t) => {
  const record = pcapRecord(frame(), {});
  new DataView(record.buffer).setUint32(8, 0x7fffffff, true);
  const pcap = await readAll(Buffer.concat([pcapHeader(1), pcapRecord(frame()), record]));
  t.match(pcap, { fault: 'E_CAPTURE_DAMAGED', frames: { length: 1 } });
  const long = pcapngOther(0xbad, new Uint8Array(8));
  new DataView(long.buffer).setUint32(4, 0x7ffffffc, true);
  const head = [pcapngSection(), pcapngInterface({ linkType: 1 })];
  const pcapng = await readAll(Buffer.concat([...head, pcapngPacket(frame()), long]));
  t.match(pcapng, { fault: 'E_CAPTURE_DAMAGED', frames: { length: 1 } });
  const unknown = await readAll(Buffer.concat([...head, pcapngPacket(frame(), { interface: 3 })]));
  t.equal(unknown.fault, 'E_CAPTURE_DAMAGED', 'an interface that is not described');
});

t.test('what is not a capture is distinguished from a truncated one', async (t) => {
  t.equal((await readAll(Buffer.from('POST / HTTP/1.1\r\n'))).fault, 'E_CAPTURE_FORMAT');
  t.equal((await readAll(gzipSync('POST / HTTP/1.1\r\n'))).fault, 'E_CAPTURE_FORMAT');
  t.equal((await readAll(new Uint8Array(0))).fault, 'E_CAPTURE_CUT');
  t.equal((await readAll(Uint8Array.of(0xa1, 0xb2, 0xc3), [1])).fault, 'E_CAPTURE_CUT');
  const missing = openCaptureFile(path.join(folder, 'no-such-file'));
  await t.rejects(
    (async () => {
      for await (const _ of missing.frames) t.fail('no frame');
    })(),
    { code: 'ENOENT' },
  );
});

t.test('sections of either byte order follow each other, each with its own interfaces', async (t) => {
  const parts = (['little', 'big', 'little'] as const).flatMap((order, index) => [
    pcapngSection({ order, comments: ['a section'] }),
    pcapngInterface({ linkType: index, order, resolution: 0x80 + 30 }),
    pcapngInterface({ linkType: 100 + index, order, resolution: 3 }),
    pcapngOther(0xbad, new Uint8Array(16), order),
    pcapngPacket(frame({ time: 5_000_000_000n }), { order, interface: 0, resolution: 0x80 + 30 }),
    pcapngPacket(frame({ time: 5_001_000_000n }), { order, interface: 1, resolution: 3 }),
    pcapngPacket(frame(), { order, kind: 'simple' }),
  ]);
  const { frames, fault } = await readAll(Buffer.concat(parts), [11]);
  t.equal(fault, undefined);
  t.strictSame(
    frames.map(({ linkType }) => linkType),
    [0, 100, 0, 1, 101, 1, 2, 102, 2],
  );
  t.strictSame(
    frames.map(({ time }) => time),
    [0, 1, 2].flatMap(() => [5_000_000_000n, 5_001_000_000n, 5_001_000_000n]),
    'a simple packet has the time of the one before',
  );
});

t.test('a frame is yielded before the next byte is there', async (t) => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const live = async function* (): AsyncGenerator<Uint8Array> {
    yield pcapHeader(1);
    yield pcapRecord(frame());
    await held;
    yield pcapRecord(frame());
  };
  const iterator = readCapture(live()).frames[Symbol.asyncIterator]();
  t.equal((await iterator.next()).done, false);
  release();
  t.equal((await iterator.next()).done, false);
  t.equal((await iterator.next()).done, true);
});

t.test('200 MB pass through in bounded memory', async (t) => {
  const record = Buffer.concat(
    Array.from({ length: 700 }, () =>
      pcapRecord(frame({ bytes: new Uint8Array(1400), originalLength: 1400 })),
    ),
  );
  const live = async function* (): AsyncGenerator<Uint8Array> {
    yield pcapHeader(1);
    for (let sent = 0; sent < 200_000_000; sent += record.length) yield record;
  };
  const before = bytesHeld();
  let most = 0;
  let count = 0;
  const capture = readCapture(live());
  for await (const _ of capture.frames) {
    count += 1;
    if (count % 40_000 === 0) most = Math.max(most, bytesHeld() - before);
  }
  t.ok(capture.bytesRead >= 200_000_000);
  t.equal(count, (capture.bytesRead - 24) / 1416);
  t.ok(most < 16_000_000, `${Math.round(most / 1e6)} MB more were held at most`);
});

t.test('Wireshark reads what is written', { skip: noTshark }, async (t) => {
  const frames = [frame({ comments: ['first'] }), frame({ time: 1_700_000_001_000_000_000n })];
  for (const format of ['pcap', 'pcapng', 'obsolete'] as const) {
    for (const order of ['little', 'big'] as const) {
      const file = path.join(folder, `${format}-${order}.pcap`);
      await writeFile(
        file,
        captureFile(frames, { format, order, microseconds: false, gzip: format === 'pcap' }),
      );
      const shown = await wireshark('tshark', [
        '-r',
        file,
        '-T',
        'fields',
        '-e',
        'frame.time_epoch',
        '-e',
        'frame.len',
      ]);
      t.equal(shown, '1700000000.123456789\t60\n1700000001.000000000\t60\n', `${format} ${order}`);
    }
  }
});

t.test('what Wireshark writes is read', { skip: noTshark }, async (t) => {
  const source = path.join(folder, 'source.pcapng');
  const form = { format: 'pcapng', order: 'little', microseconds: false, gzip: false } as const;
  await writeFile(source, captureFile([frame(), frame({ time: 1_700_000_001_000_000_000n })], form));
  const expected = (await readAll(await readFile(source))).frames.map(({ bytes, time }) => ({ bytes, time }));
  for (const format of ['pcap', 'nsecpcap', 'pcapng']) {
    const file = path.join(folder, `editcap.${format}`);
    await wireshark('editcap', ['-F', format, source, file]);
    const { frames, fault } = await readAll(await readFile(file));
    t.equal(fault, undefined);
    t.strictSame(
      frames.map(({ bytes, time }) => ({ bytes, time })),
      expected.map(({ bytes, time }) => ({ bytes, time: format === 'pcap' ? time - (time % 1000n) : time })),
      format,
    );
  }
  const merged = path.join(folder, 'merged.pcapng');
  await wireshark('mergecap', ['-w', merged, source, path.join(folder, 'editcap.pcap')]);
  t.equal((await readAll(await readFile(merged))).frames.length, 4, 'several interfaces');
  const hex = path.join(folder, 'hex.txt');
  await writeFile(hex, '0000 47 45 54 20 2f\n');
  const made = path.join(folder, 'hex.pcap');
  await wireshark('text2pcap', ['-q', '-T', '50000,80', hex, made]);
  const read = await readAll(await readFile(made));
  t.match(read, { fault: undefined, frames: [{ linkType: LINK_TYPES.ethernet, originalLength: 60 }] });
});
