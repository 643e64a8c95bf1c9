/** Asks a modem whether an AddObject or DeleteObject, whose answer was lost, was done: it must not be repeated blindly. */
import type { Inform } from '../../protocol/cwmp/messages.ts';
import type { Cpe } from '../conversation.ts';
import { keyOf, parameterKeyOf } from '../evidence.ts';
import type { Task, TaskOutcome } from '../queue/queue.ts';
import type { DeviceStore } from '../store/store.ts';

/** `not-done`: it may be sent again. `undefined`: the modem does not tell; it is asked again in its next session. */
export type ProbeVerdict = TaskOutcome | 'not-done' | undefined;

/** Rejects with E_SESSION_LOST when the session breaks. */
export async function probe(cpe: Cpe, store: DeviceStore, task: Task, inform: Inform): Promise<ProbeVerdict> {
  switch (task.request.rpc) {
    case 'DeleteObject':
      return probeDeleted(cpe, task.request.args.ObjectName);
    case 'AddObject':
      return probeAdded(
        cpe,
        store,
        task,
        task.request.args.ObjectName,
        parameterKeyOf(inform) === keyOf(task),
      );
    default:
      return undefined;
  }
}

async function probeDeleted(cpe: Cpe, object: string): Promise<ProbeVerdict> {
  const reply = await cpe.call({
    kind: 'request',
    rpc: 'GetParameterNames',
    args: { ParameterPath: object, NextLevel: false },
  });
  if (reply.is === 'fault' && reply.fault.FaultCode === 9005) return { is: 'done', answer: { Status: 0 } };
  return reply.is === 'response' ? 'not-done' : undefined;
}

/**
 * A new instance and our ParameterKey together prove it. Neither proves the opposite. One without the other proves
 * nothing: some modems do not keep ParameterKey (Q-VL-16), and somebody else may have added the instance.
 */
async function probeAdded(
  cpe: Cpe,
  store: DeviceStore,
  task: Task,
  table: string,
  keyIsOurs: boolean,
): Promise<ProbeVerdict> {
  const reply = await cpe.call({
    kind: 'request',
    rpc: 'GetParameterNames',
    args: { ParameterPath: table, NextLevel: true },
  });
  // A table without rows is an invalid name to some modems (Q-PN-11).
  const isEmpty = reply.is === 'fault' && reply.fault.FaultCode === 9005;
  if (!isEmpty && (reply.is !== 'response' || reply.response.rpc !== 'GetParameterNames')) return undefined;
  const names =
    reply.is === 'response' && reply.response.rpc === 'GetParameterNames'
      ? reply.response.args.ParameterList
      : [];
  const known = new Set<number>();
  for await (const { name } of store.tree(task.device, table)) addInstance(known, table, name);
  const now = new Set<number>();
  for (const { Name } of names) addInstance(now, table, Name);
  const added = [...now].filter((instance) => !known.has(instance));
  if (added.length === 0 && !keyIsOurs) return 'not-done';
  if (added.length === 0 || !keyIsOurs) return undefined;
  return { is: 'done', answer: { InstanceNumber: Math.max(...added), Status: 0 } };
}

function addInstance(instances: Set<number>, table: string, name: string): void {
  const match = /^(\d{1,10})\./.exec(name.slice(table.length));
  if (name.startsWith(table) && match !== null) instances.add(Number(match[1]));
}
