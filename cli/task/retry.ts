/** `modemlab task retry` */
import type { Command } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

export function addTaskRetry(task: Command, cli: CliContext): void {
  command(task, {
    usage: 'retry <task>',
    summary: 'queue a failed or unsure task again, under the same id',
    options: [dataOption(), jsonOption()],
    examples: [['task retry 01KAK3YQJ5Z8S4W2F7N1R6T0XD', 'do it again at the next contact of the device']],
  }).action(async (id: string, { data, json }: DataOptions) => {
    const again = await withData(data, ({ queue }) => queue.retry(id));
    if (json) writeJson(cli.io, again);
    else cli.io.out(`${again.id} is ${again.state}\n`);
  });
}
