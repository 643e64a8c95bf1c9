/** Checks a value of unknown origin (JSON of a task file or a command line) against a schema. */
import type { Codec, FieldSchema, Schema } from './codec.ts';

export interface Mismatch {
  /** Where, as a path: `GetParameterValues.ParameterNames[2]`. */
  readonly place: string;
  /** What is wanted there. */
  readonly wants: string;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The first place at which the value does not fit; `undefined` when it fits. */
export function check(schema: Schema, value: unknown, place: string): Mismatch | undefined {
  switch (schema.is) {
    case 'string':
      if (typeof value !== 'string') return { place, wants: 'a string' };
      return [...value].length > schema.max
        ? { place, wants: `at most ${schema.max} characters` }
        : undefined;
    case 'value':
    case 'dateTime':
    case 'base64':
      return typeof value === 'string' ? undefined : { place, wants: 'a string' };
    case 'boolean':
      return typeof value === 'boolean' ? undefined : { place, wants: 'true or false' };
    case 'int':
      return checkInteger(value, -2147483648, 2147483647, place);
    case 'unsignedInt':
      return checkInteger(value, 0, 4294967295, place);
    case 'array':
      return checkList(schema.of, value, schema.min, schema.max, place);
    case 'repeated':
      return checkList(schema.of, value, 1, Number.POSITIVE_INFINITY, place);
    case 'struct':
      return checkStruct(schema.fields, value, place);
    case 'choice':
      return checkChoice(schema.of, value, place);
  }
}

export function fits<T>(codec: Codec<T>, value: unknown): value is T {
  return check(codec.schema, value, '') === undefined;
}

function checkInteger(value: unknown, low: number, high: number, place: string): Mismatch | undefined {
  const right = typeof value === 'number' && Number.isInteger(value) && value >= low && value <= high;
  return right ? undefined : { place, wants: `a whole number from ${low} to ${high}` };
}

function checkList(
  of: Schema,
  value: unknown,
  min: number,
  max: number,
  place: string,
): Mismatch | undefined {
  if (!Array.isArray(value)) return { place, wants: 'a list' };
  if (value.length < min) return { place, wants: `at least ${min} member${min === 1 ? '' : 's'}` };
  if (value.length > max) return { place, wants: `at most ${max} members` };
  for (const [index, member] of value.entries()) {
    const mismatch = check(of, member, `${place}[${index}]`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function checkStruct(fields: readonly FieldSchema[], value: unknown, place: string): Mismatch | undefined {
  const names = fields.map((field) => field.name);
  const wants = names.length === 0 ? 'an object without members' : `an object with ${names.join(', ')}`;
  if (!isRecord(value)) return { place, wants };
  // ParameterValueStruct has Type in addition to the schema's members: on the wire it is xsi:type.
  const typed = fields.some(({ schema }) => schema.is === 'value');
  const known = typed ? [...names, 'Type'] : names;
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) return { place: `${place}.${unknown}`, wants: `no such member; ${wants}` };
  if (typed && (!Object.hasOwn(value, 'Type') || typeof value.Type !== 'string' || value.Type === ''))
    return { place: `${place}.Type`, wants: 'a type such as string, boolean or unsignedInt' };
  for (const { name, schema, optional } of fields) {
    if (!Object.hasOwn(value, name)) {
      if (optional) continue;
      return { place: `${place}.${name}`, wants: 'a value' };
    }
    const mismatch = check(schema, value[name], `${place}.${name}`);
    if (mismatch !== undefined) return mismatch;
  }
  return undefined;
}

function checkChoice(
  of: Readonly<Record<string, Schema>>,
  value: unknown,
  place: string,
): Mismatch | undefined {
  const choices = Object.keys(of);
  if (!isRecord(value) || typeof value.Operation !== 'string' || !Object.hasOwn(of, value.Operation))
    return { place: `${place}.Operation`, wants: `one of ${choices.join(', ')}` };
  const schema = of[value.Operation];
  const { Operation: _, ...rest } = value;
  return schema === undefined ? undefined : check(schema, rest, place);
}
