/**
 * Asks a modem whether an AddObject or DeleteObject whose answer was lost was done: it must not be repeated
 * blindly.
 *
 * It is asked in the first session after the loss, before anything else, because it cannot be found out
 * later: other requests change ParameterKey, and once the tree is read again the new instance looks as if it
 * had always been there.
 */
import type { Inform } from '../../protocol/cwmp/messages.ts';
import type { Task, TaskOutcome, TaskQueue } from '../queue/queue.ts';
import type { DeviceStore } from '../store/store.ts';
import type { KeyVerdict } from '../tasks/task-verdict.ts';
import { hasBootstrap, keyVerdict, parameterKeyOf, UNSURE } from '../tasks/task-verdict.ts';
import type { Cpe, Reply } from './rule-runner.ts';

/** `not-done`: the task may be sent again. */
export type ProbeVerdict = TaskOutcome | 'not-done';

export interface ProbeContext {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  /** The Inform of this session. */
  readonly inform: Inform;
}

/** Rejects with E_SESSION_LOST when the session breaks. */
export async function probe(cpe: Cpe, context: ProbeContext, task: Task): Promise<ProbeVerdict> {
  switch (task.request.rpc) {
    case 'DeleteObject':
      return probeDeleted(cpe, context, task, task.request.args.ObjectName);
    case 'AddObject':
      return probeAdded(cpe, context, task, task.request.args.ObjectName);
    default:
      return UNSURE;
  }
}

async function probeDeleted(
  cpe: Cpe,
  { store, queue, inform }: ProbeContext,
  task: Task,
  object: string,
): Promise<ProbeVerdict> {
  const key = await keyVerdictOf(queue, task, inform);
  const listed = await namesBelow(cpe, object, false);
  if (listed?.names.some((name) => name.startsWith(object)))
    // A factory reset restores the objects of the factory settings.
    return key === 'done' || (await mayBeReset(queue, task.device, inform)) ? UNSURE : 'not-done';
  if (key === 'not-done') return 'not-done';
  const isGone = listed?.exists === false && (await isKnown(store, task.device, object));
  // Without our key the request may have been refused: a factory reset, which empties ParameterKey, deletes
  // objects too.
  const lostItsKey = parameterKeyOf(inform) === '';
  if (key !== 'done' && (!isGone || lostItsKey)) return UNSURE;
  await store.forget(task.device, object);
  return { is: 'done', answer: { Status: 0 } };
}

/**
 * Our ParameterKey and a new instance together prove that it was done; the lack of both proves that it was
 * not. One without the other proves nothing: the modem may not keep ParameterKey, and somebody else may have
 * added the instance.
 */
async function probeAdded(
  cpe: Cpe,
  { store, queue, inform }: ProbeContext,
  task: Task,
  table: string,
): Promise<ProbeVerdict> {
  const key = await keyVerdictOf(queue, task, inform);
  const listed = await namesBelow(cpe, table, true);
  // The key alone can prove that it was not done; if it was done, the number of the instance is unknown.
  if (listed === undefined) return key === 'not-done' ? 'not-done' : UNSURE;
  const isListed = await wasListed(store, queue, task.device);
  if (!isListed && key === 'not-done') return 'not-done';
  const known = await knownInstances(store, queue, task, table, inform);
  const now = new Set<number>();
  // Some modems refuse the name of a table without rows as invalid (Q-PN-11).
  for (const name of listed.names) addInstance(now, table, name);
  const added = [...now].filter((instance) => !known.has(instance));
  if (added.length === 0)
    return key === 'done' || !isListed || (await mayBeReset(queue, task.device, inform))
      ? UNSURE
      : 'not-done';
  if (key !== 'done' || (await wasReset(store, queue, task.device))) return UNSURE;
  // Instance numbers only grow (TR-069a6 A.2.2.1): the highest is the newest.
  const InstanceNumber = Math.max(...added);
  await store.merge(task.device, [{ name: `${table}${InstanceNumber}.`, writable: true }]);
  return { is: 'done', answer: { InstanceNumber, Status: 0 } };
}

/** The key of a task that was sent later says nothing about this one. */
async function keyVerdictOf(queue: TaskQueue, task: Task, inform: Inform): Promise<KeyVerdict> {
  const verdict = keyVerdict(task, inform);
  if (verdict !== 'not-done') return verdict;
  const shown = await queue.get(parameterKeyOf(inform) ?? '');
  const isLater = Date.parse(shown?.sentAt ?? '') > Date.parse(task.sentAt ?? '');
  return isLater ? 'unknown' : 'not-done';
}

/** RPCs that leave their task's id as ParameterKey when they succeed. */
const KEYED: ReadonlySet<string> = new Set(['SetParameterValues', 'AddObject', 'DeleteObject']);

/**
 * Whether the modem may have been reset to factory settings since: that empties ParameterKey and removes a
 * new instance, whose absence then proves nothing. A modem that was never given a key of ours has none to
 * lose.
 */
async function mayBeReset(queue: TaskQueue, device: string, inform: Inform): Promise<boolean> {
  if (hasBootstrap(inform)) return true;
  if (parameterKeyOf(inform) !== '') return false;
  for await (const { request, state } of queue.list(device))
    if (state === 'done' && KEYED.has(request.rpc)) return true;
  return false;
}

interface Listed {
  /** Whether the modem has such an object. */
  readonly exists: boolean;
  readonly names: readonly string[];
}

/** What the modem lists below a path; `undefined` when it does not answer the question. */
async function namesBelow(cpe: Cpe, path: string, nextLevel: boolean): Promise<Listed | undefined> {
  const reply: Reply = await cpe.call({
    kind: 'request',
    rpc: 'GetParameterNames',
    args: { ParameterPath: path, NextLevel: nextLevel },
  });
  if (reply.is === 'fault' && reply.fault.FaultCode === 9005) return { exists: false, names: [] };
  if (reply.is !== 'response' || reply.response.rpc !== 'GetParameterNames') return undefined;
  return { exists: true, names: reply.response.args.ParameterList.map(({ Name }) => Name) };
}

/** Whether the names of the whole tree were read: only then is an instance that the store lacks a new one. */
async function wasListed(store: DeviceStore, queue: TaskQueue, device: string): Promise<boolean> {
  const state = (await store.get(device))?.discovery.state;
  return (state === 'values' || state === 'done') && !(await wasReset(store, queue, device));
}

/**
 * Whether we reset the modem since its tree was read: that restores objects, and their numbers start over.
 */
async function wasReset(store: DeviceStore, queue: TaskQueue, device: string): Promise<boolean> {
  const since = (await store.get(device))?.discovery.startedAt ?? '';
  for await (const { request, endedAt = '', sentAt = endedAt } of queue.list(device))
    if (request.rpc === 'FactoryReset' && sentAt >= since) return true;
  return false;
}

async function isKnown(store: DeviceStore, device: string, object: string): Promise<boolean> {
  for await (const { name } of store.tree(device, object)) if (name.startsWith(object)) return true;
  return false;
}

/**
 * Instances that were there before the task was sent. Those that only this Inform names are not among them.
 */
async function knownInstances(
  store: DeviceStore,
  queue: TaskQueue,
  task: Task,
  table: string,
  inform: Inform,
): Promise<ReadonlySet<number>> {
  const informNames = new Set(inform.ParameterList.map(({ Name }) => Name));
  const known = new Set<number>();
  for await (const { name } of store.tree(task.device, table))
    if (!informNames.has(name)) addInstance(known, table, name);
  // The answer of an AddObject is kept before the tree is changed: after a crash between the two only the
  // task has it.
  for await (const { request, state, answer } of queue.list(task.device)) {
    if (request.rpc !== 'AddObject' || request.args.ObjectName !== table || state !== 'done') continue;
    if (typeof answer !== 'object' || answer === null || !('InstanceNumber' in answer)) continue;
    if (typeof answer.InstanceNumber === 'number') known.add(answer.InstanceNumber);
  }
  return known;
}

function addInstance(instances: Set<number>, table: string, name: string): void {
  const match = /^(\d{1,10})\./.exec(name.slice(table.length));
  if (name.startsWith(table) && match !== null) instances.add(Number(match[1]));
}
