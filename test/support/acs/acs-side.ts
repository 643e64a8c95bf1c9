/** What a server does with tasks, for tests of those who queue them. */
import type { Task, TaskQueue } from '../../../acs/queue/queue.ts';

const TRIES = 500;
const PAUSE_MS = 10;

/** The first task of a device, claimed, as soon as there is one. */
export async function firstRequest(queue: TaskQueue, device: string): Promise<Task> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const task = await queue.claim(device);
    if (task !== undefined) return task;
    // Nothing reports what the other side writes to its folder, so it is looked at again.
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  throw new Error(`no task for ${device} came`);
}
