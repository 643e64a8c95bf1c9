/** Submits tasks for devices, looks them up, and waits for them to end. */
import type { CpeMethod, Request, RpcName } from '../../protocol/cwmp/messages.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { DataFolder } from '../data-folder.ts';
import { findDevice } from '../device-key.ts';
import type { Task, TaskState } from '../queue/queue.ts';
import type { DeviceRecord } from '../store/store.ts';

/** An RPC and its arguments, not yet checked. */
export interface UncheckedRequest {
  readonly rpc: CpeMethod;
  readonly args: unknown;
}

const isCpeMethod = (name: RpcName): name is CpeMethod => RPCS[name].by !== 'ACS';

/** The RPCs that a modem answers. */
export const CPE_METHODS: readonly CpeMethod[] = Object.keys(RPCS).filter(isRpcName).filter(isCpeMethod);

/** @throws ModemlabError E_TASK_INVALID with the place of the first argument that does not fit */
function checkRequest({ rpc, args }: UncheckedRequest): Request<CpeMethod> {
  const request = RPCS[rpc].requestFrom(args);
  if (request.ok) return request.value;
  throw new ModemlabError('E_TASK_INVALID', `${request.error.place}: ${request.error.wants}`);
}

/**
 * Queues the request that `build` makes for a device, given by its key or serial number.
 * @throws ModemlabError about the device or the arguments
 */
export async function submitTask(
  data: DataFolder,
  device: string,
  build: (record: DeviceRecord) => UncheckedRequest | Promise<UncheckedRequest>,
): Promise<Task> {
  const record = await findDevice(data.store, device);
  return data.queue.add(record.key, checkRequest(await build(record)));
}

/**
 * Resolves with the task when it has ended, or as it is when the time is up.
 * @throws ModemlabError E_TASK_UNKNOWN
 */
export async function waitForTask({ queue }: DataFolder, id: string, timeoutMs: number): Promise<Task> {
  const task = await queue.wait(id, timeoutMs);
  if (task === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id);
  return task;
}

/** @throws ModemlabError E_TASK_UNKNOWN */
export async function findTask({ queue }: DataFolder, id: string): Promise<Task> {
  const task = await queue.get(id);
  if (task === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id);
  return task;
}

/**
 * The tasks of all devices or of one, in the order in which they were accepted; of those, the ones in one
 * state.
 */
export async function listTasks(
  { queue, store }: DataFolder,
  { device, state }: { readonly device?: string | undefined; readonly state?: TaskState | undefined },
): Promise<readonly Task[]> {
  const key = device === undefined ? undefined : (await findDevice(store, device)).key;
  const found: Task[] = [];
  for await (const task of queue.list(key)) if (state === undefined || task.state === state) found.push(task);
  return found;
}
