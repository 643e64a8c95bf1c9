/** `modemlab task list` */
import { withData } from '../../acs/app/data.ts';
import { listTasks } from '../../acs/app/tasks.ts';
import type { Task, TaskState } from '../../acs/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { DataOptions } from '../support/options.ts';
import type { Column } from '../support/table.ts';
import { shortTime, writeJson, writeTable } from '../support/table.ts';
import { describeFailure } from './report-task.ts';

const COLUMNS: readonly Column<Task>[] = [
  { title: 'TASK', cell: ({ id }) => id },
  { title: 'DEVICE', cell: ({ device }) => device },
  { title: 'METHOD', cell: ({ request }) => request.rpc },
  { title: 'STATE', cell: ({ state }) => state },
  { title: 'SENT', cell: ({ attempts }) => attempts, align: 'right' },
  { title: 'ACCEPTED', cell: ({ acceptedAt }) => shortTime(acceptedAt) },
  { title: 'ENDED', cell: ({ endedAt }) => shortTime(endedAt) },
  { title: 'WHY', cell: (task) => describeFailure(task) },
];

export interface ListOptions extends DataOptions {
  readonly state?: TaskState;
}

export async function list(
  { io }: CliContext,
  device: string | undefined,
  { data, json, state }: ListOptions,
): Promise<void> {
  const tasks = await withData(data, (opened) => listTasks(opened, { device, state }));
  if (json) writeJson(io, tasks);
  else if (tasks.length === 0) io.err('no such task\n');
  else writeTable(io, COLUMNS, tasks);
}
