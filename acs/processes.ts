/**
 * Which process made a mark (a lock, a lease, a draft, the entry of a server), and whether that process is
 * gone.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, distinct from all others of all hosts and times. Made of letters, digits, `_` and `-`. */
export interface ProcessName {
  /** Host name and inode of the PID namespace (of a container): a pid means nothing in another namespace. */
  readonly host: string;
  readonly pid: number;
  /**
   * Boot id and time of the start, so that a new process is not taken for an old one of its pid; may be
   * empty.
   */
  readonly start: string;
}

export class Processes {
  readonly self: ProcessName;
  readonly #isRunning: (name: ProcessName) => boolean;

  /** `isRunning` is asked about processes of this host and PID namespace. */
  constructor(self: ProcessName, isRunning: (name: ProcessName) => boolean) {
    this.self = self;
    this.#isRunning = isRunning;
  }

  isSelf({ host, pid, start }: ProcessName): boolean {
    return host === this.self.host && pid === this.self.pid && start === this.self.start;
  }

  /**
   * Whether the process that made a mark is gone, so that the mark means nothing any more. A pid can be
   * looked up only in its own PID namespace. A process of another namespace or host, or one that the mark
   * does not name, counts as alive until the mark `isOld`.
   */
  isGone(maker: ProcessName | undefined, isOld: () => boolean): boolean {
    if (maker === undefined || maker.host !== this.self.host) return isOld();
    return !this.isSelf(maker) && !this.#isRunning(maker);
  }
}

export function systemProcesses(): Processes {
  const { pid } = process;
  return new Processes({ host: hostName(), pid, start: startOf(pid) ?? '' }, isRunning);
}

/** Letters, digits, `_` and `-` of a text, at most `max`. */
export const plain = (text: string, max: number): string => text.replace(/[^\w-]/g, '_').slice(0, max);

/** A process as a part of a file name. */
export const writeProcess = ({ host, pid, start }: ProcessName): string => `${host}~${pid}~${start}`;

export function readProcess(text: string): ProcessName | undefined {
  const [, host, pid, start] = /^([\w-]+)~(\d{1,15})~([\w-]*)$/.exec(text) ?? [];
  if (host === undefined || start === undefined) return undefined;
  return { host, pid: Number(pid), start };
}

function isRunning({ pid, start }: ProcessName): boolean {
  if (pid === process.pid || !answersToSignal(pid)) return false;
  // Only Linux shows when a process started. Elsewhere a pid that is in use counts as the same process.
  return start === '' || (startOf(pid) ?? start) === start;
}

function answersToSignal(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function hostName(): string {
  const namespace = /\d+/.exec(orEmpty(() => readlinkSync('/proc/self/ns/pid')))?.[0] ?? '';
  return `${plain(hostname(), 48)}-${namespace}`;
}

/**
 * First part of the boot id, and the start in clock ticks since the boot (proc(5), field 22 of stat). Empty
 * for a process that has ended, `undefined` where it cannot be read.
 */
function startOf(pid: number): string | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is the name in parentheses, which may contain anything; the third follows the last
  // parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[19];
  if (ticks === undefined) return undefined;
  // A zombie has ended, but its parent has not read its exit status yet.
  return fields[0] === 'Z' ? '' : `${bootId()}-${ticks}`;
}

let boot: string | undefined;
function bootId(): string {
  boot ??= plain(
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')),
    8,
  );
  return boot;
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
