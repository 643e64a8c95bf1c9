/** Submits a task, and waits for it to end when asked to. */
import type { DataFolder } from '../../acs/app/data.ts';
import { withData } from '../../acs/app/data.ts';
import type { UncheckedRequest } from '../../acs/app/tasks.ts';
import { submitTask, waitForTask } from '../../acs/app/tasks.ts';
import type { DeviceRecord, Task } from '../../acs/index.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { TaskOptions } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson } from '../support/table.ts';
import { reportTaskFailure, writeAnswer } from './report-task.ts';

/**
 * Queues the request that `build` makes for a device. Prints its id (or the task as JSON); with --wait the
 * answer.
 * @throws ModemlabError about the device, the arguments or the data folder, or E_TASK_TIMEOUT
 */
export async function queueTask(
  cli: CliContext,
  options: TaskOptions,
  device: string,
  build: (record: DeviceRecord, data: DataFolder) => UncheckedRequest | Promise<UncheckedRequest>,
): Promise<void> {
  await withData(options.data, async (data) => {
    const task = await submitTask(data, device, (record) => build(record, data));
    if (options.wait) await awaitEnd(cli, options, data, task);
    else writeQueued(cli, options, task);
  });
}

function writeQueued({ io }: CliContext, { json }: TaskOptions, task: Task): void {
  if (json) writeJson(io, task);
  else io.out(`${task.id}\n`);
  io.err(`${task.request.rpc} queued until the next contact of ${safe(task.device)}\n`);
}

async function awaitEnd(
  cli: CliContext,
  { json, timeout }: TaskOptions,
  data: DataFolder,
  task: Task,
): Promise<void> {
  cli.io.err(`${task.request.rpc} ${task.id}: waiting for ${safe(task.device)}\n`);
  const ended = await waitForTask(data, task.id, timeout * 1000);
  if (json) writeJson(cli.io, ended);
  if (ended.state === 'failed') {
    reportTaskFailure(cli.io, ended);
    cli.exitCode = EXIT.failed;
  } else if (ended.state !== 'done')
    throw new ModemlabError('E_TASK_TIMEOUT', `${task.id} is ${ended.state}`);
  else if (!json) writeAnswer(cli.io, ended);
}
