import t from 'tap';
import { LIMITS } from '../../../protocol/limits.ts';
import { CWMP_NS_STEM, ENVELOPE_NS, XSD_NS, XSI_NS } from '../../../protocol/soap/namespaces.ts';
import { XmlReader } from '../../../protocol/xml/read.ts';

interface Noted {
  id: string;
  at: number;
}

function reader(source: string): { reader: XmlReader; notes: Noted[] } {
  const notes: Noted[] = [];
  return { reader: new XmlReader(source, (id, at) => notes.push({ id, at })), notes };
}

/** The text of the root, read as a leaf. */
function leaf(source: string): { text: string; notes: string[]; error: string | undefined } {
  const { reader: r, notes } = reader(source);
  r.open();
  const text = r.text();
  return { text, notes: notes.map(({ id }) => id), error: r.error?.code };
}

t.test('the text of a leaf is what was meant', async (t) => {
  const cases: readonly (readonly [source: string, text: string, ...notes: string[]])[] = [
    ['<a></a>', ''],
    ['<a/>', ''],
    ['<a />', ''],
    ['<a b="/"></a>', ''],
    ['<a> x </a >', ' x '],
    ['<a>x</a\r\n>', 'x'],
    ['<a>1\r\n2\r3\n4\r\r\n5</a>', '1\n2\n3\n4\n\n5'],
    ['<a>1&#13;&#10;2&#xD;</a>', '1\r\n2\r'],
    ['<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x1F4A9;</a>', '<>&"\'AA\u{1f4a9}'],
    ['<a>\u{1f4a9}\u{10ffff}\ufffd</a>', '\u{1f4a9}\u{10ffff}\ufffd'],
    ['<a>&amp;lt;</a>', '&lt;'],
    ['<a><![CDATA[<b>&amp;\r\n]]></a>', '<b>&amp;\n'],
    ['<a>x<![CDATA[]]>y<![CDATA[]]]]>z</a>', 'xy]]z'],
    ['<a>x<!-- <b> & -->y<?p z?></a>', 'xy'],
    ['<a>]]></a>', ']]>'],
    // What is not XML but meant well.
    ['<a>x & y</a>', 'x & y', 'Q-VL-02'],
    ['<a>a<b</a>', 'a<b', 'Q-VL-02'],
    ['<a>x<b>y</b>z</a>', 'x<b>y</b>z', 'Q-VL-02', 'Q-VL-02'],
    ['<a><a></a>', '<a>', 'Q-VL-02'],
    ['<a></ab></a>', '</ab>', 'Q-VL-02'],
    ['<ab></a></ab>', '</a>', 'Q-VL-02'],
    ['<a>&nbsp;&x;</a>', '&nbsp;&x;', 'Q-VL-02', 'Q-VL-02'],
    ['<a>&a&lt;</a>', '&a<', 'Q-VL-02'],
    ['<a>&#x0000000041;</a>', '&#x0000000041;', 'Q-VL-02'],
    ['<a>&#0;&#xFFFE;&#xD800;&#x110000;</a>', '\ufffd'.repeat(4), 'Q-VL-01', 'Q-VL-01', 'Q-VL-01', 'Q-VL-01'],
    ['<a>x\0\u0001y\ufffe</a>', 'x\ufffd\ufffdy\ufffd', 'Q-VL-01'],
    ['<a><![CDATA[\u0001]]></a>', '\ufffd', 'Q-VL-01'],
  ];
  for (const [source, text, ...notes] of cases)
    t.strictSame(leaf(source), { text, notes, error: undefined }, JSON.stringify(source));
});

t.test('entities are never expanded, and a declaration of any is refused', async (t) => {
  const bomb = `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(100)}"><!ENTITY z "${'&x;'.repeat(100)}">]><a>&z;&z;</a>`;
  for (const [source, at] of [
    [bomb, 0],
    [bomb.toLowerCase(), 0],
    [`<?xml version="1.0"?>\n${bomb}`, 22],
    ['<!DOCTYPE html SYSTEM "file:///etc/passwd"><a>&x;</a>', 0],
  ] as const) {
    const { reader: r } = reader(source);
    t.equal(r.open(), false);
    t.equal(r.error?.code, 'E_XML_DTD');
    t.equal(r.error?.at, at);
    t.equal(r.text(), '', 'after an error there is no text');
    t.equal(r.enter(), false, 'after an error there is no way in');
  }
  const { reader: inside } = reader('<a><!DOCTYPE x></a>');
  inside.open();
  inside.enter();
  t.equal(inside.open(), false);
  t.equal(inside.error?.code, 'E_XML_DTD');
  t.equal(leaf('<a>&file;</a>').text, '&file;');
});

t.test('what cannot be read is an error with its place', async (t) => {
  const cases: readonly (readonly [source: string, code: string, at: number])[] = [
    ['<a>', 'E_XML_TRUNCATED', 3],
    ['<a>x', 'E_XML_TRUNCATED', 4],
    ['<a', 'E_XML_TRUNCATED', 2],
    ['<', 'E_XML_TRUNCATED', 0],
    ['<a b="x', 'E_XML_TRUNCATED', 7],
    ['<a><b></b', 'E_XML_TRUNCATED', 6],
    ['<a><b/></', 'E_XML_TRUNCATED', 7],
    ['<a><!-- ', 'E_XML_TRUNCATED', 8],
    ['<a><![CDATA[', 'E_XML_TRUNCATED', 12],
    ['<a><!', 'E_XML_TRUNCATED', 3],
    ['<a><b/></c>', 'E_XML_MISMATCHED_TAG', 7],
    ['<a><b/></ab>', 'E_XML_MISMATCHED_TAG', 7],
    ['<a><b/></A>', 'E_XML_MISMATCHED_TAG', 7],
    ['</a>', 'E_XML_MISMATCHED_TAG', 0],
    ['<a>< b/></a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a><1/></a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a><!ELEMENT b></a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a><b c/></a>', 'E_XML_NOT_WELL_FORMED', 5],
    ['<a><b =""/></a>', 'E_XML_NOT_WELL_FORMED', 5],
    [`<a><b${' c="1"'.repeat(LIMITS.attributes + 1)}/></a>`, 'E_XML_TOO_MANY_ATTRIBUTES', 5],
    ['<a>'.repeat(LIMITS.depth + 1), 'E_XML_TOO_DEEP', 3 * LIMITS.depth],
  ];
  for (const [source, code, at] of cases) {
    const { reader: r } = reader(source);
    // As a tree of elements: whatever is opened is entered.
    for (let steps = 0; steps < 200 && r.error === undefined && (r.open() || r.depth > 0); steps++) r.enter();
    t.strictSame([r.error?.code, r.error?.at], [code, at], JSON.stringify(source.slice(0, 40)));
    t.equal(r.open(), false);
  }
});

t.test('skipping passes an element with all that is in it and notes nothing of it', async (t) => {
  const inside = [
    'x',
    'x<b>y</b>z',
    '<b/><b></b>',
    '<b c=">"><d><e/></d></b>',
    '<!-- </x> --><![CDATA[</x>]]><?p </x>?>',
    '<x><x/></x>',
    '\r\n',
    '',
  ];
  for (const content of inside) {
    const { reader: r, notes } = reader(`<a><x>${content}</x><k>v</k></a>`);
    r.open();
    r.enter();
    t.equal(r.open(), true);
    r.skip();
    t.equal(r.depth, 1, content);
    t.equal(r.open(), true);
    t.equal(r.name, 'k', content);
    t.equal(r.text(), 'v');
    t.equal(r.open(), false);
    t.equal(r.depth, 0);
    t.equal(r.error, undefined, content);
    t.same(notes, [], content);
  }
  const { reader: after, notes } = reader('<a><x/>stray<k/></a>');
  after.open();
  after.enter();
  after.open();
  after.skip();
  after.open();
  t.equal(after.name, 'k');
  t.same(notes, [{ id: 'Q-XM-04', at: 7 }], 'text beside a skipped element is noted');
});

t.test('text between elements is noted once for each place, and passed', async (t) => {
  const { reader: r, notes } = reader('\0<a>x<b/> y <c/>\n<![CDATA[z]]></a> ');
  r.open();
  r.enter();
  const names: string[] = [];
  while (r.open()) {
    names.push(r.name);
    r.skip();
  }
  t.same(names, ['b', 'c']);
  t.same(notes, [
    { id: 'Q-XM-03', at: 0 },
    { id: 'Q-XM-04', at: 4 },
    { id: 'Q-XM-04', at: 10 },
    { id: 'Q-XM-04', at: 17 },
  ]);
  t.equal(r.error, undefined);
});

t.test('attributes are read in any quotes, and without them with a note', async (t) => {
  const { reader: r, notes } = reader(`<a b="1" c:d = '"&amp;&#10;' e="x\r\ny\tz"\n f=g h=""/>`);
  r.open();
  t.same(r.attributes, [
    { prefix: '', name: 'b', value: '1' },
    { prefix: 'c', name: 'd', value: '"&\n' },
    { prefix: '', name: 'e', value: 'x y z' },
    { prefix: '', name: 'f', value: 'g' },
    { prefix: '', name: 'h', value: '' },
  ]);
  t.same(
    notes.map(({ id }) => id),
    ['Q-XM-05'],
  );
  t.equal(r.attribute('d')?.value, '"&\n');
  t.equal(r.attribute('d', 'urn:none'), undefined);
  t.equal(r.attribute('toString'), undefined);
  t.equal(r.enter(), false, 'there is nothing in it');
});

t.test('prefixes are bound where they are declared and no further', async (t) => {
  const { reader: r, notes } = reader(
    '<p:a xmlns="urn:0" xmlns:p="urn:1"><b xmlns:p="urn:2" xmlns=""><p:c/></b><p:d xmlns:q="urn:3"/><q:e>x</q:e><f xmlns:p="urn:4">y</f><p:g/></p:a>',
  );
  const seen: unknown[] = [];
  const see = (): number => seen.push([r.name, r.prefix, r.qualified, r.uri(r.prefix), r.uri('')]);
  r.open();
  see();
  r.enter();
  r.open();
  see();
  r.enter();
  r.open();
  see();
  r.skip();
  r.open();
  for (let steps = 0; steps < 4; steps++) {
    r.open();
    see();
    r.text();
  }
  t.same(seen, [
    ['a', 'p', true, 'urn:1', 'urn:0'],
    ['b', '', false, '', ''],
    ['c', 'p', true, 'urn:2', ''],
    ['d', 'p', true, 'urn:1', 'urn:0'],
    ['e', 'q', true, undefined, 'urn:0'],
    ['f', '', false, 'urn:0', 'urn:0'],
    ['g', 'p', true, 'urn:1', 'urn:0'],
  ]);
  t.same(
    notes.map(({ id }) => id),
    ['Q-NS-03'],
    'q is out of scope where e uses it',
  );
});

t.test('what an element without content declares ends with it, entered or not', async (t) => {
  for (const take of ['enter', 'text', 'skip'] as const) {
    const { reader: r } = reader('<a xmlns:p="urn:1"><b xmlns:p="urn:2"/><c/></a>');
    r.open();
    r.enter();
    r.open();
    t.equal(r.bound('p'), 'urn:2');
    r[take]();
    r.open();
    t.equal(r.bound('p'), 'urn:1', take);
  }
});

t.test('a prefix that nothing declares means what it always means', async (t) => {
  const { reader: r, notes } = reader('<a/>');
  r.open();
  t.same(
    ['SOAP-ENV', 'soapenv', 'xsi', 'XSD', 'cwmp', 'odd', '__proto__', 'constructor'].map((prefix) =>
      r.uri(prefix),
    ),
    [ENVELOPE_NS, ENVELOPE_NS, XSI_NS, XSD_NS, `${CWMP_NS_STEM}0`, undefined, undefined, undefined],
  );
  t.equal(notes.length, 8);
  t.ok(notes.every(({ id }) => id === 'Q-NS-03'));
  t.equal(r.uri('xml'), undefined);
  t.equal(r.uri(''), undefined);
  t.equal(notes.length, 8, 'neither xml nor the default namespace needs a declaration');
});

t.test('the schema namespaces of 1999 are those of 2001', async (t) => {
  const { reader: r } = reader(
    '<a xmlns:xsd="http://www.w3.org/1999/XMLSchema" xmlns:xsi="http://www.w3.org/1999/XMLSchema-instance"/>',
  );
  r.open();
  t.equal(r.uri('xsd'), XSD_NS);
  t.equal(r.uri('xsi'), XSI_NS);
});

t.test('a leaf is plain exactly when its text stands for itself', async (t) => {
  const source = '<a>one</a><b>t&amp;o</b><c>thr\r\nee</c><d>four</d>';
  const { reader: r } = reader(source);
  const plain = (text: string): boolean => {
    const from = source.indexOf(text);
    return r.isPlain(from, from + text.length);
  };
  t.same(['one', 't&amp;o', 'thr\r\nee', 'four'].map(plain), [true, false, false, true]);
  const { reader: odd } = reader('<a>x</a>\0');
  t.equal(odd.isPlain(3, 4), false, 'a bad character anywhere makes every leaf worth a look');
});
