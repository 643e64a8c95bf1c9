/** The tasks of each device, and what a queue promises. Implementations: dir.ts, memory.ts. */
import type { CpeMethod, CwmpFault, Request } from '../../protocol/cwmp/messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';

/**
 * new: accepted, waits for the modem. claimed: a server holds it under a lease, nothing is sent. sent: the
 * request is on its way to the modem. unsure: it was sent and the session broke; what the modem says next
 * decides. running: the modem accepted a transfer and will send a TransferComplete. done, failed: ended.
 */
export type TaskState = 'new' | 'claimed' | 'sent' | 'unsure' | 'running' | 'done' | 'failed';

export interface Task {
  /** Sorts by the time it was accepted; 26 characters of Crockford base 32 (ULID); fits a CommandKey. */
  readonly id: string;
  readonly device: string;
  readonly request: Request<CpeMethod>;
  readonly state: TaskState;
  /** How often it was sent. */
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
  /** The modem's fault, or the reason why modemlab ended it. */
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
 * Promises: `add` resolves after the task is on the disk. A task is in exactly one state; exactly one server
 * gets it from `claim`. `markSent` is on the disk before the request leaves. A task whose owner is gone comes
 * back: as new if it was not sent or may be repeated, as unsure otherwise. Only `end` and `cancel` end a
 * task.
 */
export interface TaskQueue {
  add(device: string, request: Request<CpeMethod>): Promise<Task>;
  /**
   * Claims the oldest new task of a device for this server; `undefined` when there is none. Older tasks of
   * the device that are claimed, sent or unsure do not block it.
   */
  claim(device: string): Promise<Task | undefined>;
  /**
   * Writes down that the request leaves now. Needed for every task: it separates a crash before from one
   * after.
   */
  markSent(task: Task): Promise<Task>;
  /** The modem accepted a transfer: the task runs until its TransferComplete or `deadline`. */
  markRunning(task: Task, deadline: Date): Promise<Task>;
  /** The session broke after it was sent. */
  markUnsure(task: Task): Promise<Task>;
  /** Back to the front of the queue: it was certainly not done. */
  giveBack(task: Task): Promise<Task>;
  end(task: Task, outcome: TaskOutcome): Promise<Task>;
  /**
   * The unsure and running tasks of a device. A sent task whose owner is gone becomes unsure by this call.
   */
  open(device: string): Promise<readonly Task[]>;

  /**
   * A session of the device begins here, so its sessions with other servers are over: their claimed and sent
   * tasks come back as if those servers were gone, and their later calls for such a task are refused with
   * E_TASK_STATE. Resolves with whether the device may have open tasks, so that `open` need not be called in
   * vain.
   */
  takeOver(device: string): Promise<boolean>;

  /** The tasks of all devices or one; newest last. */
  list(device?: string): AsyncIterable<Task>;
  get(id: string): Promise<Task | undefined>;
  /** Makes a failed or unsure task new again; it keeps its id and attempts. */
  retry(id: string): Promise<Task>;
  /**
   * Ends a new, unsure or running task as failed with E_TASK_STATE; refuses one that is with a modem, with
   * E_TASK_STATE.
   */
  cancel(id: string): Promise<Task>;
  /** Resolves when the task has ended, or after `timeoutMs` with the task as it is then. */
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
