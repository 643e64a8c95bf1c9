/** `modemlab add` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import { taskCommand } from './command.ts';
import type { ObjectOptions } from './object-name.ts';
import { checkObject, objectOptions } from './object-name.ts';
import { submit } from './submit.ts';

export function addAdd(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'add <device> <object>',
    summary: 'make a new instance of an object (AddObject)',
    more: 'OBJECT ends with a dot. The answer names the number of the new instance.',
    options: objectOptions(),
    examples: [
      [
        `add ${EXAMPLE_DEVICE} InternetGatewayDevice.Layer3Forwarding.Forwarding. --wait`,
        'a new route, and its number',
      ],
    ],
  }).action(async (device: string, object: string, options: ObjectOptions) => {
    await submit(cli, options, device, async ({ key }, { store }) => {
      await checkObject(store, key, object, options.force);
      return { rpc: 'AddObject', args: { ObjectName: object, ParameterKey: options.parameterKey } };
    });
  });
}
