/** The result of a replay. */
import type { Difference } from './differences.ts';
import type { AnswerSource } from './recorded-answers.ts';

export type AnswerCounts = Readonly<Record<AnswerSource, number>>;

export const NO_ANSWERS: AnswerCounts = { capture: 0, values: 0, clone: 0, profile: 0, nobody: 0 };

export interface ReplayReport {
  readonly role: 'modem' | 'ACS' | 'host' | 'ant';
  /** Nothing differs except what is ignored. */
  readonly same: boolean;
  /** Sessions of the capture, or conversations of MDAP; and how many were played. */
  readonly recorded: number;
  readonly played: number;
  /** Messages that were sent. */
  readonly sent: number;
  /** Where the modem's answers came from. */
  readonly answers: AnswerCounts;
  readonly differences: readonly Difference[];
  /** Further differences, beyond LIMITS.replayDifferences. */
  readonly more: number;
  readonly notes: readonly string[];
}
