/** Simulated time, and the one timer behind it that all modems of a process share. */
import { HeapTimer, TimerHeap } from './timer-heap.ts';

export { HeapTimer } from './timer-heap.ts';

export interface Scheduler {
  /** Simulated time in milliseconds since 1970. */
  now(): number;
  /** Runs it after this many simulated milliseconds. The returned function cancels it. */
  after(ms: number, run: () => void): () => void;
  /** The same without a new object: puts it into the queue, or moves it there. */
  put(due: HeapTimer, ms: number): void;
  /** Removes it from the queue. */
  drop(due: HeapTimer): void;
  /** How many are waiting. */
  readonly waiting: number;
  /**
   * Work in real time: at speed `max` simulated time stands still until it ends. Returns the promise itself.
   */
  busy<T>(work: Promise<T>): Promise<T>;
  /** The same for work that is not a promise: it ends when the returned function is called. */
  hold(): () => void;
  /** Discards everything that is due. */
  stop(): void;
}

/** Simulated seconds per second; `max`: time jumps to what is due next whenever nothing is busy. */
export type Speed = number | 'max';

export interface SchedulerOptions {
  /** Default 1; at least 0.001. */
  readonly speed?: Speed;
  /** Simulated time at the start, in milliseconds since 1970. */
  readonly start?: number;
  /** Real time in milliseconds, from any origin; not used at speed `max`. */
  readonly clock?: () => number;
  /**
   * At speed `max`: simulated milliseconds that time may advance while there is work, counted from when the
   * first of it began; default 0. With 0 the modems of a fleet run one after the other; with more their
   * sessions overlap.
   */
  readonly overlap?: number;
}

export function createScheduler(options: SchedulerOptions = {}): Scheduler {
  const { speed = 1 } = options;
  return speed === 'max' ? new JumpingScheduler(options) : new FlowingScheduler(speed, options);
}

class Once extends HeapTimer {
  readonly #run: () => void;

  constructor(run: () => void) {
    super();
    this.#run = run;
  }

  run(): void {
    this.#run();
  }
}

/** The common part of both kinds of time. */
abstract class QueueScheduler {
  readonly queue = new TimerHeap();

  abstract now(): number;
  /** The first item in the queue may have changed. */
  abstract arm(): void;

  get waiting(): number {
    return this.queue.size;
  }

  after(ms: number, run: () => void): () => void {
    const due = new Once(run);
    this.put(due, ms);
    return () => this.drop(due);
  }

  put(due: HeapTimer, ms: number): void {
    const { first } = this.queue;
    this.queue.put(due, this.now() + Math.max(0, ms));
    if (first === due || this.queue.first === due) this.arm();
  }

  drop(due: HeapTimer): void {
    this.queue.drop(due);
    // A cancelled timer must not keep the process alive when nothing else is due.
    if (this.queue.size === 0) this.arm();
  }

  stop(): void {
    this.queue.clear();
    this.arm();
  }

  /** Runs what is due by then. Timers set meanwhile run later, or nothing else would ever run. */
  runUntil(until: number): void {
    const { nextOrder } = this.queue;
    for (let next = this.queue.first; next !== undefined; next = this.queue.first) {
      if (next.at > until || next.order >= nextOrder) return;
      this.queue.drop(next);
      next.run();
    }
  }
}

/** The maximum delay of setTimeout. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

const NOTHING = (): void => undefined;

/** Time flows by itself, at a given speed. */
class FlowingScheduler extends QueueScheduler implements Scheduler {
  readonly #speed: number;
  readonly #clock: () => number;
  readonly #start: number;
  readonly #begun: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(speed: number, { clock, start }: SchedulerOptions) {
    super();
    this.#speed = Math.max(speed, 0.001);
    this.#clock = clock ?? (() => performance.now());
    this.#start = start ?? Date.now();
    this.#begun = this.#clock();
  }

  now(): number {
    return this.#start + (this.#clock() - this.#begun) * this.#speed;
  }

  busy<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  hold(): () => void {
    return NOTHING;
  }

  arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.queue.first;
    if (next === undefined) return;
    const ms = Math.ceil((next.at - this.now()) / this.#speed);
    this.#timer = setTimeout(() => this.#fire(), Math.min(Math.max(0, ms), MAX_TIMEOUT_MS));
  }

  #fire(): void {
    this.#timer = undefined;
    this.runUntil(this.now());
    this.arm();
  }
}

/** Time stands still while there is work, and otherwise jumps to what is due next. */
class JumpingScheduler extends QueueScheduler implements Scheduler {
  readonly #overlap: number;
  #now: number;
  #held = 0;
  /** Time may not pass this while there is work. */
  #until = 0;
  #immediate: NodeJS.Immediate | undefined;

  constructor({ start, overlap = 0 }: SchedulerOptions) {
    super();
    this.#now = start ?? Date.now();
    this.#overlap = Math.max(0, overlap);
  }

  now(): number {
    return this.#now;
  }

  busy<T>(work: Promise<T>): Promise<T> {
    const release = this.hold();
    work.then(release, release);
    return work;
  }

  hold(): () => void {
    if (this.#held === 0) this.#until = this.#now + this.#overlap;
    this.#held += 1;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#held -= 1;
      this.arm();
    };
  }

  /**
   * One iteration of the event loop lies between two moments: what follows from one is queued before the
   * next.
   */
  arm(): void {
    const next = this.queue.first;
    const may = next !== undefined && (this.#held === 0 || next.at <= this.#until);
    if (may) this.#immediate ??= setImmediate(() => this.#jump());
    else {
      clearImmediate(this.#immediate);
      this.#immediate = undefined;
    }
  }

  #jump(): void {
    this.#immediate = undefined;
    const next = this.queue.first;
    if (next === undefined || (this.#held > 0 && next.at > this.#until)) return;
    this.#now = Math.max(this.#now, next.at);
    this.runUntil(this.#now);
    this.arm();
  }
}
