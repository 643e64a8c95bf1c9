/** Options of all kinds of queues. */
import type { ModemlabError } from '../../protocol/errors.ts';
import type { Processes } from '../processes.ts';
import type { QueueFiles } from './files.ts';

export const QUEUE_KINDS = ['dir', 'memory'] as const;
export type QueueKind = (typeof QUEUE_KINDS)[number];

export interface QueueOptions {
  /** Name of this server; shown with the tasks that it holds. */
  readonly owner: string;
  /**
   * How long a server of another host keeps a claimed or sent task without a sign of life, in ms; 10 minutes.
   */
  readonly leaseMs?: number;
  /** How far the hosts' clocks may differ, in ms; 1 minute. Leases of other hosts end that much later. */
  readonly skewMs?: number;
  /** How many done and how many failed tasks of each device are kept; 1,000. */
  readonly keep?: number;
  /** The time for tasks and leases, in ms since 1970. */
  readonly now?: () => number;
  /**
   * An integer from 0 to below the given one, for ids that nobody can guess; only for the queue in memory.
   */
  readonly random?: (below: number) => number;
  /** Called for a damaged task: E_DATA_UNREADABLE, whose place is where the file is now. */
  readonly onProblem?: (problem: ModemlabError) => void;
  /** Whether `queue/` is on a disk of this machine, where changes can be watched; found out if not given. */
  readonly local?: boolean;
  /** The file system, for tests that break it. */
  readonly files?: QueueFiles;
  /** Which processes run, for tests that only pretend to end one. */
  readonly processes?: Processes;
}
