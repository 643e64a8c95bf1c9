/** Simulated time, and the one timer behind it that all modems of a process share. */

export interface Scheduler {
  /** Simulated time in milliseconds since 1970. */
  now(): number;
  /** Runs it after so many simulated milliseconds. The answer cancels it. */
  after(ms: number, run: () => void): () => void;
  /** Forgets everything that is due. */
  stop(): void;
}

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

export interface SchedulerOptions {
  /** Simulated seconds a second; at least 0.001. */
  readonly speed?: number;
  /** Simulated time at the beginning, in milliseconds since 1970. */
  readonly start?: number;
  /** Real time in milliseconds, from any origin. */
  readonly clock?: () => number;
}

/** setTimeout bears no more than this. */
const LONGEST = 2 ** 31 - 1;

export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  const speed = Math.max(options.speed ?? 1, 0.001);
  const clock = options.clock ?? (() => performance.now());
  const start = options.start ?? Date.now();
  const begun = clock();
  const heap: Due[] = [];
  let order = 0;
  let timer: NodeJS.Timeout | undefined;

  const now = (): number => start + (clock() - begun) * speed;
  const earlier = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

  function arm(): void {
    clearTimeout(timer);
    timer = undefined;
    const next = heap[0];
    if (next === undefined) return;
    timer = setTimeout(fire, Math.min(Math.max(0, Math.ceil((next.at - now()) / speed)), LONGEST));
  }

  function fire(): void {
    timer = undefined;
    const until = now();
    for (let next = heap[0]; next !== undefined && next.at <= until; next = heap[0]) {
      pop(heap, earlier);
      if (!next.cancelled) next.run();
    }
    arm();
  }

  return {
    now,
    after(ms, run) {
      const due: Due = { at: now() + Math.max(0, ms), order: order++, run, cancelled: false };
      push(heap, due, earlier);
      if (heap[0] === due) arm();
      return () => {
        due.cancelled = true;
        // What is cancelled must not keep the process alive when nothing else is due.
        while (heap[0]?.cancelled === true) pop(heap, earlier);
        if (heap.length === 0) arm();
      };
    },
    stop() {
      heap.length = 0;
      arm();
    },
  };
}

function push<T>(heap: T[], item: T, before: (a: T, b: T) => boolean): void {
  let index = heap.push(item) - 1;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent];
    if (above === undefined || !before(item, above)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = item;
}

function pop<T>(heap: T[], before: (a: T, b: T) => boolean): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    const a = heap[left];
    const b = heap[left + 1];
    if (a === undefined) break;
    const smaller = b !== undefined && before(b, a) ? left + 1 : left;
    const child = heap[smaller];
    if (child === undefined || !before(child, last)) break;
    heap[index] = child;
    index = smaller;
  }
  heap[index] = last;
}
