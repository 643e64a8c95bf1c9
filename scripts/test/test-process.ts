/** Starts the processes that run tests, and sees that none of them outlives this one or its time. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Tree } from './tree.ts';

/** Milliseconds for the tests of one process in a normal run. */
export const TIMEOUT_MS = 600_000;
/**
 * tap ends a test that takes too long, and says which. A process that does not even do that, as one in a
 * busy loop, is ended so many milliseconds later.
 */
const GRACE_MS = 10_000;
/** Milliseconds for the test processes to end after a signal, for what they started themselves. */
const ENDING_MS = 2000;

const running = new Set<ChildProcess>();

/** Runs test files, given by their paths from the package's folder, one after the other in one process. */
export function startTests(
  files: readonly string[],
  { root, builtPath }: Pick<Tree, 'root' | 'builtPath'>,
  timeoutMs: number,
  options: Pick<SpawnOptions, 'env' | 'stdio'>,
): ChildProcess {
  const env = { ...options.env, TAP_TIMEOUT: String(timeoutMs / 1000) };
  const words = ['--enable-source-maps', builtPath('scripts/test/entry.ts'), ...files];
  const child = spawn(process.execPath, words, { ...options, cwd: root, env });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS);
  running.add(child);
  child.once('close', () => {
    clearTimeout(timer);
    running.delete(child);
  });
  return child;
}

/** From now on the test processes end with this one. The result is aborted when no more may begin. */
export function endOnSignals(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      ending.abort();
      for (const child of running) child.kill(signal);
      setTimeout(killAll, ENDING_MS).unref();
      process.on('exit', () => {
        process.exitCode = 128 + constants.signals[signal];
      });
    });
  return ending.signal;
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}
