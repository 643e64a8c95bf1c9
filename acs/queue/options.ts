/** What the makers of queues are told. */
import type { ModemlabError } from '../../protocol/errors.ts';
import type { Processes } from '../processes.ts';
import type { QueueFiles } from './files.ts';

export const QUEUE_KINDS = ['dir', 'memory'] as const;
export type QueueKind = (typeof QUEUE_KINDS)[number];

export interface QueueOptions {
  /** Name of this server, shown with the tasks that it holds. */
  readonly owner: string;
  /** How long a claimed or sent task is left to a server of another host that shows no sign of life, in ms; 10 minutes. */
  readonly leaseMs?: number;
  /** How far the clocks of the hosts may be apart, in ms; 1 minute. Leases of other hosts end that much later. */
  readonly skewMs?: number;
  /** Ended tasks that are kept of each device, of each kind (done, failed); 1,000. */
  readonly keep?: number;
  /** The time in ms since 1970, of tasks and leases. */
  readonly now?: () => number;
  /** A whole number from 0 to below so much, for ids that nobody can guess; of the queue in memory. */
  readonly random?: (below: number) => number;
  /** Told of a damaged task: E_DATA_UNREADABLE with the file, where it is now, as its place. */
  readonly onProblem?: (problem: ModemlabError) => void;
  /** Whether `queue/` is on a disk of this machine (changes are seen at once and told); found out when not given. */
  readonly local?: boolean;
  /** The file system, for tests that break it. */
  readonly files?: QueueFiles;
  /** Who runs on this machine, for tests that end processes without ending them. */
  readonly processes?: Processes;
}
