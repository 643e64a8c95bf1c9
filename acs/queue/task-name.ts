/**
 * The name of a task's file, which has everything that changes before the task ends. So one rename is one
 * change of state, and the name alone shows whether a rename of ours happened:
 *
 *     <id>.<state>.<attempts>.<sent at>.<deadline>.<lease until>.<holder>.json
 *
 * Times are ms since 1970 in base 36; an absent part is `-`. In done/ and failed/ the name is `<id>.json`.
 */
import { type ProcessName, plain, readProcess, writeProcess } from '../processes.ts';
import type { TaskState } from './queue.ts';
import { isTaskId } from './task-id.ts';

export type OpenState = Exclude<TaskState, 'done' | 'failed'>;

/** Who holds a task: a queue that a process has opened. */
export interface Holder {
  readonly process: ProcessName;
  /** Name of the server, for people. */
  readonly owner: string;
  /** Distinguishes queues that one process has opened. */
  readonly nonce: string;
  /** Which of the holder's renames made the name: no two make the same one. */
  readonly serial: number;
}

export interface TaskName {
  readonly id: string;
  readonly state: OpenState;
  readonly attempts: number;
  readonly sentAt?: number;
  readonly deadline?: number;
  readonly leaseUntil?: number;
  readonly holder?: Holder;
  /**
   * Its end is being written (a capital letter): only the holder, or who finds the holder gone, may touch it.
   */
  readonly ending?: true;
}

const LETTERS = { new: 'n', claimed: 'c', sent: 's', unsure: 'u', running: 'r' } as const;
const STATES: ReadonlyMap<string, OpenState> = new Map([
  ['n', 'new'],
  ['c', 'claimed'],
  ['s', 'sent'],
  ['u', 'unsure'],
  ['r', 'running'],
]);

const time = (ms: number | undefined): string => (ms === undefined ? '-' : Math.trunc(ms).toString(36));

export function writeTaskName(name: TaskName): string {
  const { id, state, attempts, sentAt, deadline, leaseUntil, holder, ending } = name;
  const letter = ending ? LETTERS[state].toUpperCase() : LETTERS[state];
  const times = `${time(sentAt)}.${time(deadline)}.${time(leaseUntil)}`;
  return `${id}.${letter}.${attempts}.${times}.${holder === undefined ? '-' : writeHolder(holder)}.json`;
}

/** At most 48 + 48 + 20 + ... characters: the whole name stays below the 255 that file systems allow. */
export function writeHolder({ process, owner, nonce, serial }: Holder): string {
  return [plain(owner, 48), writeProcess(process), nonce, serial.toString(36)].join('~');
}

export function readHolder(text: string): Holder | undefined {
  const match = /^([\w-]*)~([\w-]+~\d+~[\w-]*)~(\w+)~([0-9a-z]{1,10})$/.exec(text);
  const [, owner = '', maker = '', nonce = '', serial = ''] = match ?? [];
  const process = readProcess(maker);
  if (process === undefined) return undefined;
  return { process, owner, nonce, serial: Number.parseInt(serial, 36) };
}

const TIME = '([0-9a-z]{1,10}|-)';
const NAME = new RegExp(
  String.raw`^(\w{26})\.([ncsurCSUR])\.(\d{1,9})\.${TIME}\.${TIME}\.${TIME}\.([^.]+)\.json$`,
);

/** What a name says; `undefined` if it is not the name of a task. */
export function readTaskName(file: string): TaskName | undefined {
  const match = NAME.exec(file);
  if (match === null) return undefined;
  const [, id = '', letter = '', attempts = '', sentAt = '-', deadline = '-', leaseUntil = '-', who = '-'] =
    match;
  const state = STATES.get(letter.toLowerCase());
  const holder = who === '-' ? undefined : readHolder(who);
  if (!isTaskId(id) || state === undefined || (holder === undefined && who !== '-')) return undefined;
  return {
    id,
    state,
    attempts: Number(attempts),
    ...(sentAt === '-' ? {} : { sentAt: Number.parseInt(sentAt, 36) }),
    ...(deadline === '-' ? {} : { deadline: Number.parseInt(deadline, 36) }),
    ...(leaseUntil === '-' ? {} : { leaseUntil: Number.parseInt(leaseUntil, 36) }),
    ...(holder === undefined ? {} : { holder }),
    ...(letter === letter.toLowerCase() ? {} : { ending: true }),
  };
}
