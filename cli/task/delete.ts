/** `modemlab delete` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import { taskCommand } from './command.ts';
import type { ObjectOptions } from './object-name.ts';
import { checkObject, objectOptions } from './object-name.ts';
import { submit } from './submit.ts';

export function addDelete(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'delete <device> <object>',
    summary: 'remove an instance of an object (DeleteObject)',
    more: 'OBJECT ends with the number of the instance and a dot.',
    options: objectOptions(),
    examples: [
      [`delete ${EXAMPLE_DEVICE} InternetGatewayDevice.Layer3Forwarding.Forwarding.2.`, 'the second route'],
    ],
  }).action(async (device: string, object: string, options: ObjectOptions) => {
    await submit(cli, options, device, async ({ key }, { store }) => {
      await checkObject(store, key, object, options.force);
      return { rpc: 'DeleteObject', args: { ObjectName: object, ParameterKey: options.parameterKey } };
    });
  });
}
