/** `modemlab task cancel` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

export function addTaskCancel(task: Command, cli: CliContext): void {
  command(task, {
    usage: 'cancel <task>',
    summary: 'end a task that has not been sent, or whose end nobody waits for any more',
    more: 'A task that is with a modem at this moment is not cancelled.',
    options: [dataOption(), jsonOption()],
    examples: [['task cancel 01KAK3YQJ5Z8S4W2F7N1R6T0XD', 'it ends as failed']],
  }).action(async (id: string, { data, json }: DataOptions) => {
    const ended = await withData(data, ({ queue }) => queue.cancel(id));
    if (json) writeJson(cli.io, ended);
    else cli.io.out(`${ended.id} is cancelled\n`);
  });
}
