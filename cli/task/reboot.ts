/** `modemlab reboot` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { submit } from './submit.ts';

export function addReboot(program: Command, cli: CliContext): void {
  taskCommand(program, {
    usage: 'reboot <device>',
    summary: 'restart a device (Reboot)',
    examples: [[`reboot ${EXAMPLE_DEVICE} --wait`, 'restart it, and wait until it has accepted']],
  }).action(async (device: string, options: TaskOptions) => {
    // The server puts the id of the task into CommandKey, by which the modem's next Inform tells that it was done.
    await submit(cli, options, device, () => ({ rpc: 'Reboot', args: { CommandKey: '' } }));
  });
}
