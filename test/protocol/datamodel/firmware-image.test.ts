import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { crc32 } from '../../../protocol/datamodel/crc32.ts';
import {
  buildName,
  checkImage,
  describeImage,
  isImageVersion,
  readImage,
  writeImage,
} from '../../../protocol/datamodel/firmware-image.ts';
import { property } from '../../support/seed.ts';

t.test('an image tells its family, board and version', (t) => {
  const image = { family: 'QH', board: 'BANT-R', version: '6.2.17.5' };
  const bytes = writeImage(image, 16);
  t.equal(Buffer.from(bytes.subarray(0, 9)).toString('latin1'), 'BLI223QH0');
  t.strictSame([...bytes.subarray(32, 36)], [6, 2, 17, 5]);
  t.strictSame(readImage(bytes), { ok: true, value: image });
  const later = { family: 'UT', board: 'XANT-5', version: '8.C.D.9' };
  t.strictSame(readImage(writeImage(later)), { ok: true, value: later }, 'letters from 8.x on');
  t.end();
});

t.test('what is not an image, or only part of one, is reported', (t) => {
  const bytes = writeImage({ family: 'QH', board: 'BANT-R', version: '6.2.17.5' }, 16);
  t.strictSame(readImage(new Uint8Array(0)), { ok: false, error: 'not-an-image' });
  t.strictSame(readImage(Buffer.from('PK\x03\x04 a zip file')), { ok: false, error: 'not-an-image' });
  for (let length = 4; length < bytes.length; length++)
    assert.deepEqual(readImage(bytes.subarray(0, length)), { ok: false, error: 'truncated' });
  t.end();
});

property(
  t,
  'any bytes behind the magic give a value or an error, never a throw',
  fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
    const image = new Uint8Array(bytes.length + 4);
    image.set([0x42, 0x4c, 0x49, 0x32]);
    image.set(bytes, 4);
    const read = readImage(image);
    assert.ok(read.ok || read.error === 'truncated');
  }),
);

t.test('the check sum is the one of RFC 1952', (t) => {
  t.equal(crc32(Buffer.from('123456789')), 0xcbf43926);
  t.equal(crc32(new Uint8Array(0)), 0);
  t.end();
});

t.test('an image tells all of its header, and whether its payload is the one it was made with', (t) => {
  const bytes = writeImage({ family: 'QH', board: 'BANT-R', version: '7.4.1.7' }, 4096, {
    productName: 'SpeedTouch 780',
  });
  t.match(describeImage(bytes), {
    ok: true,
    value: {
      format: '23',
      product: '0',
      variant: '0',
      productName: 'SpeedTouch 780',
      packer: '200',
      payloadLength: 4096,
      intact: true,
      simulated: true,
    },
  });
  t.strictSame(
    writeImage({ family: 'QH', board: 'BANT-R', version: '7.4.1.7' }, 64),
    writeImage({ family: 'QH', board: 'BANT-R', version: '7.4.1.7' }, 64),
  );
  t.end();
});

t.test('a boot loader drops an image for the first of its flaws', (t) => {
  const mine = { family: 'QH', board: 'BANT-R' };
  const bytes = writeImage({ ...mine, version: '7.4.1.7' }, 100);
  t.match(checkImage(bytes, mine), { ok: true, value: { version: '7.4.1.7' } });
  t.match(checkImage(bytes, { ...mine, family: 'QI' }), { ok: false, error: 'wrong-family' });
  t.match(checkImage(bytes, { ...mine, board: 'BANT-W' }), { ok: false, error: 'wrong-board' });
  t.match(checkImage(bytes.subarray(0, -1), mine), { ok: false, error: 'truncated' });
  t.match(checkImage(Buffer.from('nonsense'), mine), { ok: false, error: 'not-an-image' });
  for (let at = bytes.length - 100; at < bytes.length; at++) {
    const damaged = Uint8Array.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    assert.deepEqual(checkImage(damaged, mine), { ok: false, error: 'bad-checksum' });
  }
  t.end();
});

t.test('versions have four parts that fit a byte, and make the name of a build', (t) => {
  for (const version of ['6.2.17.5', '8.C.D.9', '10.5.2.S']) t.ok(isImageVersion(version), version);
  for (const version of ['6.2.17', '6.2.17.5.0', '6.2.17.256', '6.2.AB.1', '', 'a.b'])
    t.notOk(isImageVersion(version), version);
  t.equal(buildName('QI', '6.2.17.5'), 'ZZQIAA6.2H5');
  t.equal(buildName('TV', '5.2.7.19', 'AJ'), 'ZZTVAJ5.27J');
  t.end();
});
