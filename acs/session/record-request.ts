/** Records what a modem says in its own requests, before they are answered. */
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

/** Who sent the request, and what is known of it beside its content. */
export interface Sender {
  readonly key: string;
  readonly deviceId: DeviceId;
  readonly address: string;
  /** What to add to the device's counts of quirks. */
  readonly quirks: ReadonlyMap<QuirkId, number>;
  readonly untyped: boolean;
  /** ISO 8601. */
  readonly now: string;
}

export interface RecordContext {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  readonly log: Log;
  readonly onTask: (task: Task) => void;
}

/** Resolves when it is kept; what decides a task is on the disk by then. */
export async function recordRequest(
  context: RecordContext,
  sender: Sender,
  envelope: Envelope<Request<AcsMethod>>,
): Promise<void> {
  const { message } = envelope;
  switch (message.rpc) {
    case 'Inform':
      await recordInform(context, sender, message.args, envelope.namespace);
      return;
    case 'TransferComplete':
      await recordTransfer(context, sender, message.args);
      return;
    case 'DUStateChangeComplete':
      await recordDeployment(context, sender, message.args);
      return;
    case 'AutonomousTransferComplete':
    case 'AutonomousDUStateChangeComplete':
    case 'RequestDownload':
    case 'Kicked':
      context.log.info({ device: sender.key, rpc: message.rpc, args: message.args }, 'request of the modem');
      return;
    case 'GetRPCMethods':
      return;
    default:
      assertNever(message);
  }
}

async function recordInform(
  context: RecordContext,
  sender: Sender,
  inform: Inform,
  namespace: string,
): Promise<void> {
  // Before the record says that this Inform came: if this process dies between the two, the modem repeats it.
  if (decidesTasks(inform)) await decideTasks(context, sender, inform);
  const digest = digestOf(inform);
  const isQuiet = inform.Event.every(({ EventCode }) => QUIET_EVENTS.has(EventCode));
  let sameAsLast = false;
  const written = context.store.update(
    sender.key,
    (before) => {
      sameAsLast = before?.lastInform.digest === digest;
      // The list counts as known once it is in the tree, not before.
      return recordOf(before, sender, inform, namespace, sameAsLast ? digest : '');
    },
    () => sameAsLast && isQuiet,
  );
  // An Inform that says nothing new but that the modem is there need not be on the disk before it is
  // answered.
  if (sameAsLast && isQuiet) {
    written.catch((error: unknown) => {
      context.log.error({ device: sender.key, ...errorFields(error) }, 'could not record a periodic Inform');
    });
    return;
  }
  await written;
  if (sameAsLast) return;
  const named = inform.ParameterList.filter(({ Name }) => Name !== '');
  await context.store.merge(
    sender.key,
    named.map((value) => parameterOf(value, sender)),
  );
  await setDigest(context.store, sender.key, digest);
}

/** Events that nothing depends on: if the Inform is lost in a crash, the next one says the same. */
const QUIET_EVENTS: ReadonlySet<string> = new Set(['2 PERIODIC', '6 CONNECTION REQUEST']);

/** Ends the open tasks that the events of an Inform decide. */
async function decideTasks({ store, queue, onTask }: RecordContext, { key }: Sender, inform: Inform) {
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

/** SoftwareVersion as an Inform's parameters have it; empty if they do not. */
export function softwareVersionOf(inform: Inform): string {
  const parameter = inform.ParameterList.find(({ Name }) => Name.endsWith('DeviceInfo.SoftwareVersion'));
  return parameter?.Value.slice(0, 256) ?? '';
}

function recordOf(
  before: DeviceRecord | undefined,
  sender: Sender,
  inform: Inform,
  namespace: string,
  digest: string,
): DeviceRecord {
  const softwareVersion = softwareVersionOf(inform) || (before?.softwareVersion ?? '');
  const quirks: Partial<Record<QuirkId, number>> = { ...before?.quirks };
  for (const [id, count] of sender.quirks) quirks[id] = (quirks[id] ?? 0) + count;
  const changed = before !== undefined && before.discovery.firmware !== softwareVersion;
  const fresh = { state: 'none', firmware: softwareVersion, names: 0, values: 0 } as const;
  // Every member is written out: an object made by spreading so many members is slow to make and slow to
  // read.
  const record: DeviceRecord = {
    key: sender.key,
    deviceId: sender.deviceId,
    firstContact: before?.firstContact ?? sender.now,
    lastContact: sender.now,
    lastInform: {
      events: inform.Event.map(({ EventCode }) => EventCode),
      currentTime: inform.CurrentTime,
      retryCount: inform.RetryCount,
      digest: changed ? '' : digest,
    },
    informs: (before?.informs ?? 0) + 1,
    address: sender.address,
    namespace,
    softwareVersion,
    discovery: before === undefined || changed ? fresh : before.discovery,
    quirks,
  };
  return before?.methods === undefined ? record : { ...record, methods: before.methods };
}

/**
 * The result of a transfer. Its CommandKey names the task; an empty one means the only transfer there is
 * (Q-FT-01).
 */
async function recordTransfer(
  { queue, log, onTask }: RecordContext,
  { key }: Sender,
  complete: Args<'TransferComplete'>,
): Promise<void> {
  const transfers: Task[] = [];
  for (const task of await queue.open(key)) {
    const { rpc } = task.request;
    if (rpc === 'Download' || rpc === 'Upload' || rpc === 'ScheduleDownload') transfers.push(task);
  }
  const { CommandKey, FaultStruct } = complete;
  const only = CommandKey === '' && transfers.length === 1 ? transfers[0] : undefined;
  const task = transfers.find((transfer) => keyOf(transfer) === CommandKey) ?? only;
  if (task === undefined) {
    log.warn({ device: key, commandKey: CommandKey }, 'TransferComplete for an unknown transfer');
    return;
  }
  const { FaultCode, FaultString } = FaultStruct;
  const fault: CwmpFault = { FaultCode, FaultString, SetParameterValuesFault: [] };
  onTask(await queue.end(task, FaultCode === 0 ? { is: 'done', answer: complete } : { is: 'failed', fault }));
}

async function recordDeployment(
  { queue, onTask }: RecordContext,
  { key }: Sender,
  complete: Args<'DUStateChangeComplete'>,
): Promise<void> {
  const commandKey = complete.CommandKey ?? '';
  const open = await queue.open(key);
  const task = open.find(
    (candidate) => candidate.request.rpc === 'ChangeDUState' && keyOf(candidate) === commandKey,
  );
  if (task !== undefined) onTask(await queue.end(task, { is: 'done', answer: complete }));
}
