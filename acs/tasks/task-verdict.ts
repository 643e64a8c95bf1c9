/**
 * Decides from the modem's next messages what became of a task whose answer was lost. A request that must not
 * be repeated blindly carries the task's id where the RPC has room for it, and the modem shows it again: in
 * an event, in TransferComplete, or in ParameterKey.
 */
import type { CpeMethod, Inform, Request } from '../../protocol/cwmp/messages.ts';
import { storageName } from '../device-key.ts';
import type { Task, TaskOutcome } from '../queue/queue.ts';
import { isTaskId, mayBelong } from '../queue/task-id.ts';

/** The request as it leaves: the task's id stands in for a key that the user left empty. */
export function keyed(task: Task): Request<CpeMethod> {
  const { request } = task;
  switch (request.rpc) {
    case 'Reboot':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'Download':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'Upload':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'ScheduleDownload':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'ScheduleInform':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'ChangeDUState':
      return { ...request, args: { ...request.args, CommandKey: request.args.CommandKey || task.id } };
    case 'SetParameterValues':
      return { ...request, args: { ...request.args, ParameterKey: request.args.ParameterKey || task.id } };
    case 'AddObject':
      return { ...request, args: { ...request.args, ParameterKey: request.args.ParameterKey || task.id } };
    case 'DeleteObject':
      return { ...request, args: { ...request.args, ParameterKey: request.args.ParameterKey || task.id } };
    default:
      return request;
  }
}

/** The key that the modem shows again. */
export function keyOf(task: Task): string | undefined {
  const { args } = keyed(task);
  if ('CommandKey' in args) return args.CommandKey;
  return 'ParameterKey' in args ? args.ParameterKey : undefined;
}

/**
 * What an Inform says of an open task. `undefined`: nothing. `missing`: the Inform lacks what it would show
 * if the task had been done, so it was not done, unless it is still about to be (see request-source.ts).
 */
export type TaskVerdict = TaskOutcome | 'missing' | undefined;

/** It was sent, and nothing that the modem says can show any more whether it was done. */
export const UNSURE = { is: 'failed', error: { code: 'E_TASK_UNSURE' } } as const satisfies TaskOutcome;

const BOOTSTRAP = '0 BOOTSTRAP';

/** The event by which a modem reports that it carried out a request. */
const CONFIRMING_EVENT: Partial<Record<CpeMethod, string>> = {
  Reboot: 'M Reboot',
  ScheduleInform: 'M ScheduleInform',
};

/** `before`: the event codes of the device's Inform before this one. */
export function verdictOf(task: Task, inform: Inform, before: readonly string[]): TaskVerdict {
  const key = keyOf(task);
  const bootstrapped = hasBootstrap(inform);
  const event = CONFIRMING_EVENT[task.request.rpc];
  if (event !== undefined) {
    const isReported = inform.Event.some(
      ({ EventCode, CommandKey }) => EventCode === event && CommandKey === key,
    );
    if (isReported) return { is: 'done', answer: {} };
    // BOOTSTRAP discards all other events (TR-069a6 3.7.1.5 Table 8): the lack of this one means nothing.
    if (bootstrapped) return UNSURE;
    // A scheduled Inform may lie days ahead: its absence means nothing.
    return task.request.rpc === 'Reboot' ? 'missing' : undefined;
  }
  if (task.request.rpc !== 'FactoryReset') return undefined;
  if (!bootstrapped) return 'missing';
  // A modem that repeats the events of a broken session shows a BOOTSTRAP from before the request (Q-EV-04).
  return inform.RetryCount > 0 && before.includes(BOOTSTRAP) ? UNSURE : { is: 'done', answer: {} };
}

/** Whether the events of an Inform may decide open tasks. */
export function decidesTasks(inform: Inform): boolean {
  return hasBootstrap(inform) || inform.Event.some(({ EventCode }) => EventCode.startsWith('M '));
}

/** Whether the modem reports its first contact with this ACS, or its first after a factory reset. */
export const hasBootstrap = ({ Event }: Inform): boolean =>
  Event.some(({ EventCode }) => EventCode === BOOTSTRAP);

/**
 * What ParameterKey says of an AddObject or DeleteObject, if no other request with a key was sent after it.
 */
export type KeyVerdict = 'done' | 'not-done' | 'unknown';

/**
 * ParameterKey changes if and only if a request that carries one succeeds (TR-069a6 A.3.2.1). So the task's
 * own key proves that it was done; the key of another task of ours proves that the modem keeps keys and that
 * this one was not done. A key that a user chose may have been there before; some modems show none or a
 * default of their own (Q-VL-16).
 */
export function keyVerdict(task: Task, inform: Inform): KeyVerdict {
  const shown = parameterKeyOf(inform);
  if (shown === undefined || !isTaskId(shown)) return 'unknown';
  if (shown === task.id) return 'done';
  return keyOf(task) === task.id && mayBelong(shown, storageName(task.device)) ? 'not-done' : 'unknown';
}

/** ParameterKey as an Inform shows it. */
export function parameterKeyOf(inform: Inform): string | undefined {
  return inform.ParameterList.find(({ Name }) => Name.endsWith('.ManagementServer.ParameterKey'))?.Value;
}

/** Milliseconds that a request asks the modem to wait before carrying it out. */
export function delayOf({ request }: Task): number {
  switch (request.rpc) {
    case 'Download':
    case 'Upload':
    case 'ScheduleInform':
      return request.args.DelaySeconds * 1000;
    case 'ScheduleDownload':
      return Math.max(0, ...request.args.TimeWindowList.map(({ WindowEnd }) => WindowEnd)) * 1000;
    default:
      return 0;
  }
}
