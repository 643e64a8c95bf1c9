/** `NAME=VALUE` and `NAME:TYPE=VALUE` of the command line, and whether the device can be told so. */

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

/** @throws ModemlabError E_USAGE naming the text that is no assignment */
export function parseAssignment(text: string): Assignment {
  const match = /^([^=:\s]+)(?::([^=]*))?=([\s\S]*)$/.exec(text);
  if (match === null) throw new ModemlabError('E_USAGE', `${text}: NAME=VALUE or NAME:TYPE=VALUE is wanted`);
  const [, name = '', spelling, value = ''] = match;
  if (name.endsWith('.')) throw new ModemlabError('E_USAGE', `${name} is an object: it has no value`);
  if (spelling === undefined) return { name, type: undefined, value };
  const type = spelling.replace(/^xsd:/, '').replace(/^base64Binary$/, 'base64');
  if (!isValueType(type))
    throw new ModemlabError('E_USAGE', `${text}: the type is one of ${VALUE_TYPES.join(', ')}`);
  return { name, type, value };
}

/**
 * The value with its type: the one given, else what the modem said, else what the data model says, else string.
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
  const wants = force ? undefined : wrongness(type, value);
  if (wants !== undefined) throw new ModemlabError('E_PARAMETER_VALUE', `${name}: ${wants} is wanted`);
  return { Name: name, Type: type, Value: value };
}

/** The type that the modem told, else that of the data model, else string. */
export async function typeOf(store: DeviceStore, key: string, name: string): Promise<ValueType> {
  const known = await store.parameter(key, name);
  return usable(known?.type) ?? usable(leafType(name)) ?? 'string';
}

const usable = (type: string | undefined): ValueType | undefined =>
  type !== undefined && isValueType(type) ? type : undefined;

/** What would be right; `undefined` when the value is. */
function wrongness(type: ValueType, value: string): string | undefined {
  switch (type) {
    case 'string':
      return undefined;
    case 'boolean':
      return /^(0|1|true|false)$/.test(value) ? undefined : '0, 1, true or false';
    case 'int':
      return wrongInteger(value, -(2n ** 31n), 2n ** 31n - 1n);
    case 'unsignedInt':
      return wrongInteger(value, 0n, 2n ** 32n - 1n);
    case 'long':
      return wrongInteger(value, -(2n ** 63n), 2n ** 63n - 1n);
    case 'unsignedLong':
      return wrongInteger(value, 0n, 2n ** 64n - 1n);
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

function wrongInteger(value: string, low: bigint, high: bigint): string | undefined {
  const right = /^[+-]?\d{1,20}$/.test(value) && BigInt(value) >= low && BigInt(value) <= high;
  return right ? undefined : `a whole number from ${low} to ${high}`;
}
