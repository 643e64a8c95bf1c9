/** Runs test files in one process of their own, and reads what they print. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { readTapLog, type TapLog } from './tap-log.ts';
import type { Tree } from './tree.ts';

/**
 * tap ends a test that takes too long, and tells which; a process that does not even do that is ended so much
 * later.
 */
const GRACE_MS = 10_000;

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
  const words = ['--enable-source-maps', entryOf(batch, tree)];
  const child = spawn(process.execPath, words, { cwd: tree.root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [log, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const ms = Math.round(performance.now() - began);
      resolve({ ...judge(log, errors, code ?? signal), batch, ms });
    });
  });
}

/** A process that broke without a failed assertion failed all the same. */
function judge(log: string, errors: string, ending: number | string | null): TapLog {
  const read = readTapLog(log);
  if (ending === 0 && read.failed === 0 && read.passed + read.skipped > 0) return read;
  const ended = `the process ended with ${ending}\n${errors}${log.slice(-2000)}`;
  const failures = read.failures.length > 0 ? read.failures : [ended];
  return { ...read, failed: Math.max(read.failed, 1), failures };
}

/** One file is its own program; several are imported by a program that is written for them. */
function entryOf(batch: readonly string[], { builtPath, runFolder }: Tree): string {
  const [first = '', ...others] = batch;
  if (others.length === 0) return builtPath(first);
  const file = path.join(runFolder, `${first.replaceAll('/', '-')}.mjs`);
  const imports = batch.map((test) => `import ${JSON.stringify(pathToFileURL(builtPath(test)).href)};\n`);
  writeFileSync(file, imports.join(''));
  return file;
}
