/** `modemlab task show` */
import { withData } from '../../acs/app/data.ts';
import { findTask } from '../../acs/app/tasks.ts';
import type { Task } from '../../acs/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import type { DataOptions } from '../support/options.ts';
import { writeArguments } from '../support/render-value.ts';
import { shortTime, writeFields, writeJson } from '../support/table.ts';
import { describeFailure, reportTaskFailure } from './report-task.ts';

export async function show({ io }: CliContext, id: string, { data, json }: DataOptions): Promise<void> {
  const task = await withData(data, (opened) => findTask(opened, id));
  if (json) writeJson(io, task);
  else writeTask(io, task);
}

function writeTask(io: Io, task: Task): void {
  writeFields(io, [
    ['task', task.id],
    ['device', task.device],
    ['method', task.request.rpc],
    ['state', task.state],
    ['times sent', task.attempts],
    ['accepted', shortTime(task.acceptedAt)],
    ['sent', shortTime(task.sentAt)],
    ['ended', shortTime(task.endedAt)],
    ['claimed by', task.owner],
    ['claimed until', shortTime(task.leaseUntil)],
    ['deadline', shortTime(task.deadline)],
    ['why', describeFailure(task) || undefined],
  ]);
  io.out('\nrequest\n');
  writeArguments(io, task.request.args);
  if (task.answer !== undefined) {
    io.out('\nanswer\n');
    writeArguments(io, task.answer);
  }
  if ((task.fault?.SetParameterValuesFault.length ?? 0) > 0) reportTaskFailure(io, task);
}
