/** ParameterValueStruct: the one struct whose member carries a type, and by far the most frequent. */
import type { Codec } from '../soap/codec.ts';
import { readBoolean } from '../soap/codec.ts';
import { ENCODING_NS, XSD_NS } from '../soap/namespaces.ts';
import { LIMITS } from '../limits.ts';
import type { XmlReader } from '../xml/read.ts';
import type { XmlWriter } from '../xml/write.ts';
import { dateTimeOddity } from '../datamodel/date-time.ts';

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

/** The type that a spelling means, and whether it is spelt by the schema. */
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

export const parameterValueStruct: Codec<ParameterValueStruct> = {
  read: (reader) => {
    const start = reader.tagAt;
    let name: string | undefined;
    let value: string | undefined;
    let type = 'string';
    if (reader.enter()) {
      while (reader.open()) {
        if (reader.qualified) reader.note('Q-NS-04', reader.tagAt);
        if (reader.is('Name')) {
          if (reader.attributes.length > 0 && reader.attribute('type')?.value.includes(':') === false)
            reader.note('Q-AT-09', reader.tagAt);
          name = reader.text();
        } else if (reader.is('Value')) {
          type = typeOf(reader);
          const at = reader.at;
          value = reader.text();
          noteValue(reader, value, type, at);
        } else {
          reader.note('Q-XM-07', reader.tagAt, reader.name.slice(0, 32));
          reader.skip();
        }
      }
    }
    if (name === undefined) reader.note('Q-AT-16', start, 'Name');
    else if (name.charCodeAt(0) === 46) reader.note('Q-PN-01', start, name.slice(0, 48));
    if (name !== undefined && name.length > LIMITS.nameLength) reader.fail('E_TOO_LONG', start);
    if (value === undefined) reader.note('Q-AT-13', start, name?.slice(0, 64));
    return { Name: name ?? '', Value: value ?? '', Type: type };
  },
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
  const spelt = typeNames[type] ?? typeNames['*'] ?? spell(type);
  const attribute =
    valueTypes === 'none'
      ? ''
      : ` ${writer.name('xsi', 'type')}="${valueTypes === 'bare' ? spelt : writer.attribute(writer.name('xsd', spelt))}"`;
  writer.leaf('Value', (value === '' ? nullText : value) + valueSuffix, attribute);
}
