/** Tasks per device, and the promises of whoever keeps them. Implementations: dir.ts, memory.ts. */
import type { CpeMethod, CwmpFault, Request } from '../../protocol/cwmp/messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

/**
 * new: accepted, waits for the modem. claimed: a server has it under a lease, nothing sent. sent: the request is on its
 * way to the modem. unsure: it was sent and the session broke; what the modem says next decides. running: the modem
 * accepted a transfer whose TransferComplete is to come. done, failed: ended.
 */
export type TaskState = 'new' | 'claimed' | 'sent' | 'unsure' | 'running' | 'done' | 'failed';

export interface Task {
  /** Sorts by the time it was accepted; 26 characters of Crockford base 32 (ULID); fits a CommandKey. */
  readonly id: string;
  readonly device: string;
  readonly request: Request<CpeMethod>;
  readonly state: TaskState;
  /** Times it was sent. */
  readonly attempts: number;
  /** ISO 8601. */
  readonly acceptedAt: string;
  readonly sentAt?: string;
  readonly endedAt?: string;
  /** Name of the server that holds it, and until when (ISO 8601). */
  readonly owner?: string;
  readonly leaseUntil?: string;
  /** The response's arguments, once it is done. */
  readonly answer?: unknown;
  /** The modem's fault, or why modemlab ended it. */
  readonly fault?: CwmpFault;
  readonly error?: { readonly code: ErrorCode; readonly place?: string };
  /** Deadline of a transfer that is running (ISO 8601). */
  readonly deadline?: string;
}

export type TaskOutcome =
  | { readonly is: 'done'; readonly answer: unknown }
  | { readonly is: 'failed'; readonly fault: CwmpFault }
  | { readonly is: 'failed'; readonly error: { readonly code: ErrorCode; readonly place?: string } };

/**
 * Promises: `add` resolves after the task is on the disk. A task is in exactly one state; of several servers exactly
 * one gets it from `claim`. `markSent` is on the disk before the request leaves. A task whose owner is gone comes back:
 * as new when it was not sent or may be repeated, as unsure otherwise. Nothing here ends a task but `end` and `cancel`.
 */
export interface TaskQueue {
  add(device: string, request: Request<CpeMethod>): Promise<Task>;
  /** The oldest new task of a device, now claimed by this server; `undefined` when there is none. Older claimed, sent or unsure tasks of the device do not block it. */
  claim(device: string): Promise<Task | undefined>;
  /** Writes down that the request leaves now. Needed for every task; it is what tells a crash before from one after. */
  markSent(task: Task): Promise<Task>;
  /** Answered with "completion will be told": it runs until its TransferComplete or `deadline`. */
  markRunning(task: Task, deadline: Date): Promise<Task>;
  /** The session broke after it was sent. */
  markUnsure(task: Task): Promise<Task>;
  /** Back to the front of the queue: it was surely not done. */
  giveBack(task: Task): Promise<Task>;
  end(task: Task, outcome: TaskOutcome): Promise<Task>;
  /** Tasks of a device that are unsure or running, also those whose owner is gone (they are made unsure by this call). */
  open(device: string): Promise<readonly Task[]>;

  /**
   * A session of the device begins here, so those with other servers are over: what they have claimed or sent comes back
   * as when they were gone. What they say later of a task that is new or with this server is refused with E_TASK_STATE.
   * Resolves with whether the device has any open task, so that `open` need not be asked in vain.
   */
  takeOver(device: string): Promise<boolean>;

  /** Of all devices or one; newest last. */
  list(device?: string): AsyncIterable<Task>;
  get(id: string): Promise<Task | undefined>;
  /** A failed or unsure task as a new one with the same id and its attempts kept. */
  retry(id: string): Promise<Task>;
  /** A new, unsure or running task ends as failed with E_TASK_STATE; one that is with a modem is refused with E_TASK_STATE. */
  cancel(id: string): Promise<Task>;
  /** Resolves when the task has ended or time is over (then with its state at that moment). */
  wait(id: string, timeoutMs: number): Promise<Task | undefined>;
  close(): Promise<void>;
}

/** RPCs that must not be repeated blindly (a second Reboot reboots a second time). */
export const NOT_REPEATABLE: ReadonlySet<CpeMethod> = new Set([
  'Reboot',
  'FactoryReset',
  'AddObject',
  'DeleteObject',
  'Download',
  'Upload',
  'ScheduleDownload',
  'ScheduleInform',
  'ChangeDUState',
  'SetVouchers',
] as const);
