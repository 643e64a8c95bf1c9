import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { dialect } from '../../../fuzz/arbitraries/dialect.ts';
import { envelope } from '../../../fuzz/arbitraries/message.ts';
import { xmlDocument } from '../../../fuzz/arbitraries/xml.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import { XmlReader } from '../../../protocol/xml/read.ts';
import type { StrictElement } from '../../../protocol/xml/strict.ts';
import { parseStrict } from '../../../protocol/xml/strict.ts';
import { property } from '../../support/seed.ts';

const isElement = (child: StrictElement | string): child is StrictElement => typeof child !== 'string';

/** A declared prefix, as the strict tree has it: what our reader must come to by itself. */
type Scope = ReadonlyMap<string, string>;

function within(scope: Scope, element: StrictElement): Scope {
  const inner = new Map(scope);
  for (const [name, value] of element.attributes) {
    if (name === 'xmlns') inner.set('', value);
    else if (name.startsWith('xmlns:')) inner.set(name.slice(6), value);
  }
  return inner;
}

/**
 * The child just opened is what the strict judge says: name, attributes, namespaces, and all that is in it.
 */
function agrees(reader: XmlReader, element: StrictElement, outer: Scope): void {
  const colon = element.name.indexOf(':');
  assert.equal(reader.prefix, colon < 0 ? '' : element.name.slice(0, colon));
  assert.equal(reader.name, element.name.slice(colon + 1));
  assert.ok(reader.is(reader.name));
  assert.deepEqual(
    new Map(
      reader.attributes.map(({ prefix, name, value }) => [prefix === '' ? name : `${prefix}:${name}`, value]),
    ),
    new Map(element.attributes),
  );
  const scope = within(outer, element);
  assert.equal(reader.uri(reader.prefix), scope.get(reader.prefix));
  const children = element.children.filter(isElement);
  if (children.length === 0) {
    assert.equal(reader.text(), element.children.join(''));
    return;
  }
  assert.ok(reader.enter());
  for (const child of children) {
    assert.ok(reader.open(), JSON.stringify(reader.error));
    agrees(reader, child, scope);
  }
  assert.equal(reader.open(), false);
}

function bothRead(text: string): void {
  const strict = parseStrict(text);
  assert.ok(strict.ok, JSON.stringify(strict));
  const notes: string[] = [];
  const reader = new XmlReader(text.startsWith('\ufeff') ? text.slice(1) : text, (id) => notes.push(id));
  assert.ok(reader.open());
  agrees(reader, strict.value, new Map());
  assert.equal(reader.error, undefined);
  assert.equal(reader.depth, 0);
  assert.equal(reader.open(), false);
  assert.deepEqual(notes, []);
}

property(
  t,
  'on any well-formed document our reader and fast-xml-parser agree, and ours notes nothing',
  fc.property(xmlDocument(), bothRead),
  1000,
);

property(
  t,
  'on any message in any dialect our reader and fast-xml-parser agree',
  fc.property(envelope(), dialect(), (message, spelling) => {
    // A NUL after the envelope is what real devices send, and not XML.
    bothRead(encode(message, { ...spelling, trailer: '' }));
  }),
  200,
);

property(
  t,
  'a document that is cut is not well-formed',
  fc.property(xmlDocument(), fc.nat({ max: 999 }), (text, per) => {
    const cut = text.slice(0, Math.floor(((text.length - 1) * per) / 1000));
    const strict = parseStrict(cut);
    assert.equal(strict.ok, false, cut);
    assert.ok(strict.error.at <= new TextEncoder().encode(cut).length);
  }),
  500,
);

const codeOf = (text: string): string | undefined => {
  const strict = parseStrict(text);
  return strict.ok ? undefined : strict.error.code;
};

t.test('the judge refuses what is not well-formed, and says where', async (t) => {
  const cases: readonly (readonly [text: string, code: string, at: number])[] = [
    ['', 'E_XML_NO_ELEMENT', 0],
    ['   ', 'E_XML_NO_ELEMENT', 3],
    ['<a>', 'E_XML_TRUNCATED', 3],
    ['<a><b></b>', 'E_XML_TRUNCATED', 10],
    ['<a', 'E_XML_TRUNCATED', 2],
    ['<a b="', 'E_XML_TRUNCATED', 6],
    ['<a></b>', 'E_XML_MISMATCHED_TAG', 3],
    ['<a><b></a></b>', 'E_XML_MISMATCHED_TAG', 6],
    ['<a/><b/>', 'E_XML_NOT_WELL_FORMED', 4],
    ['<a/>x', 'E_XML_NOT_WELL_FORMED', 4],
    ['<a/><![CDATA[]]>', 'E_XML_NOT_WELL_FORMED', 4],
    ['x<a/>', 'E_XML_NOT_WELL_FORMED', 0],
    ['<a b=1/>', 'E_XML_NOT_WELL_FORMED', -1],
    ['<a b/>', 'E_XML_NOT_WELL_FORMED', -1],
    ['<a b="1" b="2"/>', 'E_XML_NOT_WELL_FORMED', -1],
    ['<a b="1"c="2"/>', 'E_XML_NOT_WELL_FORMED', -1],
    ['<a b="<"/>', 'E_XML_NOT_WELL_FORMED', 6],
    ['<1a/>', 'E_XML_NOT_WELL_FORMED', -1],
    ['<a>&</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>&b;</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>&nbsp;</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a b="&x;"/>', 'E_XML_NOT_WELL_FORMED', 6],
    ['<a>&#0;</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>&#x110000;</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>&#xD800;</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>é\u0001</a>', 'E_XML_NOT_WELL_FORMED', 5],
    ['<a>\ufffe</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>\ud800</a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a>]]></a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<a><!-- -- --></a>', 'E_XML_NOT_WELL_FORMED', 8],
    ['<a><!-- ', 'E_XML_TRUNCATED', 8],
    ['<a><![CDATA[x]]', 'E_XML_TRUNCATED', 15],
    ['<a><!ELEMENT b></a>', 'E_XML_NOT_WELL_FORMED', 3],
    ['<!DOCTYPE a><a/>', 'E_XML_DTD', 0],
    ['<!doctype a><a/>', 'E_XML_DTD', 0],
    ['<a><!DOCTYPE a></a>', 'E_XML_DTD', 3],
    ['<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', 'E_XML_DTD', 0],
    [`${'<a>'.repeat(100_000)}`, 'E_XML_TOO_DEEP', 96],
  ];
  for (const [text, code, at] of cases) {
    const strict = parseStrict(text);
    const got = strict.ok ? undefined : strict.error;
    t.equal(got?.code, code, `${text.slice(0, 40)} is ${code}`);
    if (at >= 0) t.equal(got?.at, at, `${text.slice(0, 40)} at ${at}`);
  }
});

t.test('the judge accepts what is only unusual', async (t) => {
  const lawful = [
    '\ufeff<a/>',
    '<?xml version="1.0"?><!-- x --><a/><!-- y -->\n',
    "<a b='\"'/>",
    '<a b=">"/>',
    '<a\n/>',
    '<a></a\n>',
    '<a><?p x?></a>',
    '<a><![CDATA[<b>&]]></a>',
    '<__proto__ constructor="1"><hasOwnProperty/></__proto__>',
    '<a>&#x10FFFF;&#9;&amp;&lt;&gt;&quot;&apos;</a>',
    `<a>${'&amp;'.repeat(30_000)}</a>`,
    `${'<a>'.repeat(32)}${'</a>'.repeat(32)}`,
  ];
  for (const text of lawful) t.equal(codeOf(text), undefined, text.slice(0, 40));
  const deep = parseStrict('<a> x<b>\r\n</b>y&lt;<![CDATA[&lt;]]></a>');
  t.strictSame(deep.ok && deep.value.children, [
    ' x',
    { name: 'b', attributes: new Map(), children: ['\n'] },
    'y<&lt;',
  ]);
});
