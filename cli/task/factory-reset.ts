/** `modemlab factory-reset` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { submit } from './submit.ts';

export function addFactoryReset(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'factory-reset <device>',
    summary: 'bring a device back to what it left the factory with (FactoryReset)',
    more: 'It forgets the address of this server too: be sure that it finds its way back.',
    examples: [[`factory-reset ${EXAMPLE_DEVICE} --wait`, 'reset it, and wait until it has accepted']],
  }).action(async (device: string, options: TaskOptions) => {
    await submit(cli, options, device, () => ({ rpc: 'FactoryReset', args: {} }));
  });
}
