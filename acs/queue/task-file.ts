/** The content of a task's file, and the task that content and file name make together. */
import type { CpeMethod, CwmpFault, Request } from '../../protocol/cwmp/messages.ts';
import { isRpcName, RPCS } from '../../protocol/cwmp/messages.ts';
import type { ErrorCode } from '../../protocol/errors.ts';
import { ERRORS, ModemlabError } from '../../protocol/errors.ts';
import { parseJson } from '../store/flat.ts';
import { isMembers } from '../store/shape.ts';
import type { Task, TaskOutcome } from './queue.ts';
import { isTaskId } from './task-id.ts';
import type { TaskName } from './task-name.ts';

export interface TaskFile {
  readonly id: string;
  readonly device: string;
  readonly request: Request<CpeMethod>;
  readonly acceptedAt: string;
  readonly end?: TaskEnd;
}

/** How a task ended. It is valid in done/ and failed/, and before that only in the file named `as`. */
export interface TaskEnd {
  readonly as: string;
  readonly attempts: number;
  readonly sentAt?: string;
  readonly endedAt: string;
  readonly outcome: TaskOutcome;
}

export const isoTime = (ms: number): string => new Date(ms).toISOString();

export function isCpeMethod(name: string): name is CpeMethod {
  return isRpcName(name) && RPCS[name].by !== 'ACS';
}

export function writeTaskFile(file: TaskFile): string {
  return `${JSON.stringify({ version: 1, ...file }, undefined, 1)}\n`;
}

/** The content of a task file, or what is wrong with it, for people. */
export function readTaskFile(text: string): TaskFile | string {
  const value = parseJson(text);
  if (!isMembers(value)) return 'not a JSON object';
  const { version, id, device, request, acceptedAt, end } = value;
  if (version !== 1) return 'not of version 1';
  if (typeof id !== 'string' || !isTaskId(id)) return 'id';
  if (typeof device !== 'string') return 'device';
  if (typeof acceptedAt !== 'string') return 'acceptedAt';
  const read = readRequest(request);
  if (typeof read === 'string') return read;
  if (end === undefined) return { id, device, request: read, acceptedAt };
  const ended = readEnd(end);
  return ended === undefined ? 'end' : { id, device, request: read, acceptedAt, end: ended };
}

/** A request for a CPE from a value of unknown origin, or where the value does not fit. */
export function readRequest(value: unknown): Request<CpeMethod> | string {
  if (!isMembers(value) || typeof value.rpc !== 'string' || !isCpeMethod(value.rpc)) return 'request.rpc';
  const request = RPCS[value.rpc].requestFrom(value.args);
  return request.ok ? request.value : `${request.error.place} wants ${request.error.wants}`;
}

function readEnd(value: unknown): TaskEnd | undefined {
  if (!isMembers(value)) return undefined;
  const { as, attempts, sentAt, endedAt } = value;
  const outcome = readOutcome(value.outcome);
  if (typeof as !== 'string' || typeof attempts !== 'number' || typeof endedAt !== 'string') return undefined;
  if (outcome === undefined || (sentAt !== undefined && typeof sentAt !== 'string')) return undefined;
  return { as, attempts, endedAt, outcome, ...(sentAt === undefined ? {} : { sentAt }) };
}

function readOutcome(value: unknown): TaskOutcome | undefined {
  if (!isMembers(value)) return undefined;
  if (value.is === 'done') return { is: 'done', answer: value.answer };
  if (value.is !== 'failed') return undefined;
  if (isFault(value.fault)) return { is: 'failed', fault: value.fault };
  if (!isMembers(value.error)) return undefined;
  const { code, place } = value.error;
  if (typeof code !== 'string' || !isErrorCode(code)) return undefined;
  return { is: 'failed', error: { code, ...(typeof place === 'string' ? { place } : {}) } };
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

function isFault(value: unknown): value is CwmpFault {
  return (
    isMembers(value) &&
    typeof value.FaultCode === 'number' &&
    typeof value.FaultString === 'string' &&
    Array.isArray(value.SetParameterValuesFault)
  );
}

/** A task that has not ended, from its file and its name. */
export function openTask(file: TaskFile, name: TaskName): Task {
  const { id, device, request, acceptedAt } = file;
  const { state, attempts, sentAt, deadline, leaseUntil, holder } = name;
  const held = state === 'claimed' || state === 'sent';
  return {
    id,
    device,
    request,
    state,
    attempts,
    acceptedAt,
    ...(sentAt === undefined ? {} : { sentAt: isoTime(sentAt) }),
    ...(held && holder !== undefined ? { owner: holder.owner } : {}),
    ...(held && leaseUntil !== undefined ? { leaseUntil: isoTime(leaseUntil) } : {}),
    ...(state === 'running' && deadline !== undefined ? { deadline: isoTime(deadline) } : {}),
  };
}

/** A task that ended. */
export function endedTask(file: TaskFile, end: TaskEnd): Task {
  const { id, device, request, acceptedAt } = file;
  const { attempts, sentAt, endedAt, outcome } = end;
  return {
    id,
    device,
    request,
    state: outcome.is,
    attempts,
    acceptedAt,
    ...(sentAt === undefined ? {} : { sentAt }),
    endedAt,
    ...(outcome.is === 'done' ? { answer: outcome.answer } : {}),
    ...('fault' in outcome ? { fault: outcome.fault } : {}),
    ...('error' in outcome ? { error: outcome.error } : {}),
  };
}

/** Place of the error of a task that was cancelled. */
export const CANCELLED = 'cancelled';

export const isEnded = ({ state }: Task): boolean => state === 'done' || state === 'failed';

/** @throws ModemlabError E_TASK_INVALID naming the place */
export function copyFile({ id, device, request, acceptedAt, end }: TaskFile): TaskFile {
  const file = readTaskFile(
    writeTaskFile({ id, device, request, acceptedAt, ...(end === undefined ? {} : { end }) }),
  );
  if (typeof file === 'string') throw new ModemlabError('E_TASK_INVALID', file);
  return file;
}
