/** A task and its outcome as a person reads them. */
import type { Task } from '../../acs/index.ts';
import { faultMeaning } from '../../protocol/cwmp/faults.ts';
import type { CwmpFault } from '../../protocol/cwmp/messages.ts';
import { ERRORS, ModemlabError } from '../../protocol/errors.ts';
import type { Io } from '../support/io.ts';
import { writeArguments } from '../support/render-value.ts';
import { reportError } from '../support/report.ts';
import { safe } from '../support/table.ts';

/** `9005 Invalid parameter name` and the modem's own words, when it has any. */
export function describeFault({ FaultCode, FaultString }: CwmpFault): string {
  const meaning = faultMeaning(FaultCode);
  const words = FaultString === '' || FaultString === meaning ? '' : `: ${FaultString}`;
  return safe(`${FaultCode} ${meaning}${words}`);
}

/** Why a task failed, in one line; empty if it did not. */
export function describeFailure({ fault, error }: Task): string {
  if (fault !== undefined) return describeFault(fault);
  if (error === undefined) return '';
  return safe(
    `${error.code}: ${ERRORS[error.code].says}${error.place === undefined ? '' : ` (${error.place})`}`,
  );
}

/** Writes the answer of a task that is done. */
export function writeAnswer(io: Io, { answer, request }: Task): void {
  const isEmpty = typeof answer !== 'object' || answer === null || Object.keys(answer).length === 0;
  if (isEmpty) io.out(`${request.rpc}: done\n`);
  else writeArguments(io, answer);
}

/** Prints why a task failed, parameter by parameter where the modem reports that. */
export function reportTaskFailure(io: Io, task: Task): void {
  const { fault, error } = task;
  if (fault !== undefined) reportError(io, new ModemlabError('E_TASK_FAILED', describeFault(fault)));
  else reportError(io, new ModemlabError(error?.code ?? 'E_TASK_FAILED', error?.place));
  for (const { ParameterName, FaultCode, FaultString } of fault?.SetParameterValuesFault ?? []) {
    const text = describeFault({ FaultCode, FaultString, SetParameterValuesFault: [] });
    io.err(`  ${safe(ParameterName)}: ${text}\n`);
  }
}
