/** `modemlab task show` */
import type { Command } from 'commander';
import type { Task } from '../../acs/queue/queue.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { writeArguments } from '../support/render-value.ts';
import { shortTime, writeFields, writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';
import { describeFailure, tellTaskFailure } from './report.ts';

export function addTaskShow(task: Command, cli: CliContext): void {
  command(task, {
    usage: 'show <task>',
    summary: 'show one task: its request, its state, and its answer or fault',
    options: [dataOption(), jsonOption()],
    examples: [
      ['task show 01KAK3YQJ5Z8S4W2F7N1R6T0XD', 'the task with this id, as "get" and the others print it'],
    ],
  }).action(async (id: string, { data, json }: DataOptions) => {
    const found = await withData(data, ({ queue }) => queue.get(id));
    if (found === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id);
    if (json) writeJson(cli.io, found);
    else show(cli.io, found);
  });
}

function show(io: Io, task: Task): void {
  writeFields(io, [
    ['task', task.id],
    ['device', task.device],
    ['method', task.request.rpc],
    ['state', task.state],
    ['times sent', task.attempts],
    ['accepted', shortTime(task.acceptedAt)],
    ['sent', shortTime(task.sentAt)],
    ['ended', shortTime(task.endedAt)],
    ['held by', task.owner],
    ['held until', shortTime(task.leaseUntil)],
    ['deadline', shortTime(task.deadline)],
    ['why', describeFailure(task) || undefined],
  ]);
  io.out('\nrequest\n');
  writeArguments(io, task.request.args);
  if (task.answer !== undefined) {
    io.out('\nanswer\n');
    writeArguments(io, task.answer);
  }
  if ((task.fault?.SetParameterValuesFault.length ?? 0) > 0) tellTaskFailure(io, task);
}
