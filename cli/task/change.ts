/** `modemlab task retry` and `task cancel` */
import { withData } from '../../acs/app/data.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { DataOptions } from '../support/options.ts';
import { writeJson } from '../support/table.ts';

export async function retry({ io }: CliContext, id: string, { data, json }: DataOptions): Promise<void> {
  const task = await withData(data, ({ queue }) => queue.retry(id));
  if (json) writeJson(io, task);
  else io.out(`${task.id} is ${task.state}\n`);
}

export async function cancel({ io }: CliContext, id: string, { data, json }: DataOptions): Promise<void> {
  const task = await withData(data, ({ queue }) => queue.cancel(id));
  if (json) writeJson(io, task);
  else io.out(`${task.id} is cancelled\n`);
}
