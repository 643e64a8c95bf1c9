/** `modemlab get` */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { submit } from './submit.ts';

interface GetOptions extends TaskOptions {
  readonly attributes: boolean;
  readonly names: boolean;
}

export function addGet(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'get <device> <names...>',
    summary: 'read parameters of a device (GetParameterValues)',
    more: 'A name that ends with a dot is an object: all below it is read. What is already known is shown by "device tree".',
    options: [
      new Option('--attributes', 'read notification and access list instead (GetParameterAttributes)')
        .default(false)
        .conflicts('names'),
      new Option('--names', 'read the names below one object instead (GetParameterNames)').default(false),
    ],
    examples: [
      [`get ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.UpTime --wait`, 'one value, and wait for it'],
      [
        `get ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo. InternetGatewayDevice.Time.`,
        'two whole objects',
      ],
      [`get ${EXAMPLE_DEVICE} InternetGatewayDevice. --names`, 'the names of the objects of the first level'],
    ],
  }).action(async (device: string, names: readonly string[], options: GetOptions, self: Command) => {
    const [first = ''] = names;
    if (options.names && names.length > 1) self.error('error: --names takes one name');
    await submit(cli, options, device, () => {
      if (options.names) return { rpc: 'GetParameterNames', args: { ParameterPath: first, NextLevel: true } };
      if (options.attributes) return { rpc: 'GetParameterAttributes', args: { ParameterNames: names } };
      return { rpc: 'GetParameterValues', args: { ParameterNames: names } };
    });
  });
}
