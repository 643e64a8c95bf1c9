/** Arguments of an RPC from the schema that its codec carries: what fits it, and nothing else. */
import fc from 'fast-check';
import type { FieldSchema, Schema } from '../../protocol/soap/codec.ts';

export type Leaf = Exclude<Schema, { readonly is: 'struct' | 'array' | 'repeated' | 'choice' }>;
type Json = fc.Arbitrary<unknown>;
type JsonObject = fc.Arbitrary<Record<string, unknown>>;

/** What to put into the places of a schema. */
export interface Fill {
  /** The content of an element; members of an array of strings have the name of the array. */
  leaf(schema: Leaf, name: string, struct: string): Json;
  /** A ParameterValueStruct, which carries Type beside its members. */
  parameterValue(): JsonObject;
  /** A list of members that may depend on each other; `undefined`: members are made one by one. */
  list?(member: string, parent: string): Json | undefined;
}

/** Members of one list, at most; long lists have tests of their own. */
const MAX = 5;

export function fromSchema(schema: Schema, fill: Fill, name: string, struct = ''): Json {
  switch (schema.is) {
    case 'struct':
      return fromStruct(schema.fields, fill, name);
    case 'array': {
      const list = fill.list?.(schema.member, struct);
      if (list !== undefined) return list;
      const inner = schema.of.is === 'struct' ? schema.member : name;
      const max = Math.min(schema.max, Math.max(schema.min, MAX));
      return fc.array(fromSchema(schema.of, fill, inner, struct), { minLength: schema.min, maxLength: max });
    }
    case 'repeated':
      return fc.array(fromSchema(schema.of, fill, name, struct), { minLength: 1, maxLength: MAX });
    case 'choice':
      return fc.oneof(...Object.entries(schema.of).map(([choice, of]) => fromChoice(choice, of, fill)));
    default:
      return fill.leaf(schema, name, struct);
  }
}

function fromStruct(fields: readonly FieldSchema[], fill: Fill, struct: string): JsonObject {
  if (fields.some(({ schema }) => schema.is === 'value')) return fill.parameterValue();
  const members: Record<string, Json> = {};
  for (const { name, schema } of fields) members[name] = fromSchema(schema, fill, name, struct);
  const requiredKeys = fields.filter(({ optional }) => !optional).map(({ name }) => name);
  // A message read from the wire is made of ordinary objects, and strict equality looks at that.
  return fc.record(members, { requiredKeys, noNullPrototype: true });
}

function fromChoice(choice: string, schema: Schema, fill: Fill): Json {
  if (schema.is !== 'struct') throw new Error(`unreachable: the choice ${choice} is no struct`);
  return fromStruct(schema.fields, fill, choice).map((members) => ({ Operation: choice, ...members }));
}
