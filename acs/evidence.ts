/**
 * What became of a task whose answer was lost, told by what the modem says next. A request that must not be repeated
 * blindly carries the task's id where the RPC has room for it, and the modem shows it again: in an event, in
 * TransferComplete, or in ParameterKey.
 */
import type { CpeMethod, Inform, Request } from '../protocol/cwmp/messages.ts';
import type { Task, TaskOutcome } from './queue/queue.ts';

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
 * What an Inform says of an open task. `undefined`: nothing. `missing`: it would show what it does not, so the task was
 * not done, unless it is still about to be done (see work.ts).
 */
export type Verdict = TaskOutcome | 'missing' | undefined;

/** Which event tells that a request was carried out. */
const TELLING_EVENT: Partial<Record<CpeMethod, string>> = {
  Reboot: 'M Reboot',
  ScheduleInform: 'M ScheduleInform',
};

export function verdictOf(task: Task, inform: Inform): Verdict {
  const key = keyOf(task);
  const event = TELLING_EVENT[task.request.rpc];
  if (event !== undefined) {
    const told = inform.Event.some(({ EventCode, CommandKey }) => EventCode === event && CommandKey === key);
    if (told) return { is: 'done', answer: {} };
    // A scheduled Inform may lie days ahead: that it has not come says nothing.
    return task.request.rpc === 'Reboot' ? 'missing' : undefined;
  }
  if (task.request.rpc === 'FactoryReset')
    return inform.Event.some(({ EventCode }) => EventCode === '0 BOOTSTRAP')
      ? { is: 'done', answer: {} }
      : 'missing';
  return undefined;
}

/** ParameterKey as an Inform shows it: that of the last AddObject, DeleteObject or SetParameterValues that succeeded. */
export function parameterKeyOf(inform: Inform): string | undefined {
  return inform.ParameterList.find(({ Name }) => Name.endsWith('.ManagementServer.ParameterKey'))?.Value;
}
