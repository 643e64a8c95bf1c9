/** `modemlab task`: what is queued, and how it ended. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, EXAMPLE_DEVICE, subcommand } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import type { ListOptions } from './list.ts';

const STATES: readonly NonNullable<ListOptions['state']>[] = [
  'new',
  'claimed',
  'sent',
  'unsure',
  'running',
  'done',
  'failed',
];

const EXAMPLE_TASK = '01KAK3YQJ5Z8S4W2F7N1R6T0XD';

export function defineTask(task: Command, cli: CliContext): void {
  describeGroup(task);
  subcommand(task, {
    usage: 'list [device]',
    summary: 'list the tasks of all devices or of one, newest last',
    options: [
      new Option('--state <state>', 'only tasks in this state').choices(STATES),
      dataOption(),
      jsonOption(),
    ],
    examples: [
      ['task list', 'all tasks'],
      [`task list ${EXAMPLE_DEVICE} --state failed`, 'the failed tasks of one device'],
    ],
  }).action(async (device: string | undefined, options: ListOptions) => {
    const { list } = await import('./list.ts');
    await list(cli, device, options);
  });
  subcommand(task, {
    usage: 'show <task>',
    summary: 'show one task: its request, its state, and its answer or fault',
    options: [dataOption(), jsonOption()],
    examples: [[`task show ${EXAMPLE_TASK}`, 'the task with this id, which "get" and the like print']],
  }).action(async (id: string, options: DataOptions) => {
    const { show } = await import('./show.ts');
    await show(cli, id, options);
  });
  subcommand(task, {
    usage: 'retry <task>',
    summary: 'queue a failed or unsure task again under the same id',
    options: [dataOption(), jsonOption()],
    examples: [[`task retry ${EXAMPLE_TASK}`, 'carry it out again at the next contact of the device']],
  }).action(async (id: string, options: DataOptions) => {
    const { retry } = await import('./change.ts');
    await retry(cli, id, options);
  });
  subcommand(task, {
    usage: 'cancel <task>',
    summary: 'cancel a task that has not been sent, or whose outcome no longer matters',
    more: 'A task that a modem is working on right now cannot be cancelled.',
    options: [dataOption(), jsonOption()],
    examples: [[`task cancel ${EXAMPLE_TASK}`, 'the task ends as failed']],
  }).action(async (id: string, options: DataOptions) => {
    const { cancel } = await import('./change.ts');
    await cancel(cli, id, options);
  });
}
