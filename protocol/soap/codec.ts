/**
 * SOAP encoding as CWMP uses it, as small parts: each part reads and writes one kind of element, and a
 * message is a composition of them (../cwmp/messages.ts). Reading is lenient and notes what is odd; writing
 * follows the dialect.
 */
import { LIMITS } from '../limits.ts';
import type { XmlReader } from '../xml/read.ts';
import type { XmlWriter } from '../xml/write.ts';
import { ENCODING_NS } from './namespaces.ts';

export interface Codec<T> {
  /** Reads the element just opened; the reader is then past it. */
  read(reader: XmlReader): T;
  /** Writes an element of this name. `path` is `Struct.Element`, for dialects that name elements. */
  write(writer: XmlWriter, name: string, value: T, path: string, attributes?: string): void;
  /** The value used if it is missing. */
  readonly missing: T;
  /** What the schema says: for docs, for checks of JSON input, and for arbitraries. */
  readonly schema: Schema;
  /**
   * Adds members of an array for as long as their markup is identical to that of the one that began at
   * `from`. Only a short cut: `read` reads what it leaves.
   */
  readAlike?(reader: XmlReader, from: number, members: T[]): void;
}

export type Schema =
  | { readonly is: 'string'; readonly max: number }
  | { readonly is: 'unsignedInt' | 'int' | 'boolean' | 'dateTime' | 'base64' }
  | { readonly is: 'struct'; readonly fields: readonly FieldSchema[] }
  | {
      readonly is: 'array';
      readonly member: string;
      readonly of: Schema;
      readonly min: number;
      readonly max: number;
    }
  | { readonly is: 'repeated'; readonly of: Schema }
  | { readonly is: 'choice'; readonly of: Readonly<Record<string, Schema>> }
  | { readonly is: 'value' };

export interface FieldSchema {
  readonly name: string;
  readonly schema: Schema;
  readonly optional: boolean;
}

export type Value<C> = C extends Codec<infer T> ? T : never;

const elementName = (writer: XmlWriter, name: string): string => {
  const { qualified } = writer.dialect;
  // The RPC's own element comes with its prefix.
  if (qualified.length === 0 || name.includes(':')) return name;
  return qualified.includes('*') || qualified.includes(name) ? writer.name('cwmp', name) : name;
};

const omitted = (writer: XmlWriter, path: string): boolean =>
  writer.dialect.omits.length > 0 && writer.dialect.omits.includes(path);

/** Text of at most `max` characters. A longer one is noted, but kept. */
export function string(max = 16): Codec<string> {
  return {
    read: (reader) => {
      const at = reader.at;
      const text = reader.text();
      // The limits count characters (TR-069a6 Table 12), not UTF-16 units.
      if (text.length > max && (text.length > 2 * max || [...text].length > max)) reader.note('Q-XM-06', at);
      if (text === '(null)') reader.note('Q-VL-03', at);
      return text;
    },
    write: (writer, name, value, path) => {
      if (omitted(writer, path)) return;
      const { nullText, identitySuffix } = writer.dialect;
      const suffix = name === 'SerialNumber' ? identitySuffix : '';
      writer.leaf(elementName(writer, name), (value === '' ? nullText : value) + suffix);
    },
    missing: '',
    schema: { is: 'string', max },
  };
}

/**
 * A time as the peer wrote it: real devices write anything (Q-VL-04 to 08). ../datamodel/date-time.ts parses
 * it.
 */
export const dateTime: Codec<string> = {
  read: (reader) => reader.text(),
  write: (writer, name, value, path) => {
    if (!omitted(writer, path)) writer.leaf(elementName(writer, name), value);
  },
  missing: '0001-01-01T00:00:00Z',
  schema: { is: 'dateTime' },
};

function integer(is: 'int' | 'unsignedInt', low: number, high: number): Codec<number> {
  return {
    read: (reader) => {
      const at = reader.at;
      const text = reader.text().trim();
      const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
      if (Number.isNaN(value) || value < low || value > high) {
        reader.note('Q-AT-16', at, text.slice(0, 16));
        return 0;
      }
      if (/^0\d/.test(text)) reader.note('Q-VL-09', at);
      return value;
    },
    write: (writer, name, value, path) => {
      if (omitted(writer, path)) return;
      const { counterWidth, maxEnvelopes } = writer.dialect;
      const width = name === 'RetryCount' ? counterWidth : 1;
      const written = path === 'Inform.MaxEnvelopes' && maxEnvelopes !== 1 ? maxEnvelopes : value;
      writer.leaf(elementName(writer, name), String(written).padStart(width, '0'));
    },
    missing: 0,
    schema: { is },
  };
}

export const unsignedInt = integer('unsignedInt', 0, 4294967295);
export const int = integer('int', -2147483648, 2147483647);

const BOOLEAN_SPELLINGS = {
  digits: ['0', '1'],
  words: ['false', 'true'],
  capitals: ['FALSE', 'TRUE'],
  'yes-no': ['no', 'yes'],
} as const;

/**
 * xsd:boolean as modems write it: true for any spelling of yes and any number but 0. `odd` if it is not 0, 1,
 * true or false.
 */
export function readBoolean(text: string): { value: boolean; odd: boolean } {
  if (text === '1' || text === 'true') return { value: true, odd: false };
  if (text === '0' || text === 'false') return { value: false, odd: false };
  const lower = text.trim().toLowerCase();
  return { value: !/^(|0+|false|no|off|disabled|disable|n|f)$/.test(lower), odd: true };
}

export const boolean: Codec<boolean> = {
  read: (reader) => {
    const at = reader.at;
    const { value, odd } = readBoolean(reader.text());
    if (odd) reader.note('Q-AT-11', at);
    return value;
  },
  write: (writer, name, value, path) => {
    if (omitted(writer, path)) return;
    writer.leaf(elementName(writer, name), BOOLEAN_SPELLINGS[writer.dialect.booleans][value ? 1 : 0]);
  },
  missing: false,
  schema: { is: 'boolean' },
};

/** base64 as text: vouchers are not decoded. */
export const base64: Codec<string> = {
  ...dateTime,
  missing: '',
  schema: { is: 'base64' },
};

export interface OptionalCodec<T> extends Codec<T> {
  readonly optional: true;
}

/** An element that may be absent. */
export function optional<T>(codec: Codec<T>): OptionalCodec<T> {
  return { ...codec, optional: true };
}

/** Codec's methods are bivariant, so a codec of any type is one of unknown. */
type Fields = Readonly<Record<string, Codec<unknown>>>;
type OptionalKeys<F> = { [K in keyof F]: F[K] extends { optional: true } ? K : never }[keyof F];
export type StructOf<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Value<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: Value<F[K]>;
};

interface Field {
  readonly name: string;
  readonly codec: Codec<unknown>;
  readonly optional: boolean;
  readonly repeats: boolean;
}

/** Whether every mandatory member is present, as `readMembers` and `defaultsOf` make sure of. */
function isComplete<F>(fields: readonly Field[], value: object): value is StructOf<F> {
  return fields.every((field) => field.optional || Object.hasOwn(value, field.name));
}

/**
 * Members by name, in any order: we write them in the order of the schema, and note any other order
 * (Q-AT-15).
 */
export function struct<F extends Fields>(structName: string, definition: F): Codec<StructOf<F>> {
  const fields: readonly Field[] = Object.entries(definition).map(([name, codec]) => ({
    name,
    codec,
    optional: 'optional' in codec,
    repeats: 'repeats' in codec,
  }));

  const complete = (value: object): StructOf<F> => {
    if (!isComplete<F>(fields, value)) throw new Error(`unreachable: ${structName} is not complete`);
    return value;
  };
  return {
    read: (reader) => complete(readMembers(reader, fields)),
    write: (writer, name, value, path, attributes = '') => {
      if (omitted(writer, path)) return;
      const element = elementName(writer, name);
      writer.open(element, attributes);
      writeMembers(writer, fields, value, structName);
      writer.close(element);
    },
    missing: complete(defaultsOf(fields)),
    schema: {
      is: 'struct',
      fields: fields.map(({ name, codec, optional }) => ({ name, schema: codec.schema, optional })),
    },
  };
}

function readMembers(reader: XmlReader, fields: readonly Field[]): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const at = reader.tagAt;
  let next = 0;
  if (reader.enter()) while (reader.open()) next = readMember(reader, fields, next, out, at);
  for (const { name, codec, optional } of fields) {
    if (optional || Object.hasOwn(out, name)) continue;
    reader.note(name === 'CommandKey' ? 'Q-AT-06' : 'Q-AT-16', at, name);
    out[name] = codec.missing;
  }
  return out;
}

/** Reads the child just opened into `out`, and returns the index of the field that is expected next. */
function readMember(
  reader: XmlReader,
  fields: readonly Field[],
  next: number,
  out: Record<string, unknown>,
  at: number,
): number {
  const index = fieldAt(reader, fields, next);
  const field = fields[index];
  if (field === undefined) {
    reader.note('Q-XM-07', reader.tagAt, reader.name.slice(0, 32));
    reader.skip();
    return next;
  }
  if (reader.qualified) reader.note('Q-NS-04', reader.tagAt, field.name);
  if (index < next && !Object.hasOwn(out, field.name)) reader.note('Q-AT-15', reader.tagAt, field.name);
  noteAttributes(reader, field);
  const value = field.codec.read(reader);
  const before = out[field.name];
  if (field.repeats && Array.isArray(before) && Array.isArray(value)) {
    // In place: a copy for each would be quadratic in what a peer sends.
    if (before.length >= LIMITS.members) reader.fail('E_TOO_MANY_MEMBERS', at);
    before.push(...value);
  } else {
    if (before !== undefined) reader.note('Q-XM-09', reader.tagAt, field.name);
    out[field.name] = value;
  }
  return field.repeats ? index : index + 1;
}

function writeMembers(writer: XmlWriter, fields: readonly Field[], value: object, structName: string): void {
  const order = structName === 'Inform' ? writer.dialect.informOrder : [];
  const inOrder =
    order.length === 0 ? fields : [...fields].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  for (const { name, codec } of inOrder) {
    const member: unknown = Reflect.get(value, name);
    if (member !== undefined) codec.write(writer, name, member, `${structName}.${name}`);
  }
}

function defaultsOf(fields: readonly Field[]): Record<string, unknown> {
  const missing: Record<string, unknown> = {};
  for (const { name, codec, optional } of fields) if (!optional) missing[name] = codec.missing;
  return missing;
}

/** The field with the name of the child just opened; the expected one is tried first. */
function fieldAt(reader: XmlReader, fields: readonly Field[], expected: number): number {
  const next = fields[expected];
  if (next !== undefined && reader.is(next.name)) return expected;
  return fields.findIndex((field) => reader.is(field.name));
}

function noteAttributes(reader: XmlReader, { name, codec }: Field): void {
  for (const attribute of reader.attributes) {
    if (attribute.name === 'xmlns' && attribute.prefix === '' && attribute.value !== '')
      reader.note('Q-NS-05', reader.tagAt, name);
    else if (attribute.name === 'type' && codec.schema.is === 'string' && !attribute.value.includes(':'))
      reader.note('Q-AT-09', reader.tagAt, attribute.value.slice(0, 32));
  }
}

/**
 * A SOAP array: `<List soap-enc:arrayType="cwmp:Member[2]"><Member>...`. Members are counted; the declared
 * size is not trusted.
 */
export function array<T>(
  member: string,
  of: Codec<T>,
  min = 0,
  max: number = LIMITS.members,
): Codec<readonly T[]> {
  const memberType =
    of.schema.is === 'string'
      ? 'xsd:string'
      : of.schema.is === 'base64'
        ? 'xsd:base64Binary'
        : `cwmp:${member}`;
  return {
    read: (reader) => readArray(reader, member, of, memberType),
    write: (writer, name, members, path) => {
      if (omitted(writer, path)) return;
      const element = elementName(writer, name);
      writer.open(element, arrayAttributes(writer, memberType, members.length));
      for (const value of members) of.write(writer, member, value, member);
      writer.close(element);
    },
    missing: [],
    schema: { is: 'array', member, of: of.schema, min, max },
  };
}

function readArray<T>(reader: XmlReader, member: string, of: Codec<T>, memberType: string): readonly T[] {
  const at = reader.tagAt;
  const attribute = reader.attribute('arrayType');
  const odd = attribute !== undefined && reader.uri(attribute.prefix) !== ENCODING_NS;
  const xsiType = reader.attribute('type');
  if (odd) reader.note('Q-XM-08', at);
  if (xsiType !== undefined) reader.note('Q-AT-07', at);
  const members: T[] = [];
  if (reader.enter()) {
    for (let from = reader.at; reader.open(); from = reader.at) {
      if (members.length >= LIMITS.members) reader.fail('E_TOO_MANY_MEMBERS', reader.tagAt);
      if (!reader.is(member)) reader.note('Q-XM-07', reader.tagAt, reader.name.slice(0, 32));
      if (reader.qualified) reader.note('Q-NS-04', reader.tagAt, member);
      members.push(of.read(reader));
      of.readAlike?.(reader, from, members);
    }
  }
  noteArrayType(reader, attribute?.value, members.length, memberType, at);
  return members;
}

function noteArrayType(
  reader: XmlReader,
  text: string | undefined,
  count: number,
  memberType: string,
  at: number,
): void {
  if (text === undefined) {
    reader.note('Q-AT-06', at);
    return;
  }
  const match = /^([^[]{0,128})\[([^\]]{0,32})\]\s*$/.exec(text);
  if (match === null) {
    reader.note('Q-XM-08', at, text.slice(0, 32));
    return;
  }
  const [, type = '', size = ''] = match;
  noteMemberType(reader, type, memberType, at);
  noteSize(reader, size, count, at);
}

function noteMemberType(reader: XmlReader, type: string, memberType: string, at: number): void {
  const colon = type.indexOf(':');
  if (colon < 0) {
    reader.note('Q-AT-04', at, type.slice(0, 32));
    return;
  }
  const local = type.slice(colon + 1);
  const expected = memberType.slice(memberType.indexOf(':') + 1);
  const uri = reader.uri(type.slice(0, colon)) ?? '';
  const simple = !memberType.startsWith('cwmp:');
  if (local !== expected || simple === uri.startsWith('urn:dslforum-org:'))
    reader.note('Q-AT-05', at, type.slice(0, 48));
}

function noteSize(reader: XmlReader, size: string, count: number, at: number): void {
  const digits = size.trim();
  if (digits !== size) reader.note('Q-AT-02', at, size);
  if (/^0\d/.test(digits) && Number(digits) === count) reader.note('Q-AT-01', at, size);
  if (!/^\d+$/.test(digits) || Number(digits) !== count)
    reader.note('Q-AT-03', at, `${size.slice(0, 16)} for ${count}`);
}

function arrayAttributes(writer: XmlWriter, memberType: string, count: number): string {
  const { arrayType, arrayCount, arrayXsiType } = writer.dialect;
  const xsi = arrayXsiType ? ` ${writer.name('xsi', 'type')}="${writer.name('enc', 'Array')}"` : '';
  if (arrayType === 'none') return xsi;
  const [prefix = '', local = ''] = memberType.split(':');
  const namespace = prefix === 'xsd' && arrayType !== 'cwmp-only' ? 'xsd' : 'cwmp';
  const type = arrayType === 'bare' ? local : writer.name(namespace, local);
  const declared = arrayCount.off === 'zero' ? 0 : count + arrayCount.off;
  const digits = String(declared);
  const size =
    arrayCount.pad === '0' ? digits.padStart(arrayCount.width, '0') : digits.padEnd(arrayCount.width, ' ');
  return `${xsi} ${writer.name('enc', 'arrayType')}="${type}[${size}]"`;
}

/**
 * One element per item without an array around them: Operations and Results of the DU methods. Used as a
 * field of a struct.
 */
export function repeated<T>(of: Codec<T>): Codec<readonly T[]> & { readonly repeats: true } {
  return {
    // The struct around it reads one element at a time and appends: see `readMember`.
    read: (reader) => [of.read(reader)],
    write: (writer, name, values, path) => {
      for (const value of values) of.write(writer, name, value, path);
    },
    missing: [],
    schema: { is: 'repeated', of: of.schema },
    repeats: true,
  };
}
