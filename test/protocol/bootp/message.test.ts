import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { bootpMessage, bootpOption, macAddress, stOptions } from '../../../fuzz/arbitraries/bootp.ts';
import { anyBytes, cuts, oneByteChanged } from '../../../fuzz/arbitraries/bytes.ts';
import { decodeBootp, encodeBootp, fitsFileField, macOf } from '../../../protocol/bootp/message.ts';
import {
  addressOption,
  dhcpTypeOf,
  OPTION,
  option,
  optionOf,
  readOptions,
  writeOptions,
} from '../../../protocol/bootp/options.ts';
import { decodeStOptions, encodeStOptions } from '../../../protocol/bootp/st-options.ts';
import {
  addressBytes,
  addressNumber,
  addressText,
  canonicalMac,
  isSameNetwork,
  macBytes,
  macText,
  networkBroadcast,
} from '../../../protocol/ipv4.ts';
import { property } from '../../support/seed.ts';

property(
  t,
  'a message decodes to what it was, in at least 300 bytes',
  fc.property(bootpMessage(), (message) => {
    const bytes = encodeBootp(message);
    assert.ok(bytes.length >= 300);
    const decoded = decodeBootp(bytes);
    assert.ok(decoded.ok);
    assert.deepEqual(decoded.value, message);
    assert.deepEqual(encodeBootp(decoded.value), bytes);
  }),
);

property(
  t,
  'any bytes give a message with options or a typed error',
  fc.property(
    fc.oneof(
      anyBytes(),
      fc.uint8Array({ minLength: 236, maxLength: 400 }),
      bootpMessage().chain((message) =>
        fc.oneof(cuts(encodeBootp(message)), oneByteChanged(encodeBootp(message))),
      ),
    ),
    (bytes) => {
      const decoded = decodeBootp(bytes);
      assert.equal(decoded.ok, bytes.length >= 236);
      if (!decoded.ok) assert.equal(decoded.error.code, 'E_BOOTP_SHORT');
      else readOptions(decoded.value.vend);
    },
  ),
  1000,
);

property(
  t,
  'options are read as they were written',
  fc.property(fc.array(bootpOption(), { maxLength: 8 }), (options) => {
    assert.deepEqual(readOptions(writeOptions(options)), { magic: true, options, cut: false });
  }),
);

t.test('fields stand where RFC 951 has them', async (t) => {
  const chaddr = new Uint8Array(16);
  chaddr.set(macBytes('00:14:7f:28:54:65'));
  const none = '0.0.0.0';
  const bytes = encodeBootp({
    op: 1,
    htype: 1,
    hlen: 6,
    hops: 0,
    xid: 0x01020304,
    secs: 5,
    flags: 0x8000,
    ciaddr: none,
    yiaddr: '1.2.3.4',
    siaddr: none,
    giaddr: none,
    chaddr,
    sname: '',
    file: 'BANT-V',
    vend: writeOptions([]),
  });
  t.equal(bytes.length, 300);
  t.strictSame([...bytes.subarray(0, 12)], [1, 1, 6, 0, 1, 2, 3, 4, 0, 5, 0x80, 0]);
  t.strictSame([...bytes.subarray(16, 20)], [1, 2, 3, 4]);
  t.strictSame([...bytes.subarray(28, 34)], [0, 0x14, 0x7f, 0x28, 0x54, 0x65]);
  t.strictSame([...bytes.subarray(108, 115)], [...Buffer.from('BANT-V\0')]);
  t.strictSame([...bytes.subarray(236, 242)], [0x63, 0x82, 0x53, 0x63, 0xff, 0]);
  t.match(decodeBootp(bytes.subarray(0, 236)), { ok: true, value: { vend: { length: 0 } } });
  t.match(decodeBootp(bytes.subarray(0, 235)), { ok: false, error: { code: 'E_BOOTP_SHORT', at: 235 } });
  t.match(decodeBootp(new Uint8Array(1473)), { ok: false, error: { code: 'E_BOOTP_LONG' } });
});

t.test('a file field without its zero is read to its end', async (t) => {
  const bytes = new Uint8Array(236).fill(0x41);
  const decoded = decodeBootp(bytes);
  t.match(decoded, { ok: true, value: { file: 'A'.repeat(128), sname: 'A'.repeat(64) } });
  t.equal(decoded.ok && macOf(decoded.value), undefined, 'hlen is 65');
  t.ok(fitsFileField('A'.repeat(127)));
  t.notOk(fitsFileField('A'.repeat(128)));
});

t.test('options that come twice are joined, and one that is cut ends the list', async (t) => {
  const { options } = readOptions(writeOptions([option(43, 1), option(12, 65), option(43, 2)]));
  t.strictSame([...(optionOf(options, 43) ?? [])], [1, 2]);
  t.equal(optionOf(options, 1), undefined);
  t.match(readOptions(Uint8Array.of(99, 130, 83, 99, 12, 1, 65, 1, 4, 1)), {
    cut: true,
    options: [{ code: 12 }],
  });
  t.match(readOptions(Uint8Array.of(1, 2, 3)), { magic: false, options: [] });
  t.equal(dhcpTypeOf({ vend: writeOptions([option(OPTION.messageType, 1)]) }), 1);
  t.equal(addressOption([option(OPTION.router, 10, 0, 0, 99, 10, 0, 0, 98)], OPTION.router), '10.0.0.99');
});

property(
  t,
  'what a loader tells of itself is read as it was written, and any bytes are read',
  fc.property(stOptions(), anyBytes(), (options, bytes) => {
    assert.deepEqual(decodeStOptions(encodeStOptions(options)), options);
    decodeStOptions(Uint8Array.of(0x53, 0x54, ...bytes));
  }),
);

t.test('the header of a loader is ST, a length, and items', async (t) => {
  const data = encodeStOptions({ bootVersion: '1.0.6', reason: 'button' });
  t.strictSame([...data], [0x53, 0x54, 8, 0x11, 3, 1, 0, 6, 0x12, 1, 1]);
  t.equal(decodeStOptions(Uint8Array.of(0x53, 0x55, 0)), undefined);
});

property(
  t,
  'addresses and MAC addresses read as they are written',
  fc.property(fc.nat({ max: 0xffff_ffff }), macAddress(), (value, mac) => {
    assert.equal(addressNumber(addressText(value)), value);
    assert.equal([...addressBytes(addressText(value))].join('.'), addressText(value));
    assert.equal(macText(macBytes(mac.toLowerCase().replaceAll('-', ':'))), mac);
  }),
);

t.test('an address is distinguished from other text', async (t) => {
  for (const text of ['', '1.2.3', '1.2.3.256', '01.2.3.4', '1.2.3.4.5', 'a.b.c.d'])
    t.equal(addressNumber(text), undefined, text);
  for (const text of ['00-14-7F-12-34', '00147F12345', '00-14:7F-12-34-5G'])
    t.equal(canonicalMac(text), undefined, text);
  t.throws(() => addressBytes('1.2.3'), RangeError);
  t.throws(() => macBytes('00'), RangeError);
  t.ok(isSameNetwork('192.168.1.1', '192.168.1.254', '255.255.255.0'));
  t.notOk(isSameNetwork('192.168.1.1', '192.168.2.1', '255.255.255.0'));
  t.equal(networkBroadcast('192.168.1.241', '255.255.255.240'), '192.168.1.255');
});
