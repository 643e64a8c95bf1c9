/** The definition of `modemlab call`: its help lists all methods, so it alone needs the table of RPCs. */
import type { Command } from 'commander';
import { describeArguments } from '../../acs/app/call-arguments.ts';
import { CPE_METHODS } from '../../acs/app/tasks.ts';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { describeQueueCommand } from './queue-commands.ts';

export function defineCall(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    arguments: {
      device: 'key or serial number',
      method: 'the RPC',
      arguments: 'a JSON object with its arguments, or - to read it from standard input (default: {})',
    },
    examples: [
      [
        `call ${EXAMPLE_DEVICE} GetParameterNames '{"ParameterPath":"","NextLevel":true}' --wait`,
        'the first level of the tree',
      ],
      [`call ${EXAMPLE_DEVICE} GetRPCMethods --wait`, 'the methods that the modem reports'],
    ],
  })
    .addHelpText('after', () => {
      const lines = CPE_METHODS.map((rpc) => `  ${rpc} ${describeArguments(rpc)}`);
      return `\nMethods and their arguments (those with ? may be left out):\n${lines.join('\n')}`;
    })
    .action(async (device: string, method: string, text: string | undefined, options: TaskOptions) => {
      const { call } = await import('./call.ts');
      await call(cli, device, method, text ?? '{}', options);
    });
}
