/** How a conversation ended, for people and programs. */
import { ModemlabError } from '../protocol/errors.ts';
import type { HostOutcome } from '../protocol/mdap/host-conversation.ts';
import { assertNever } from '../protocol/result.ts';

/** The error that an outcome stands for, if any. */
export function outcomeError(antId: string, outcome: HostOutcome): ModemlabError | undefined {
  switch (outcome.is) {
    case 'done':
    case 'sent':
      return undefined;
    case 'refused':
      return outcome.code === -1
        ? new ModemlabError('E_MDAP_CREDENTIALS', antId)
        : new ModemlabError('E_MDAP_REFUSED', `${antId}: ${outcome.code}${said(outcome.output)}`);
    case 'timeout':
      return new ModemlabError('E_MDAP_UNANSWERED', `${antId}, step ${outcome.step}`);
    case 'sequence':
      return new ModemlabError('E_MDAP_ANSWER', `${antId}: a wrong step`);
    case 'too-large':
      return new ModemlabError('E_MDAP_ANSWER', `${antId}: too much output`);
    case 'cancelled':
      return new ModemlabError('E_MDAP_UNANSWERED', `${antId}: cancelled`);
    default:
      return assertNever(outcome);
  }
}

const said = (output: string): string => {
  const line = output.trim().split(/[\r\n]/)[0] ?? '';
  return line === '' ? '' : `, ${line.slice(0, 100)}`;
};

/** The output of a command. */
export const outputOf = (outcome: HostOutcome): string => ('output' in outcome ? outcome.output : '');

export interface Fact {
  readonly key: string;
  readonly value: string;
}

/**
 * The facts of an INFO reply. It is not known whether ants put them into the head or the body, so both are
 * read.
 */
export function factsOf(outcome: HostOutcome): readonly Fact[] {
  if (outcome.is !== 'done') return [];
  const lines = outcome.output.split(/\r?\n/).flatMap((line) => {
    const colon = line.indexOf(':');
    return colon < 1 ? [] : [{ key: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
  });
  return [...outcome.headers.map(({ key, value }) => ({ key, value })), ...lines];
}
