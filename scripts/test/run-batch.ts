/** Runs test files in one process of their own, and reads what they print. */
import { readTapLog, type TapLog } from './tap-log.ts';
import { startTests } from './test-process.ts';
import type { Tree } from './tree.ts';

export interface Result extends TapLog {
  readonly batch: readonly string[];
  readonly ms: number;
}

export function runBatch(
  batch: readonly string[],
  tree: Tree,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<Result> {
  const began = performance.now();
  const child = startTests(batch, tree, timeoutMs, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [log, errors] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      const ms = Math.round(performance.now() - began);
      resolve({ ...judge(log, errors, code ?? signal), batch, ms });
    });
  });
}

/** A process that broke without a failed assertion failed all the same. */
function judge(log: string, errors: string, ending: number | string | null): TapLog {
  const read = readTapLog(log);
  if (ending === 0 && read.failed === 0 && read.passed + read.skipped > 0) return read;
  const seen = [...read.failures, errors].filter((text) => text !== '');
  const ended = `the process ended with ${ending}\n${log.slice(-2000)}`;
  return { ...read, failed: Math.max(read.failed, 1), failures: seen.length > 0 ? seen : [ended] };
}
