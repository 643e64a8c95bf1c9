/** ParameterValueStruct: the only struct with a typed member, and by far the most frequent one. */

import { dateTimeOddity } from '../datamodel/date-time.ts';
import { LIMITS } from '../limits.ts';
import type { Codec } from '../soap/codec.ts';
import { readBoolean } from '../soap/codec.ts';
import { ENCODING_NS, XSD_NS } from '../soap/namespaces.ts';
import type { XmlReader } from '../xml/read.ts';
import type { XmlWriter } from '../xml/write.ts';

/** The types of TR-069 and TR-106 values on the wire, by their schema names. */
export const VALUE_TYPES = [
  'string',
  'int',
  'unsignedInt',
  'long',
  'unsignedLong',
  'boolean',
  'dateTime',
  'base64',
  'hexBinary',
] as const;
export type ValueType = (typeof VALUE_TYPES)[number];

/** A parameter and its value as text, whatever its type (TR-069a6 A.3.2.1 Table 18). */
export interface ParameterValueStruct {
  readonly Name: string;
  readonly Value: string;
  /** One of VALUE_TYPES, or the raw name a modem invented (Q-AT-09); `string` when it gave none (Q-AT-08). */
  readonly Type: string;
}

const BY_LOWER_CASE: ReadonlyMap<string, ValueType> = new Map([
  ...VALUE_TYPES.map((type) => [type.toLowerCase(), type] as const),
  ['base64binary', 'base64'],
]);

/** The type that a spelling means, and whether the spelling is not that of the schema. */
function readType(spelling: string): { type: string; odd: boolean } {
  const bare = spelling.replace(/\(\d*\)$/, '').trim();
  const type = BY_LOWER_CASE.get(bare.toLowerCase());
  if (type === undefined) return { type: bare === '' ? 'string' : bare.slice(0, 64), odd: true };
  return { type, odd: type === 'base64' ? spelling !== 'base64Binary' : spelling !== type };
}

/** The schema's spelling of a type. */
const spell = (type: string): string => (type === 'base64' ? 'base64Binary' : type);

function typeOf(reader: XmlReader): string {
  // xsi:type by its local name: the prefix may be undeclared, which uri() notes.
  const attribute = reader.attribute('type');
  if (attribute === undefined) {
    reader.note('Q-AT-08', reader.tagAt);
    return 'string';
  }
  reader.uri(attribute.prefix);
  const colon = attribute.value.indexOf(':');
  const { type, odd } = readType(attribute.value.slice(colon + 1));
  const uri = colon < 0 ? undefined : reader.uri(attribute.value.slice(0, colon));
  const lawful = !odd && (uri === XSD_NS || uri === undefined) && colon >= 0;
  const soapBase64 = type === 'base64' && uri === ENCODING_NS;
  if (!lawful && !soapBase64) reader.note('Q-AT-09', reader.tagAt, attribute.value.slice(0, 32));
  return type;
}

function noteValue(reader: XmlReader, value: string, type: string, at: number): void {
  const first = value.charCodeAt(0);
  if (first <= 32 || value.charCodeAt(value.length - 1) <= 32) reader.note('Q-VL-10', at);
  else if (first === 40 && value === '(null)') reader.note('Q-VL-03', at);
  if (type === 'boolean') {
    if (readBoolean(value).odd) reader.note('Q-AT-11', at, value.slice(0, 16));
  } else if (type === 'dateTime') {
    const oddity = dateTimeOddity(value);
    if (oddity !== undefined) reader.note(oddity, at, value.slice(0, 32));
  }
}

/** The members of a ParameterValueStruct, as far as they were read. */
interface Members {
  name: string | undefined;
  value: string | undefined;
  type: string;
}

function readMember(reader: XmlReader, members: Members): void {
  if (reader.qualified) reader.note('Q-NS-04', reader.tagAt);
  if (reader.is('Name')) {
    if (reader.attributes.length > 0 && reader.attribute('type')?.value.includes(':') === false)
      reader.note('Q-AT-09', reader.tagAt);
    members.name = reader.text();
  } else if (reader.is('Value')) {
    members.type = typeOf(reader);
    const at = reader.at;
    members.value = reader.text();
    noteValue(reader, members.value, members.type, at);
  } else {
    reader.note('Q-XM-07', reader.tagAt, reader.name.slice(0, 32));
    reader.skip();
  }
}

export const parameterValueStruct: Codec<ParameterValueStruct> = {
  read: (reader) => {
    const start = reader.tagAt;
    const members: Members = { name: undefined, value: undefined, type: 'string' };
    if (reader.enter()) while (reader.open()) readMember(reader, members);
    const { name, value, type } = members;
    if (name === undefined) reader.note('Q-AT-16', start, 'Name');
    else if (name.charCodeAt(0) === 46) reader.note('Q-PN-01', start, name.slice(0, 48));
    if (name !== undefined && name.length > LIMITS.nameLength) reader.fail('E_TOO_LONG', start);
    if (value === undefined) reader.note('Q-AT-13', start, name?.slice(0, 64));
    return { Name: name ?? '', Value: value ?? '', Type: type };
  },
  readAlike,
  write: (writer, name, { Name, Value, Type }) => {
    writer.open(name);
    writer.leaf('Name', Name);
    if (!writer.dialect.omits.includes('ParameterValueStruct.Value')) writeValue(writer, Value, Type);
    writer.close(name);
  },
  missing: { Name: '', Value: '', Type: 'string' },
  schema: {
    is: 'struct',
    fields: [
      { name: 'Name', schema: { is: 'string', max: 256 }, optional: false },
      { name: 'Value', schema: { is: 'value' }, optional: false },
    ],
  },
};

function writeValue(writer: XmlWriter, value: string, type: string): void {
  const { valueTypes, typeNames, nullText, valueSuffix } = writer.dialect;
  // A type may be any text that a modem wrote, so it is looked up as data.
  const spelt = (Object.hasOwn(typeNames, type) ? typeNames[type] : typeNames['*']) ?? spell(type);
  const attribute =
    valueTypes === 'none'
      ? ''
      : ` ${writer.name('xsi', 'type')}="${valueTypes === 'bare' ? spelt : writer.attribute(writer.name('xsd', spelt))}"`;
  writer.leaf('Value', (value === '' ? nullText : value) + valueSuffix, attribute);
}

/**
 * One member: the markup before the name, the name, the markup up to the type, and the markup after the
 * value.
 */
const SHAPE =
  /^(\s*<ParameterValueStruct>\s*<Name>)([^<&]*)(<\/Name>\s*<Value ([\w-]{1,16}):type=")[^"<>&]*">[^<]*(<\/Value>\s*<\/ParameterValueStruct>)$/;

/**
 * A modem writes two thousand members with one printf. Once one has been read with care, those like it are
 * read by comparing their markup with its own, in a third of the time. The first one that differs is read
 * with care again.
 */
function readAlike(reader: XmlReader, from: number, members: ParameterValueStruct[]): void {
  // A shape is worth learning only if another member follows, and white space between members is part of it.
  if (members.length < MIN_TO_LEARN || reader.error !== undefined || reader.at - from > MAX_SHAPED) return;
  const shape = learnShape(reader, from);
  if (shape === undefined) return;
  const types: PlainType[] = [];
  while (members.length < LIMITS.members && stands(reader.source, reader.at, shape.head)) {
    const member = readShaped(reader, shape, types);
    if (member === undefined) return;
    members.push(member);
  }
}

/**
 * The markup that all members have in common: before the name, between name and type, and after the value.
 */
interface Shape {
  readonly head: string;
  readonly middle: string;
  readonly tail: string;
}

/** The shape of the member between `from` and the reader's place; `undefined` if it is not worth learning. */
function learnShape(reader: XmlReader, from: number): Shape | undefined {
  const { source } = reader;
  const match = SHAPE.exec(source.slice(from, reader.at));
  if (match === null) return undefined;
  const shape = { head: flat(match[1]), middle: flat(match[3]), tail: flat(match[5]) };
  return stands(source, reader.at, shape.head) && reader.bound(match[4] ?? '') !== undefined
    ? shape
    : undefined;
}

/**
 * The member at the reader's place, if it has the shape and needs no closer look; the reader is then past it.
 */
function readShaped(
  reader: XmlReader,
  { head, middle, tail }: Shape,
  types: PlainType[],
): ParameterValueStruct | undefined {
  const source = reader.source;
  const nameAt = reader.at + head.length;
  const nameEnd = source.indexOf('<', nameAt);
  if (nameEnd < 0 || !stands(source, nameEnd, middle)) return undefined;
  const typeAt = nameEnd + middle.length;
  const type = plainType(reader, source, typeAt, types);
  if (type === undefined) return undefined;
  const valueAt = typeAt + type.text.length;
  const valueEnd = source.indexOf('<', valueAt);
  if (valueEnd < 0 || !stands(source, valueEnd, tail)) return undefined;
  if (nameEnd - nameAt > LIMITS.nameLength) return undefined;
  if (!reader.isPlain(nameAt, nameEnd) || !reader.isPlain(valueAt, valueEnd)) return undefined;
  const value = source.slice(valueAt, valueEnd);
  if (!type.isText || needsLook(source, valueAt, valueEnd)) noteValue(reader, value, type.type, valueAt);
  if (source.charCodeAt(nameAt) === 46) reader.note('Q-PN-01', nameAt);
  reader.at = valueEnd + tail.length;
  return { Name: source.slice(nameAt, nameEnd), Value: value, Type: type.type };
}

/** `startsWith` at an offset, for texts so short that calling the built-in costs more than the comparison. */
function stands(source: string, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (source.charCodeAt(at + i) !== text.charCodeAt(i)) return false;
  return true;
}

/**
 * A string that does not refer to the document: comparing with a slice would access the document each time.
 */
const flat = (text = ''): string => text.split('').join('');

/**
 * Whether a text value begins or ends with white space or begins with a parenthesis: noteValue has to look at
 * it.
 */
function needsLook(source: string, from: number, end: number): boolean {
  if (from === end) return false;
  const first = source.charCodeAt(from);
  return first <= 32 || first === 40 || source.charCodeAt(end - 1) <= 32;
}

/** Members read before a shape is learned: the dozen of an Inform are read faster without. */
const MIN_TO_LEARN = 16;

/** Characters of a member whose shape is learned: a longer one is a blob, and rare. */
const MAX_SHAPED = 4096;

/** A valid xsi:type with the quote and > that end it, and what it means. */
interface PlainType {
  readonly text: string;
  readonly type: string;
  /** Neither a boolean nor a dateTime, whose values are checked. */
  readonly isText: boolean;
}

/** The type written at an offset; `undefined` where there is something to note. */
function plainType(reader: XmlReader, source: string, at: number, known: PlainType[]): PlainType | undefined {
  for (const type of known) if (stands(source, at, type.text)) return type;
  const end = source.indexOf('"', at);
  if (end < 0 || end - at > 64 || source.charCodeAt(end + 1) !== 62 || known.length > 8) return undefined;
  const colon = source.indexOf(':', at);
  if (colon < at || colon > end) return undefined;
  const { type, odd } = readType(source.slice(colon + 1, end));
  if (odd || reader.bound(source.slice(at, colon)) !== XSD_NS) return undefined;
  const plain = {
    text: flat(source.slice(at, end + 2)),
    type,
    isText: type !== 'boolean' && type !== 'dateTime',
  };
  known.push(plain);
  return plain;
}
