/** Texts that a peer can write: all of Unicode that XML 1.0 allows, and hostile strings. */
import fc from 'fast-check';

/** Char of XML 1.0 section 2.2, as ranges of code points. */
const RANGES = [
  [0x20, 0x7e],
  [0x09, 0x0a],
  [0x0d, 0x0d],
  [0x7f, 0x9f],
  [0xa0, 0xd7ff],
  [0xe000, 0xfffd],
  [0x10000, 0x10ffff],
] as const;

/** The ends of the ranges, line ends of all sorts, blanks, and what markup is made of. */
const EDGES = [
  ...RANGES.flat().map((code) => String.fromCodePoint(code)),
  ...['\r', '\n', '\t', ' ', '\u0085', '\u2028', '\u200b', '\ufeff', '\u0301'],
  ...['<', '>', '&', '"', "'", ']', '-', '!', '?', '/', '=', ';', '#', '%', ':', '.', '_'],
];

const range = ([min, max]: readonly [number, number]): fc.Arbitrary<string> =>
  fc.integer({ min, max }).map((code) => String.fromCodePoint(code));

/** One character that XML 1.0 allows, of one or two UTF-16 units. */
export function xmlCharacter(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 6, arbitrary: range(RANGES[0]) },
    { weight: 4, arbitrary: fc.constantFrom(...EDGES) },
    ...RANGES.slice(3).map((pair) => ({ weight: 1, arbitrary: range(pair) })),
  );
}

/** Names of Object.prototype, markup look-alikes, sequences that XML treats specially, format strings. */
export const HOSTILE: readonly string[] = [
  ...['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf', 'prototype', '__defineGetter__'],
  ...[
    '<a>',
    '</a>',
    '</Value>',
    '</Name>',
    '<a b="',
    ']]>',
    '<![CDATA[',
    '<![CDATA[x]]>',
    '<!--',
    '-->',
    '<!-- x -->',
  ],
  ...[
    '<?xml version="1.0"?>',
    '?>',
    '<!DOCTYPE a>',
    '&amp;',
    '&lt;',
    '&#13;',
    '&#xD;',
    '&x;',
    '&',
    '&&amp;;',
    '&#0;',
  ],
  ...[
    '\r\n',
    '\r',
    '\n\r',
    '\r\r\n',
    ' ',
    '\t',
    '  a',
    'a  ',
    '\n',
    '(null)',
    'null',
    'undefined',
    'NaN',
    '-0',
  ],
  ...[
    '{}',
    '[]',
    '%s%n',
    '$(x)',
    "'",
    '"',
    '\\',
    '../../etc/passwd',
    '\u202e',
    '\ufeff',
    '\u{1f6f0}',
    '\u{10ffff}',
  ],
];

/** At most so many characters (code points, as TR-069 counts them). */
function cut(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  return [...text].slice(0, maxLength).join('');
}

export interface Length {
  /** Characters, as code points. */
  readonly min?: number;
  readonly max?: number;
}

/**
 * Any text of XML 1.0: mostly short, sometimes hostile, sometimes of maximum length (up to 5,000 characters).
 */
export function xmlText({ min = 0, max = 5000 }: Length = {}): fc.Arbitrary<string> {
  const any = fc.string({ unit: xmlCharacter(), minLength: min, maxLength: max, size: 'small' });
  const hostile = fc
    .tuple(fc.constantFrom(...HOSTILE), fc.string({ unit: xmlCharacter(), minLength: min, maxLength: 4 }))
    .map(([text, rest]) => cut(text + rest, max));
  const long = fc
    .tuple(xmlCharacter(), fc.constantFrom(...HOSTILE))
    .map(([character, end]) => cut(end + character.repeat(Math.min(max, 5000)), Math.min(max, 5000)));
  const enough = long.filter((text) => [...text].length >= min);
  return fc.oneof(
    { weight: 24, arbitrary: any },
    { weight: 6, arbitrary: hostile },
    { weight: 1, arbitrary: enough },
  );
}

/** Text that is never noted: without blanks at its edges, and not what printf prints for a null pointer. */
export function cleanText({ min = 0, max = 5000 }: Length = {}): fc.Arbitrary<string> {
  return xmlText({ min, max }).filter((text) => {
    if (text.trim() !== text || text === '(null)') return false;
    return text === '' || (text.charCodeAt(0) > 32 && text.charCodeAt(text.length - 1) > 32);
  });
}

const NAME_START = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_';

/** A name of an element, attribute or prefix without a colon (Namespaces in XML 1.0 section 3). */
export function ncName(maxLength = 12): fc.Arbitrary<string> {
  const start = fc.constantFrom(...NAME_START, '\u00e9', '\u4e2d');
  const rest = fc.constantFrom(...NAME_START, ...'0123456789-.', '\u00e9', '\u00b7', '\u4e2d');
  const plain = fc
    .tuple(start, fc.string({ unit: rest, maxLength: maxLength - 1 }))
    .map(([first, more]) => first + more);
  const hostile = fc.constantFrom('__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf');
  // Names that begin with xml are reserved (XML 1.0 section 2.3).
  return fc
    .oneof({ weight: 8, arbitrary: plain }, { weight: 1, arbitrary: hostile })
    .filter((name) => !/^xml/i.test(name));
}
