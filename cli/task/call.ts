/** `modemlab call` */
import type { Command } from 'commander';
import { Argument } from 'commander';
import { typeOf } from '../../acs/app/assignment.ts';
import { parseJson } from '../../acs/app/device-file.ts';
import type { CpeMethod } from '../../protocol/cwmp/messages.ts';
import { RPCS } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Schema } from '../../protocol/soap/codec.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { CPE_METHODS, submit } from './submit.ts';

/** Members that mean nothing in particular when they are empty: the server fills in the keys. */
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

/** `{ ParameterPath: string, NextLevel: boolean }` */
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

/** With the members that may be left out. */
function complete(rpc: CpeMethod, args: unknown): unknown {
  const { schema } = RPCS[rpc].request;
  if (schema.is !== 'struct' || typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  const added = schema.fields.flatMap(({ name, optional }) => {
    const value = optional || Object.hasOwn(args, name) ? undefined : MAY_BE_LEFT_OUT.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...args, ...Object.fromEntries(added) };
}

/** A value without Type gets the one that `set` would give it. What is not in the form of a list of values stays. */
async function withTypes(typeOf: (name: string) => Promise<string>, args: unknown): Promise<unknown> {
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

export function addCall(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'call',
    summary: 'send any RPC that modems answer, its arguments as JSON',
    arguments: [
      new Argument('<device>', 'key or serial number'),
      new Argument('<method>', 'the RPC'),
      new Argument(
        '[arguments]',
        'a JSON object with its members, or - to read it from standard input',
      ).default('{}'),
    ],
    examples: [
      [
        `call ${EXAMPLE_DEVICE} GetParameterNames '{"ParameterPath":"","NextLevel":true}' --wait`,
        'the first level of the tree',
      ],
      [`call ${EXAMPLE_DEVICE} GetRPCMethods --wait`, 'what the modem says it can do'],
    ],
  })
    .addHelpText('after', () => {
      const lines = CPE_METHODS.map((rpc) => `  ${rpc} ${describe(RPCS[rpc].request.schema)}`);
      return `\nMethods and their arguments (those with ? may be left out):\n${lines.join('\n')}`;
    })
    .action(async (device: string, method: string, text: string, options: TaskOptions) => {
      const rpc = CPE_METHODS.find((name) => name === method);
      if (rpc === undefined)
        throw new ModemlabError('E_TASK_INVALID', `${method}: one of ${CPE_METHODS.join(', ')} is wanted`);
      const fromInput = text === '-';
      const args = parseJson(fromInput ? await cli.io.readInput() : text, fromInput ? '-' : 'arguments');
      await submit(cli, options, device, async ({ key }, { store }) => ({
        rpc,
        args: await withTypes((name) => typeOf(store, key, name), complete(rpc, args)),
      }));
    });
}
