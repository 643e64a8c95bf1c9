/** `modemlab reboot` */
import type { Command } from 'commander';
import type { Cli } from '../support/cli-context.ts';
import { A_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import { taskCommand } from './command.ts';
import { submit } from './submit.ts';

export function addReboot(program: Command, cli: Cli): void {
  taskCommand(program, {
    usage: 'reboot <device>',
    summary: 'restart a device (Reboot)',
    examples: [[`reboot ${A_DEVICE} --wait`, 'restart it, and wait until it has accepted']],
  }).action(async (device: string, options: TaskOptions) => {
    // The server puts the id of the task into CommandKey, by which the modem's next Inform tells that it was done.
    await submit(cli, options, device, () => ({ rpc: 'Reboot', args: { CommandKey: '' } }));
  });
}
