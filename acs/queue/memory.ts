/**
 * The queue without a disk, for one process: for tests, and for a lab that keeps nothing. The same rules
 * hold.
 */
import type { CpeMethod, Request } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { QueueOptions } from './options.ts';
import type { Task, TaskOutcome, TaskQueue, TaskState } from './queue.ts';
import { NOT_REPEATABLE } from './queue.ts';
import { CANCELLED, copyFile, endedTask, isEnded, isoTime } from './task-file.ts';
import { taskIds } from './task-id.ts';

export function memoryQueue(options: QueueOptions): TaskQueue {
  return new MemoryQueue(options);
}

const KEEP = 1000;
const LEASE_MS = 600_000;

/** A task without the members that only some states have. */
function inState(task: Task, state: TaskState, more: Partial<Task> = {}): Task {
  const { id, device, request, attempts, acceptedAt, sentAt } = task;
  return {
    id,
    device,
    request,
    attempts,
    acceptedAt,
    ...(sentAt === undefined ? {} : { sentAt }),
    ...more,
    state,
  };
}

class MemoryQueue implements TaskQueue {
  readonly #options: QueueOptions;
  readonly #now: () => number;
  readonly #newId: (device: string) => string;
  /** By device, then by id. */
  readonly #devices = new Map<string, Map<string, Task>>();
  readonly #deviceOf = new Map<string, string>();
  readonly #watchers = new Set<(task: Task | undefined) => void>();

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#newId = taskIds(this.#now, options.random);
  }

  async add(device: string, request: Request<CpeMethod>): Promise<Task> {
    // By way of the text of a task file, which checks it and keeps nothing else alive (../store/flat.ts).
    const draft = { id: this.#newId(device), device, request, acceptedAt: isoTime(this.#now()) };
    const file = copyFile(draft);
    const task: Task = { ...file, state: 'new', attempts: 0 };
    return this.#put(task);
  }

  async claim(device: string): Promise<Task | undefined> {
    const tasks = [...(this.#devices.get(device)?.values() ?? [])].filter(({ state }) => state === 'new');
    const [oldest] = tasks.sort(byId);
    return oldest === undefined ? undefined : this.#put(inState(oldest, 'claimed', this.#lease()));
  }

  async markSent(task: Task): Promise<Task> {
    const now = this.#current(task.id, ['claimed']);
    const more = { attempts: now.attempts + 1, sentAt: isoTime(this.#now()), ...this.#lease() };
    return this.#put(inState(now, 'sent', more));
  }

  async markRunning(task: Task, deadline: Date): Promise<Task> {
    const now = this.#current(task.id, ['sent', 'unsure', 'running']);
    return this.#put(inState(now, 'running', { deadline: deadline.toISOString() }));
  }

  async markUnsure(task: Task): Promise<Task> {
    return this.#put(inState(this.#current(task.id, ['sent', 'unsure', 'running']), 'unsure'));
  }

  async giveBack(task: Task): Promise<Task> {
    return this.#put(inState(this.#current(task.id, ['claimed', 'sent', 'unsure', 'running']), 'new'));
  }

  async end(task: Task, outcome: TaskOutcome): Promise<Task> {
    return this.#end(this.#current(task.id, ['claimed', 'sent', 'unsure', 'running']), outcome);
  }

  async open(device: string): Promise<readonly Task[]> {
    const tasks = [...(this.#devices.get(device)?.values() ?? [])];
    return tasks.filter(({ state }) => state === 'unsure' || state === 'running').sort(byId);
  }

  async takeOver(device: string): Promise<boolean> {
    // There is no other server on a queue in memory.
    return (await this.open(device)).length > 0;
  }

  async *list(device?: string): AsyncIterable<Task> {
    const folders = device === undefined ? [...this.#devices.values()] : [this.#devices.get(device)];
    const tasks = folders.flatMap((folder) => [...(folder?.values() ?? [])]).sort(byId);
    for (const { id } of tasks) {
      const task = await this.get(id);
      if (task !== undefined) yield task;
    }
  }

  async get(id: string): Promise<Task | undefined> {
    return this.#find(id);
  }

  async retry(id: string): Promise<Task> {
    return this.#put(inState(this.#current(id, ['failed', 'unsure']), 'new'));
  }

  async cancel(id: string): Promise<Task> {
    const task = this.#current(id, ['new', 'unsure', 'running']);
    return this.#end(task, { is: 'failed', error: { code: 'E_TASK_STATE', place: CANCELLED } });
  }

  async wait(id: string, timeoutMs: number): Promise<Task | undefined> {
    // No await before the watcher is added: a task that ends in between would be missed.
    const task = this.#find(id);
    if (task === undefined || isEnded(task)) return task;
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#watchers.delete(watcher);
        resolve(this.#devices.get(task.device)?.get(id));
      };
      const watcher = (changed: Task | undefined): void => {
        if (changed === undefined || (changed.id === id && isEnded(changed))) finish();
      };
      const timer = setTimeout(finish, Math.max(0, timeoutMs));
      this.#watchers.add(watcher);
    });
  }

  async close(): Promise<void> {
    for (const task of [...this.#devices.values()].flatMap((tasks) => [...tasks.values()])) {
      if (task.state !== 'claimed' && task.state !== 'sent') continue;
      const again = task.state === 'claimed' || !NOT_REPEATABLE.has(task.request.rpc);
      this.#put(inState(task, again ? 'new' : 'unsure'));
    }
    for (const watcher of this.#watchers) watcher(undefined);
  }

  #find(id: string): Task | undefined {
    const device = this.#deviceOf.get(id);
    return device === undefined ? undefined : this.#devices.get(device)?.get(id);
  }

  #current(id: string, states: readonly TaskState[]): Task {
    const task = this.#find(id);
    if (task === undefined) throw new ModemlabError('E_TASK_UNKNOWN', id);
    if (!states.includes(task.state)) throw new ModemlabError('E_TASK_STATE', `${id} is ${task.state}`);
    return task;
  }

  #lease(): { owner: string; leaseUntil: string } {
    const leaseUntil = isoTime(this.#now() + (this.#options.leaseMs ?? LEASE_MS));
    return { owner: this.#options.owner, leaseUntil };
  }

  #end(task: Task, outcome: TaskOutcome): Task {
    const { attempts, sentAt } = task;
    const end = {
      as: '',
      attempts,
      endedAt: isoTime(this.#now()),
      outcome,
      ...(sentAt === undefined ? {} : { sentAt }),
    };
    const file = copyFile({ ...task, end });
    return this.#put(endedTask(file, file.end ?? end));
  }

  #put(task: Task): Task {
    const tasks = this.#devices.get(task.device) ?? new Map<string, Task>();
    this.#devices.set(task.device, tasks.set(task.id, task));
    this.#deviceOf.set(task.id, task.device);
    if (isEnded(task)) this.#trim(tasks, task.state);
    for (const watcher of [...this.#watchers]) watcher(task);
    return task;
  }

  #trim(tasks: Map<string, Task>, state: TaskState): void {
    const ended = [...tasks.values()].filter((task) => task.state === state).sort(byId);
    for (const { id } of ended.slice(0, Math.max(0, ended.length - (this.#options.keep ?? KEEP)))) {
      tasks.delete(id);
      this.#deviceOf.delete(id);
    }
  }
}

const byId = (a: Task, b: Task): number => (a.id < b.id ? -1 : 1);
