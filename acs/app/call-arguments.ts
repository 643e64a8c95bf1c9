/** The arguments of any RPC as a person or a program gives them: with parts left out. */
import type { CpeMethod } from '../../protocol/cwmp/messages.ts';
import { RPCS } from '../../protocol/cwmp/messages.ts';
import type { Schema } from '../../protocol/soap/codec.ts';
import type { DeviceStore } from '../store/store.ts';
import { typeOf } from './assignment.ts';

/** Members with an obvious empty value. The server fills in the keys. */
const MAY_BE_LEFT_OUT: ReadonlyMap<string, string | number> = new Map<string, string | number>([
  ['CommandKey', ''],
  ['ParameterKey', ''],
  ['Username', ''],
  ['Password', ''],
  ['TargetFileName', ''],
  ['SuccessURL', ''],
  ['FailureURL', ''],
  ['FileSize', 0],
  ['DelaySeconds', 0],
]);

/** `{ ParameterPath: string, NextLevel: boolean }`; members with `?` may be left out. */
export const describeArguments = (rpc: CpeMethod): string => describe(RPCS[rpc].request.schema);

function describe(schema: Schema): string {
  switch (schema.is) {
    case 'struct': {
      const fields = schema.fields.map(
        ({ name, schema: of, optional }) =>
          `${name}${optional || MAY_BE_LEFT_OUT.has(name) ? '?' : ''}: ${describe(of)}`,
      );
      return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
    }
    case 'array':
    case 'repeated':
      return `[${describe(schema.of)}]`;
    case 'choice':
      return Object.keys(schema.of).join(' | ');
    case 'value':
      return 'string, Type?: string';
    default:
      return schema.is;
  }
}

/**
 * Adds the members that were left out. A value without Type gets the type that `resolveAssignment` would give
 * it. What does not have the form of a list of values stays as it is.
 */
export async function completeArguments(
  store: DeviceStore,
  key: string,
  rpc: CpeMethod,
  args: unknown,
): Promise<unknown> {
  return addTypes((name) => typeOf(store, key, name), addMembers(rpc, args));
}

function addMembers(rpc: CpeMethod, args: unknown): unknown {
  const { schema } = RPCS[rpc].request;
  if (schema.is !== 'struct' || !isObject(args) || Array.isArray(args)) return args;
  const added = schema.fields.flatMap(({ name, optional }) => {
    const value = optional || Object.hasOwn(args, name) ? undefined : MAY_BE_LEFT_OUT.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...args, ...Object.fromEntries(added) };
}

async function addTypes(typeOf: (name: string) => Promise<string>, args: unknown): Promise<unknown> {
  if (!isObject(args) || !('ParameterList' in args) || !Array.isArray(args.ParameterList)) return args;
  const ParameterList = await Promise.all(
    args.ParameterList.map(async (member: unknown) => {
      const lacks = isObject(member) && 'Name' in member && 'Value' in member && !('Type' in member);
      if (!lacks || typeof member.Name !== 'string') return member;
      return { ...member, Type: await typeOf(member.Name) };
    }),
  );
  return { ...args, ParameterList };
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
