/** What a server does with tasks, for tests of those who queue them. */
import type { Task, TaskQueue } from '../../../acs/queue/queue.ts';
import { until } from '../until.ts';

/** The first task of a device, claimed, as soon as there is one. */
export async function firstRequest(queue: TaskQueue, device: string): Promise<Task> {
  let task: Task | undefined;
  await until(async () => {
    task = await queue.claim(device);
    return task !== undefined;
  }, `a task for ${device}`);
  if (task === undefined) throw new Error('unreachable: it was waited for');
  return task;
}
