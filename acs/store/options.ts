/** What the makers of stores and queues are told. */
import type { ModemlabError } from '../../protocol/errors.ts';

export const STORE_KINDS = ['lmdb', 'yaml', 'memory'] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface StoreOptions {
  /** Told of what is damaged and was passed over: E_DATA_UNREADABLE with the file, or the file and the entry, as its place. */
  readonly onProblem?: (problem: ModemlabError) => void;
}
