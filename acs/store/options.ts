/** Options of all kinds of stores. */
import type { ModemlabError } from '../../protocol/errors.ts';

export const STORE_KINDS = ['lmdb', 'yaml', 'memory'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface StoreOptions {
  /**
   * Called for damaged data that was skipped: E_DATA_UNREADABLE, whose place is the file, or the file and the
   * entry.
   */
  readonly onProblem?: (problem: ModemlabError) => void;
}
