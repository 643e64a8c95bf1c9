/** What came of a replay. */
import type { Difference } from './differences.ts';
import type { AnswerSource } from './held-answers.ts';

export interface ReplayReport {
  readonly role: 'modem' | 'ACS' | 'host' | 'ant';
  /** Nothing differs but what is ignored. */
  readonly same: boolean;
  /** Sessions of the capture, or conversations of MDAP; and those that were played. */
  readonly recorded: number;
  readonly played: number;
  /** Messages that were sent. */
  readonly sent: number;
  /** Where the modem's answers came from. */
  readonly answers: Readonly<Record<AnswerSource, number>>;
  readonly differences: readonly Difference[];
  /** Further differences, beyond LIMITS.replayDifferences. */
  readonly more: number;
  readonly notes: readonly string[];
}
