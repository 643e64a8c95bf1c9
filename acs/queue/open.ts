/** Opens the task queue of a data folder. */
import { assertNever } from '../../protocol/result.ts';
import { dirQueue } from './dir.ts';
import { memoryQueue } from './memory.ts';
import type { QueueKind, QueueOptions } from './options.ts';
import type { TaskQueue } from './queue.ts';

/**
 * @param folder the data folder; the queue is in `queue/` and makes what is missing
 * @throws ModemlabError E_DATA_IN_USE when `queue/` has another kind or version, E_DATA_UNREADABLE when it
 *   cannot be read or written; both name the file
 */
export async function openQueue(kind: QueueKind, folder: string, options: QueueOptions): Promise<TaskQueue> {
  switch (kind) {
    case 'memory':
      return memoryQueue(options);
    case 'dir':
      return dirQueue(folder, options);
    default:
      return assertNever(kind);
  }
}
