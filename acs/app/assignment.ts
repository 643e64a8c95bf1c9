/** Reads `NAME=VALUE` and `NAME:TYPE=VALUE`, and checks whether the device can take the value. */
import type { ParameterValueStruct } from '../../protocol/cwmp/messages.ts';
import type { ValueType } from '../../protocol/cwmp/parameter-value.ts';
import { VALUE_TYPES } from '../../protocol/cwmp/parameter-value.ts';
import { readDateTime } from '../../protocol/datamodel/date-time.ts';
import { leafType } from '../../protocol/datamodel/leaf-type.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { assertNever } from '../../protocol/result.ts';
import type { DeviceStore } from '../store/store.ts';

export interface Assignment {
  readonly name: string;
  readonly type: ValueType | undefined;
  readonly value: string;
}

const isValueType = (text: string): text is ValueType => VALUE_TYPES.some((type) => type === text);

/** @throws ModemlabError E_USAGE naming the text that is not an assignment */
export function parseAssignment(text: string): Assignment {
  const match = /^([^=:\s]+)(?::([^=]*))?=([\s\S]*)$/.exec(text);
  if (match === null) throw new ModemlabError('E_USAGE', `${text}: expected NAME=VALUE or NAME:TYPE=VALUE`);
  const [, name = '', spelling, value = ''] = match;
  if (name.endsWith('.')) throw new ModemlabError('E_USAGE', `${name} is an object, which has no value`);
  if (spelling === undefined) return { name, type: undefined, value };
  const type = spelling.replace(/^xsd:/, '').replace(/^base64Binary$/, 'base64');
  if (!isValueType(type))
    throw new ModemlabError('E_USAGE', `${text}: the type must be one of ${VALUE_TYPES.join(', ')}`);
  return { name, type, value };
}

/**
 * The value with its type: the one given, or else as `typeOf` says.
 * @throws ModemlabError E_PARAMETER_READ_ONLY or E_PARAMETER_VALUE, unless `force`
 */
export async function resolveAssignment(
  store: DeviceStore,
  key: string,
  { name, type: given, value }: Assignment,
  force: boolean,
): Promise<ParameterValueStruct> {
  if (!force && (await store.parameter(key, name))?.writable === false)
    throw new ModemlabError('E_PARAMETER_READ_ONLY', name);
  const type = given ?? (await typeOf(store, key, name));
  const expected = force ? undefined : expectation(type, value);
  if (expected !== undefined) throw new ModemlabError('E_PARAMETER_VALUE', `${name}: expected ${expected}`);
  return { Name: name, Type: type, Value: value };
}

/** The type that the modem reported, or else the data model's, or else string. */
export async function typeOf(store: DeviceStore, key: string, name: string): Promise<ValueType> {
  const known = await store.parameter(key, name);
  return usable(known?.type) ?? usable(leafType(name)) ?? 'string';
}

const usable = (type: string | undefined): ValueType | undefined =>
  type !== undefined && isValueType(type) ? type : undefined;

/** What would be a correct value; `undefined` if this one is. */
function expectation(type: ValueType, value: string): string | undefined {
  switch (type) {
    case 'string':
      return undefined;
    case 'boolean':
      return /^(0|1|true|false)$/.test(value) ? undefined : '0, 1, true or false';
    case 'int':
      return integerExpectation(value, -(2n ** 31n), 2n ** 31n - 1n);
    case 'unsignedInt':
      return integerExpectation(value, 0n, 2n ** 32n - 1n);
    case 'long':
      return integerExpectation(value, -(2n ** 63n), 2n ** 63n - 1n);
    case 'unsignedLong':
      return integerExpectation(value, 0n, 2n ** 64n - 1n);
    case 'dateTime':
      return readDateTime(value) === undefined ? 'a time such as 2026-01-31T12:00:00Z' : undefined;
    case 'base64':
      return /^[A-Za-z0-9+/]*={0,2}$/.test(value) && value.length % 4 === 0 ? undefined : 'base64';
    case 'hexBinary':
      return /^([0-9A-Fa-f]{2})*$/.test(value) ? undefined : 'an even number of hexadecimal digits';
    default:
      return assertNever(type);
  }
}

function integerExpectation(value: string, low: bigint, high: bigint): string | undefined {
  const right = /^[+-]?\d{1,20}$/.test(value) && BigInt(value) >= low && BigInt(value) <= high;
  return right ? undefined : `a whole number from ${low} to ${high}`;
}
