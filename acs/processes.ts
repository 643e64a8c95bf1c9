/** Which process is which, and whether it still runs. */
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** A process, told apart from all others of all hosts and all times. Of letters, digits, `_` and `-`. */
export interface ProcessName {
  /** Host name, and where there are PID namespaces (containers) which one: a pid means nothing in another. */
  readonly host: string;
  readonly pid: number;
  /** Boot and time of its start, so that a new process with an old pid is not taken for the old one; may be empty. */
  readonly start: string;
}

export interface Processes {
  readonly self: ProcessName;
  /** Whether a process of this very host runs. */
  isAlive(name: ProcessName): boolean;
}

export function systemProcesses(): Processes {
  const self = { host: hostName(), pid: process.pid, start: startOf(process.pid) };
  return {
    self,
    isAlive: ({ pid, start }) => {
      if (pid === self.pid) return start === self.start;
      if (!answersToSignal(pid)) return false;
      // Only Linux tells when a process started. Elsewhere a pid that is in use counts as the same process.
      return start === '' || startOf(pid) === start;
    },
  };
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

/** Letters, digits, `_` and `-` of a text, at most `max`. */
export const plain = (text: string, max: number): string => text.replace(/[^\w-]/g, '_').slice(0, max);

function hostName(): string {
  const namespace = /\d+/.exec(orEmpty(() => readlinkSync('/proc/self/ns/pid')))?.[0] ?? '';
  return `${plain(hostname(), 48)}-${namespace}`;
}

/** First part of the boot id, and the start in clock ticks since the boot (proc(5), field 22 of stat). */
function startOf(pid: number): string {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is the name in parentheses, which may hold anything; the third follows the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields[19];
  // A zombie has ended: only its parent has not looked yet.
  if (ticks === undefined || fields[0] === 'Z') return '';
  return `${bootId()}-${ticks}`;
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
