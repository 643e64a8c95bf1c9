import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { anyBytes, byteText, cuts, oneByteChanged } from '../../../fuzz/arbitraries/bytes.ts';
import { tftpOption, tftpPacket } from '../../../fuzz/arbitraries/tftp.ts';
import { blockFrom, wireNumber } from '../../../protocol/tftp/blocks.ts';
import { decodeNetascii, encodeNetascii } from '../../../protocol/tftp/netascii.ts';
import {
  acceptOack,
  grantOptions,
  OPTION_CAPS,
  PLAIN_TERMS,
  requestOptions,
} from '../../../protocol/tftp/options.ts';
import { decodeTftp, encodeTftp } from '../../../protocol/tftp/packet.ts';
import { property } from '../../support/seed.ts';

const plain = (bytes: Uint8Array): number[] => [...bytes];
const ascii = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

t.test('packets stand on the wire as RFC 1350 and RFC 2347 draw them', async (t) => {
  const request = {
    kind: 'read',
    file: 'a',
    mode: 'octet',
    options: [{ name: 'tsize', value: '0' }],
  } as const;
  t.strictSame(plain(encodeTftp(request)), plain(ascii('\0\x01a\0octet\0tsize\x000\0')));
  const data = { kind: 'data', block: 0x0102, data: ascii('xy') } as const;
  t.strictSame(plain(encodeTftp(data)), [0, 3, 1, 2, 120, 121]);
  t.strictSame(plain(encodeTftp({ kind: 'ack', block: 65535 })), [0, 4, 255, 255]);
  t.strictSame(plain(encodeTftp({ kind: 'error', code: 5, text: 'no' })), [0, 5, 0, 5, 110, 111, 0]);
  const options = [{ name: 'blksize', value: '8' }];
  t.strictSame(plain(encodeTftp({ kind: 'oack', options })), plain(ascii('\0\x06blksize\x008\0')));
});

t.test('what is short, unknown or too long is refused with its place', async (t) => {
  t.match(decodeTftp(ascii('\0')), { ok: false, error: { code: 'E_TFTP_SHORT', at: 1 } });
  t.match(decodeTftp(ascii('\0\x09xx')), { ok: false, error: { code: 'E_TFTP_OPCODE' } });
  t.match(decodeTftp(ascii('\0\x01file\0octet')), { ok: false, error: { code: 'E_TFTP_SHORT', at: 12 } });
  t.match(decodeTftp(ascii('\0\x01file\0')), { ok: false, error: { code: 'E_TFTP_SHORT' } });
  t.match(decodeTftp(ascii(`\0\x01${'f'.repeat(510)}\0o\0`)), { ok: false, error: { code: 'E_TFTP_LONG' } });
  t.match(decodeTftp(ascii('\0\x01f\0octet\0blksize\0')), { ok: false, error: { code: 'E_TFTP_SHORT' } });
  t.match(decodeTftp(ascii('\0\x05\0\x01gone')), {
    ok: true,
    value: { kind: 'error', code: 1, text: 'gone' },
  });
});

property(
  t,
  'what is encoded decodes to what it was',
  fc.property(tftpPacket(), (packet) => {
    const decoded = decodeTftp(encodeTftp(packet));
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, packet);
  }),
);

property(
  t,
  'any bytes give a packet or a typed error',
  fc.property(
    fc.oneof(
      anyBytes(),
      tftpPacket().chain((packet) => fc.oneof(cuts(encodeTftp(packet)), oneByteChanged(encodeTftp(packet)))),
    ),
    (bytes) => {
      const decoded = decodeTftp(bytes);
      assert.ok(decoded.ok || decoded.error.code.startsWith('E_TFTP_'));
    },
  ),
  1000,
);

t.test('options are granted as they are, lowered to the caps, or left out', async (t) => {
  const granted = (name: string, value: string) => {
    const result = grantOptions([{ name, value }], OPTION_CAPS, 3_168_382);
    return result.ok ? result.value.answer[0]?.value : result.error;
  };
  t.equal(granted('blksize', '1024'), '1024');
  t.equal(granted('BlkSize', '65464'), '1468', 'no IP fragments');
  t.equal(granted('blksize', '8'), undefined, 'small blocks multiply packets');
  t.equal(granted('timeout', '255'), '255');
  t.equal(granted('timeout', '256'), undefined);
  t.equal(granted('tsize', '0'), '3168382');
  t.equal(granted('windowsize', '100'), '16');
  t.equal(granted('multicast', ''), undefined);
  const strict = grantOptions([{ name: 'blksize', value: 'x' }], { ...OPTION_CAPS, strict: true }, 1);
  t.match(strict, { ok: false, error: { code: 8 } });
  t.match(grantOptions(Array(9).fill({ name: 'a', value: 'b' }), OPTION_CAPS, 1), { ok: false });
  const twice = [1024, 600].map((size) => ({ name: 'blksize', value: String(size) }));
  t.match(grantOptions(twice, OPTION_CAPS, 1), {
    value: { terms: { blksize: 1024 }, answer: { length: 1 } },
  });
});

property(
  t,
  'what a server grants its client accepts, and no more bytes are in flight than the caps allow',
  fc.property(fc.array(tftpOption(), { maxLength: 8 }), fc.nat({ max: 70_000 }), (asked, size) => {
    const caps = { ...OPTION_CAPS, maxBlksize: 65464, maxWindowsize: 65535 };
    const granted = grantOptions(asked, caps, size);
    assert.ok(granted.ok);
    const { terms, answer } = granted.value;
    assert.ok(terms.blksize * terms.windowsize <= caps.maxFlightBytes);
    // Of an option asked for twice a client compares the first, as the server does.
    const accepted = acceptOack(asked, answer);
    assert.ok(accepted.ok, accepted.ok ? '' : accepted.error.text);
    assert.deepEqual(accepted.value, terms);
  }),
  1000,
);

t.test('a client refuses an OACK that says more than it asked for', async (t) => {
  const asked = requestOptions({ blksize: 1024, windowsize: 4, timeoutMs: 2000, tsize: 0 });
  t.strictSame(acceptOack(asked, asked), {
    ok: true,
    value: { blksize: 1024, windowsize: 4, timeoutMs: 2000, tsize: 0 },
  });
  for (const [name, value] of [
    ['blksize', '1025'],
    ['windowsize', '5'],
    ['timeout', '3'],
    ['blksize', 'many'],
    ['multicast', '1'],
  ] as const)
    t.match(acceptOack(asked, [{ name, value }]), { ok: false, error: { code: 8 } }, `${name} ${value}`);
  t.strictSame(requestOptions(PLAIN_TERMS), []);
});

property(
  t,
  'a block is found again by its number, whatever comes after 65535',
  fc.property(
    fc.nat({ max: 200_000 }),
    fc.nat({ max: 30_000 }),
    fc.constantFrom(0 as const, 1 as const),
    (from, ahead, rollover) => {
      assert.equal(blockFrom(from, wireNumber(from + ahead, rollover), rollover), from + ahead);
    },
  ),
  1000,
);

t.test('netascii: lines end with CR LF and a bare CR is CR NUL on the wire', async (t) => {
  t.strictSame(plain(encodeNetascii(ascii('a\nb\rc'))), plain(ascii('a\r\nb\r\0c')));
  t.strictSame(plain(decodeNetascii(ascii('a\rb\r'), false, true).bytes), plain(ascii('a\rb\r')), 'lenient');
});

property(
  t,
  'netascii gives the bytes back wherever the pieces are cut',
  fc.property(
    fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      byteText(60).map(ascii),
      fc.array(fc.constantFrom(0, 10, 13, 65)).map((b) => Uint8Array.from(b)),
    ),
    fc.array(fc.nat({ max: 120 }), { maxLength: 5 }),
    (bytes, places) => {
      const wire = encodeNetascii(bytes);
      const ends = [...places.map((at) => Math.min(at, wire.length)), wire.length].sort((a, b) => a - b);
      const out: number[] = [];
      let [pending, from] = [false, 0];
      ends.forEach((end, index) => {
        const piece = decodeNetascii(wire.subarray(from, end), pending, index === ends.length - 1);
        out.push(...piece.bytes);
        [pending, from] = [piece.pending, end];
      });
      assert.deepEqual(out, [...bytes]);
    },
  ),
  500,
);
