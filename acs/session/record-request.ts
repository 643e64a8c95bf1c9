/** Writes down what a CPE tells by its own requests, before it is acknowledged. */
import { hash } from 'node:crypto';
import type {
  AcsMethod,
  Args,
  CwmpFault,
  DeviceId,
  Envelope,
  Inform,
  Request,
} from '../../protocol/cwmp/messages.ts';
import type { QuirkId } from '../../protocol/quirks/quirk.ts';
import { assertNever } from '../../protocol/result.ts';
import type { Log } from '../log.ts';
import { errorFields } from '../log.ts';
import type { Task, TaskQueue } from '../queue/queue.ts';
import type { DeviceRecord, DeviceStore } from '../store/store.ts';
import { parameterOf, setDigest } from '../tasks/apply-response.ts';
import { decidesTasks, keyOf, verdictOf } from '../tasks/task-verdict.ts';

export interface Teller {
  readonly key: string;
  readonly deviceId: DeviceId;
  readonly address: string;
  readonly quirks: ReadonlyMap<QuirkId, number>;
  readonly untyped: boolean;
  /** ISO 8601. */
  readonly now: string;
}

export interface ToldContext {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  readonly log: Log;
  readonly onTask: (task: Task) => void;
}

/** Resolves when it is kept; what decides about a task is on the disk by then. */
export async function told(
  context: ToldContext,
  teller: Teller,
  envelope: Envelope<Request<AcsMethod>>,
): Promise<void> {
  const { message } = envelope;
  switch (message.rpc) {
    case 'Inform':
      await toldInform(context, teller, message.args, envelope.namespace);
      return;
    case 'TransferComplete':
      await toldTransfer(context, teller, message.args);
      return;
    case 'DUStateChangeComplete': {
      const key = message.args.CommandKey ?? '';
      const task = await openTask(
        context.queue,
        teller.key,
        (open) => open.request.rpc === 'ChangeDUState' && keyOf(open) === key,
      );
      if (task !== undefined)
        context.onTask(await context.queue.end(task, { is: 'done', answer: message.args }));
      return;
    }
    case 'AutonomousTransferComplete':
    case 'AutonomousDUStateChangeComplete':
    case 'RequestDownload':
    case 'Kicked':
      context.log.info({ device: teller.key, rpc: message.rpc, args: message.args }, 'the modem told');
      return;
    case 'GetRPCMethods':
      return;
    default:
      assertNever(message);
  }
}

async function toldInform(
  context: ToldContext,
  teller: Teller,
  inform: Inform,
  namespace: string,
): Promise<void> {
  // Before the record says that this Inform came: should this process die between the two, the modem repeats it.
  if (decidesTasks(inform)) await decideTasks(context, teller, inform);
  const digest = digestOf(inform);
  const isQuiet = inform.Event.every(({ EventCode }) => QUIET_EVENTS.has(EventCode));
  let sameAsLast = false;
  const written = context.store.update(
    teller.key,
    (before) => {
      sameAsLast = before?.lastInform.digest === digest;
      // The list counts as known once it is in the tree, not before.
      return recordOf(before, teller, inform, namespace, sameAsLast ? digest : '');
    },
    () => sameAsLast && isQuiet,
  );
  // An Inform that says nothing new but that the modem is there need not be on the disk before it is answered.
  if (sameAsLast && isQuiet) {
    written.catch((error: unknown) => {
      context.log.error({ device: teller.key, ...errorFields(error) }, 'could not keep a periodic Inform');
    });
    return;
  }
  await written;
  if (sameAsLast) return;
  await context.store.merge(
    teller.key,
    inform.ParameterList.filter(({ Name }) => Name !== '').map((value) => parameterOf(value, teller)),
  );
  await setDigest(context.store, teller.key, digest);
}

/** Events that nothing hangs on: should the Inform be lost with a crash, the next one says the same. */
const QUIET_EVENTS: ReadonlySet<string> = new Set(['2 PERIODIC', '6 CONNECTION REQUEST']);

/** Ends the open tasks that the events of an Inform decide about. */
async function decideTasks({ store, queue, onTask }: ToldContext, { key }: Teller, inform: Inform) {
  const open = await queue.open(key);
  if (open.length === 0) return;
  const before = (await store.get(key))?.lastInform.events ?? [];
  for (const task of open) {
    const verdict = verdictOf(task, inform, before);
    if (verdict !== undefined && verdict !== 'missing') onTask(await queue.end(task, verdict));
  }
}

function digestOf(inform: Inform): string {
  let text = '';
  for (const { Name, Value } of inform.ParameterList) text += `${Name}\0${Value}\0`;
  return hash('sha1', text, 'base64').slice(0, 16);
}

/** SoftwareVersion as the Inform's parameters tell it. */
export function softwareVersionOf(inform: Inform): string {
  return (
    inform.ParameterList.find(({ Name }) => Name.endsWith('DeviceInfo.SoftwareVersion'))?.Value.slice(
      0,
      256,
    ) ?? ''
  );
}

function recordOf(
  before: DeviceRecord | undefined,
  teller: Teller,
  inform: Inform,
  namespace: string,
  digest: string,
): DeviceRecord {
  const softwareVersion = softwareVersionOf(inform) || (before?.softwareVersion ?? '');
  const quirks: Partial<Record<QuirkId, number>> = { ...before?.quirks };
  for (const [id, count] of teller.quirks) quirks[id] = (quirks[id] ?? 0) + count;
  const changed = before !== undefined && before.discovery.firmware !== softwareVersion;
  const fresh = { state: 'none', firmware: softwareVersion, names: 0, values: 0 } as const;
  // Spelt out, not spread: an object made by a spread of so many members is slow to make and slow to read.
  const record: DeviceRecord = {
    key: teller.key,
    deviceId: teller.deviceId,
    firstContact: before?.firstContact ?? teller.now,
    lastContact: teller.now,
    lastInform: {
      events: inform.Event.map(({ EventCode }) => EventCode),
      currentTime: inform.CurrentTime,
      retryCount: inform.RetryCount,
      digest: changed ? '' : digest,
    },
    informs: (before?.informs ?? 0) + 1,
    address: teller.address,
    namespace,
    softwareVersion,
    discovery: before === undefined || changed ? fresh : before.discovery,
    quirks,
  };
  return before?.methods === undefined ? record : { ...record, methods: before.methods };
}

/** The result of a transfer. Its CommandKey names the task; an empty one means the only transfer there is (Q-FT-01). */
async function toldTransfer(
  context: ToldContext,
  teller: Teller,
  complete: Args<'TransferComplete'>,
): Promise<void> {
  const transfers: Task[] = [];
  for (const task of await context.queue.open(teller.key)) {
    const { rpc } = task.request;
    if (rpc === 'Download' || rpc === 'Upload' || rpc === 'ScheduleDownload') transfers.push(task);
  }
  const only = complete.CommandKey === '' && transfers.length === 1 ? transfers[0] : undefined;
  const task = transfers.find((transfer) => keyOf(transfer) === complete.CommandKey) ?? only;
  if (task === undefined) {
    context.log.warn(
      { device: teller.key, commandKey: complete.CommandKey },
      'TransferComplete of no known transfer',
    );
    return;
  }
  const { FaultCode, FaultString } = complete.FaultStruct;
  const fault: CwmpFault = { FaultCode, FaultString, SetParameterValuesFault: [] };
  context.onTask(
    await context.queue.end(
      task,
      FaultCode === 0 ? { is: 'done', answer: complete } : { is: 'failed', fault },
    ),
  );
}

async function openTask(
  queue: TaskQueue,
  device: string,
  wanted: (task: Task) => boolean,
): Promise<Task | undefined> {
  return (await queue.open(device)).find(wanted);
}
