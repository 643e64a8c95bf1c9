/** Child processes of tests, that run a TypeScript file of this folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { program } from '../tree.ts';

export interface Child {
  readonly process: ChildProcess;
  /** What it has written, line by line; without the last line when that is not whole. */
  readonly lines: () => string[];
  /** Resolves when it has written its first line. */
  readonly ready: Promise<unknown>;
  /** Resolves when it has ended and all that it wrote was read. */
  readonly ended: Promise<{ code: number | null; errors: string }>;
}

export function startChild(file: string, args: readonly string[]): Child {
  const words = [...program(file), ...args];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk;
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, errors }));
  return {
    process: child,
    lines: () =>
      text
        .slice(0, text.lastIndexOf('\n') + 1)
        .split('\n')
        .filter((line) => line !== ''),
    ready: Promise.race([once(child.stdout, 'data'), ended]),
    ended,
  };
}
