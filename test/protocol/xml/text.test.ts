import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { xmlText } from '../../../fuzz/arbitraries/text.ts';
import { bytePlaces, decodeText } from '../../../protocol/xml/text.ts';
import { property } from '../../support/seed.ts';

const utf8 = new TextEncoder();
const bytesOf = (text: string, encoding: BufferEncoding): Uint8Array =>
  new Uint8Array(Buffer.from(text, encoding));

function read(bytes: Uint8Array, charset?: string) {
  const notes: string[] = [];
  const decoded = decodeText(bytes, charset, (id) => notes.push(id));
  return { text: decoded?.text, units: decoded?.units, start: decoded?.start, notes };
}

t.test('a body is read by the charset that it is in, whatever it says', async (t) => {
  const declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>';
  const cases: readonly (readonly [
    what: string,
    bytes: Uint8Array,
    charset: string | undefined,
    text: string | undefined,
    units: string | undefined,
    ...notes: string[],
  ])[] = [
    ['ASCII', bytesOf('<a/>', 'latin1'), undefined, '<a/>', 'bytes'],
    ['ASCII in any charset', bytesOf('<a/>', 'latin1'), 'klingon', '<a/>', 'bytes'],
    ['nothing', new Uint8Array(), undefined, '', 'bytes'],
    ['UTF-8', utf8.encode('é'), undefined, 'é', 'utf-8'],
    ['UTF-8 that is said to be', utf8.encode('é'), 'UTF-8', 'é', 'utf-8'],
    ['UTF-8 in quotes', utf8.encode('é'), '"utf-8"', 'é', 'utf-8'],
    ['UTF-8 of an unknown name', utf8.encode('é'), 'klingon', 'é', 'utf-8'],
    ['Latin 1 by the header', bytesOf('é', 'latin1'), 'ISO-8859-1', 'é', 'bytes', 'Q-HT-03'],
    ['Latin 1 by another name', bytesOf('é', 'latin1'), 'windows-1252', 'é', 'bytes', 'Q-HT-03'],
    ['UTF-8 that the header calls Latin 1', utf8.encode('é'), 'ISO-8859-1', 'Ã©', 'bytes', 'Q-HT-03'],
    ['Latin 1 by the declaration', bytesOf(declared, 'latin1'), undefined, declared, 'bytes', 'Q-HT-03'],
    ['Latin 1 by nothing', bytesOf('é', 'latin1'), undefined, 'é', 'bytes', 'Q-HT-03'],
    ['Latin 1 called UTF-8', bytesOf('é', 'latin1'), 'utf-8', 'é', 'bytes', 'Q-HT-03'],
    ['an unknown charset', bytesOf('é', 'latin1'), 'klingon', undefined, undefined],
    ['a byte order mark', utf8.encode('\ufeffé'), undefined, 'é', 'utf-8', 'Q-XM-01'],
    ['a mark before Latin 1', Uint8Array.of(0xef, 0xbb, 0xbf, 0xe9), undefined, 'é', 'bytes', 'Q-XM-01'],
    ['UTF-16, little end first', bytesOf('\ufeffé', 'utf16le'), undefined, 'é', 'utf-16', 'Q-XM-01'],
    ['surrogates in UTF-8', Uint8Array.of(0xed, 0xa0, 0x80), undefined, 'í\u00a0\u0080', 'bytes', 'Q-HT-03'],
  ];
  for (const [what, bytes, charset, text, units, ...notes] of cases.filter(
    ([what]) => !what.includes('big end'),
  )) {
    const got = read(bytes, charset);
    t.strictSame([got.text, got.units, got.notes], [text, units, notes], what);
  }
  const big = read(Uint8Array.of(0xfe, 0xff, 0x00, 0x3c, 0x4e, 0x2d, 0x00));
  t.strictSame(
    [big.text, big.units, big.start],
    ['<中', 'utf-16', 2],
    'UTF-16, big end first, with half a unit more',
  );
  t.equal(read(Uint8Array.of(0xff, 0xfe, 0x3c, 0x00, 0x00)).text, '<', 'half a unit at the end is nothing');
  t.equal(read(Uint8Array.of(0xff, 0xfe, 0x00, 0xd8)).text, '\ufffd', 'half a character is none');
});

property(
  t,
  'a place in the text is the place of its bytes',
  fc.property(
    fc.array(xmlText({ max: 400 }), { maxLength: 6 }).map((parts) => parts.join('')),
    fc.array(fc.nat({ max: 3000 }), { maxLength: 8 }),
    fc.boolean(),
    (text, places, marked) => {
      const mark = marked ? '\ufeff' : '';
      const decoded = decodeText(utf8.encode(mark + text), undefined, () => {});
      assert.ok(decoded !== undefined);
      // A text may begin with a mark of its own.
      assert.equal(decoded.text, (mark + text).startsWith('\ufeff') ? (mark + text).slice(1) : text);
      const place = bytePlaces(decoded);
      const before = text.startsWith('\ufeff') || marked ? 3 : 0;
      for (const wanted of [...places, decoded.text.length]) {
        const at = Math.min(wanted, decoded.text.length);
        const low = decoded.text.charCodeAt(at) & 0xfc00;
        // Between the halves of a character there is no byte to point at.
        if (low === 0xdc00) continue;
        assert.equal(place(at), before + utf8.encode(decoded.text.slice(0, at)).length);
      }
    },
  ),
  300,
);

t.test('places of UTF-16 and of single bytes are counted by their width', async (t) => {
  t.equal(bytePlaces({ text: 'abc', units: 'utf-16', start: 2 })(3), 8);
  t.equal(bytePlaces({ text: 'abc', units: 'bytes', start: 3 })(3), 6);
  t.equal(bytePlaces({ text: 'é'.repeat(5000), units: 'utf-8', start: 3 })(5000), 10_003);
  const place = bytePlaces({ text: 'é'.repeat(5000), units: 'utf-8', start: 0 });
  t.same([place(4999), place(1), place(2048), place(2047)], [9998, 2, 4096, 4094], 'in any order');
});
