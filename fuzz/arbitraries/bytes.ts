/** Messages as a bad line or a broken modem garbles them. */
import fc from 'fast-check';

/** The bytes up to any place, the ends included. */
export function cuts(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  return fc.integer({ min: 0, max: bytes.length }).map((end) => bytes.subarray(0, end));
}

/** Any byte, with those of markup more often. */
const anyByte = fc.oneof(
  fc.integer({ min: 0, max: 255 }),
  fc.constantFrom(
    ...[...'<>/&;"\' =:[]!?-\0\r\n'].map((character) => character.charCodeAt(0)),
    0xff,
    0xc3,
    0x80,
  ),
);

/** The same bytes with one changed; empty bytes stay empty. */
export function oneByteChanged(bytes: Uint8Array): fc.Arbitrary<Uint8Array> {
  if (bytes.length === 0) return fc.constant(bytes);
  return fc.tuple(fc.nat({ max: bytes.length - 1 }), anyByte).map(([at, byte]) => {
    const changed = bytes.slice();
    changed[at] = changed[at] === byte ? byte ^ 1 : byte;
    return changed;
  });
}

/** Random bytes, some with a byte order mark. */
export function anyBytes(): fc.Arbitrary<Uint8Array> {
  const mark = fc.constantFrom<readonly number[]>([], [], [], [0xef, 0xbb, 0xbf], [0xff, 0xfe], [0xfe, 0xff]);
  return fc
    .tuple(mark, fc.uint8Array({ maxLength: 200 }))
    .map(([before, rest]) => Uint8Array.from([...before, ...rest]));
}

const ENVELOPE_HEAD = [
  '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" ' +
    'xmlns:cwmp="urn:dslforum-org:cwmp-1-0">',
  '<soapenv:Header>',
  '<cwmp:ID soapenv:mustUnderstand="1">',
  '</cwmp:ID>',
  '</soapenv:Header>',
  '<soapenv:Body>',
] as const;

// biome-ignore format: a list to be read by lines
const PIECES = [
  ...ENVELOPE_HEAD,
  '<', '>', '</', '/>', '<a>', '</a>', '<a/>', '<b:c d="e">', '</b:c>', ' x="1"', " y='2'", ' z=3', '="',
  '"', "'", '<!--', '-->', '<![CDATA[', ']]>', '<?xml version="1.0"?>', '<?p', '?>', '<!DOCTYPE a [',
  '<!ENTITY x "y">', '&x;', '&amp;', '&#x41;', '&#65;', '&#0;', '&', ';', '&lt', 'text', ' ', '\r\n', '\t',
  '\0', '\u{1f4a9}', '\ufffe', '</soapenv:Body>', '</soapenv:Envelope>', '<cwmp:Inform>', '</cwmp:Inform>',
  '<DeviceId>', '</DeviceId>', '<OUI>', '<ParameterList soap:arrayType="cwmp:ParameterValueStruct[0001]">',
  '</ParameterList>', '<ParameterValueStruct>', '</ParameterValueStruct>', '<Name>', '</Name>',
  '<Value xsi:type="xsd:string">', '</Value>', '<Event>', '</Event>', '<cwmp:GetParameterValuesResponse>',
  '</cwmp:GetParameterValuesResponse>', '<soapenv:Fault>', '</soapenv:Fault>', '<detail>', '</detail>',
  '<cwmp:Fault>', '</cwmp:Fault>', '<FaultCode>', '</FaultCode>', '9003', '1', 'true', '__proto__',
];

/** Pieces of markup in any order, half of them where a message belongs. */
export function markupSoup(): fc.Arbitrary<string> {
  const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 });
  return fc
    .tuple(fc.constantFrom('', ENVELOPE_HEAD.join('')), pieces)
    .map(([head, soup]) => head + soup.join(''));
}

/** Texts in which every character is a byte but 0, as datagrams hold them. */
export function byteText(maxLength: number): fc.Arbitrary<string> {
  const plain = fc.stringMatching(/^[A-Za-z0-9._/-]*$/, { size: 'small' });
  const odd = fc
    .uint8Array({ maxLength, min: 1 })
    .map((bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return fc.oneof(plain, odd).map((text) => text.slice(0, maxLength));
}
