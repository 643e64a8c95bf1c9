import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { readImage, writeImage } from '../../../protocol/datamodel/firmware-image.ts';
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

t.test('what is no image, or the part of one, is told', (t) => {
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
