/** `modemlab task list` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { findDevice } from '../../acs/device-key.ts';
import type { Task, TaskState } from '../../acs/queue/queue.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_DEVICE } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import type { Column } from '../support/table.ts';
import { shortTime, writeJson, writeTable } from '../support/table.ts';
import { withData } from '../support/with-data.ts';
import { describeFailure } from './report.ts';

const STATES: readonly TaskState[] = ['new', 'claimed', 'sent', 'unsure', 'running', 'done', 'failed'];

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

interface ListOptions extends DataOptions {
  readonly state?: TaskState;
}

export function addTaskList(task: Command, cli: CliContext): void {
  command(task, {
    usage: 'list [device]',
    summary: 'list the tasks of all devices or of one, the newest last',
    options: [
      new Option('--state <state>', 'only those in this state').choices(STATES),
      dataOption(),
      jsonOption(),
    ],
    examples: [
      ['task list', 'all tasks'],
      [`task list ${EXAMPLE_DEVICE} --state failed`, 'the failed ones of one device'],
    ],
  }).action(async (device: string | undefined, { data, json, state }: ListOptions) => {
    const tasks = await withData(data, async ({ queue, store }) => {
      const key = device === undefined ? undefined : (await findDevice(store, device)).key;
      const found: Task[] = [];
      for await (const one of queue.list(key))
        if (state === undefined || one.state === state) found.push(one);
      return found;
    });
    if (json) writeJson(cli.io, tasks);
    else if (tasks.length === 0) cli.io.err('there is no such task\n');
    else writeTable(cli.io, COLUMNS, tasks);
  });
}
