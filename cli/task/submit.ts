/** Puts a task into the queue of a device, and waits for its end when asked to. */
import type { DataFolder } from '../../acs/data-folder.ts';
import { findDevice } from '../../acs/device-key.ts';
import type { Task } from '../../acs/queue/queue.ts';
import type { DeviceRecord } from '../../acs/store/store.ts';
import type { CpeMethod, Request, RpcName } from '../../protocol/cwmp/messages.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { TaskOptions } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import { safe, writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';
import { tellTaskFailure, writeAnswer } from './report.ts';

/** An RPC and its arguments, not yet checked. */
export interface Wish {
  readonly rpc: CpeMethod;
  readonly args: unknown;
}

const isCpeMethod = (name: RpcName): name is CpeMethod => RPCS[name].by !== 'ACS';

/** The RPCs that a modem answers. */
export const CPE_METHODS: readonly CpeMethod[] = Object.keys(RPCS).filter(isRpcName).filter(isCpeMethod);

/**
 * @throws ModemlabError E_TASK_INVALID with the place of the first argument that does not fit
 */
export function requestOf({ rpc, args }: Wish): Request<CpeMethod> {
  const request = RPCS[rpc].requestFrom(args);
  if (request.ok) return request.value;
  throw new ModemlabError('E_TASK_INVALID', `${request.error.place}: ${request.error.wants}`);
}

/**
 * Adds the task that `build` makes for a device. Prints its id (or the task as JSON); with --wait the answer.
 * @throws ModemlabError of the device, the arguments, the data folder, or E_TASK_TIMEOUT
 */
export async function submit(
  cli: CliContext,
  options: TaskOptions,
  device: string,
  build: (record: DeviceRecord, data: DataFolder) => Wish | Promise<Wish>,
): Promise<void> {
  await withData(options.data, async (data) => {
    const record = await findDevice(data.store, device);
    const task = await data.queue.add(record.key, requestOf(await build(record, data)));
    if (options.wait) await awaitEnd(cli, options, data, task);
    else tellAccepted(cli, options, task);
  });
}

function tellAccepted({ io }: CliContext, { json }: TaskOptions, task: Task): void {
  if (json) writeJson(io, task);
  else io.out(`${task.id}\n`);
  io.err(`${task.request.rpc} waits for the next contact of ${safe(task.device)}\n`);
}

async function awaitEnd(
  cli: CliContext,
  { json, timeout }: TaskOptions,
  data: DataFolder,
  task: Task,
): Promise<void> {
  cli.io.err(`${task.request.rpc} ${task.id} waits for ${safe(task.device)}\n`);
  const ended = await data.queue.wait(task.id, timeout * 1000);
  if (ended === undefined) throw new ModemlabError('E_TASK_UNKNOWN', task.id);
  if (json) writeJson(cli.io, ended);
  if (ended.state === 'failed') {
    tellTaskFailure(cli.io, ended);
    cli.exitCode = EXIT.failed;
  } else if (ended.state !== 'done')
    throw new ModemlabError('E_TASK_TIMEOUT', `${task.id} is ${ended.state}`);
  else if (!json) writeAnswer(cli.io, ended);
}
