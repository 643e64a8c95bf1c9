/**
 * Runs the tests as plain JavaScript from .build/, a process for each batch, several at a time. Prints a line
 * for each process, then what failed, then the totals.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { counted } from '../../protocol/counted.ts';
import { batchesOf, isPure } from './batches.ts';
import { changedFiles } from './changed.ts';
import { ImportGraph } from './imports.ts';
import { type Result, runBatch } from './run-batch.ts';
import type { Tree } from './tree.ts';

/** Milliseconds for a process of the normal run. */
const TIMEOUT_MS = 600_000;
/** How much more the long run does. */
const LONG_TIMES = 10;

/** Resolves with the exit code: 0 when tests ran and none failed, else 1. */
export async function runTests(words: readonly string[], tree: Tree): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      changed: { type: 'boolean', default: false },
      long: { type: 'boolean', default: false },
      pure: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.min(4, availableParallelism() + 1)) },
    },
  });
  const timeoutMs = TIMEOUT_MS * (values.long ? LONG_TIMES : 1);
  const batches = selectBatches(tree, positionals, values);
  if (batches.length === 0) process.stdout.write(`${whyNone(positionals, values.changed)}\n`);
  const environment = environmentOf(timeoutMs, values.long);
  const durations = new Durations(path.join(tree.runFolder, 'durations.json'));
  const waiting = batches.toSorted((a, b) => durations.of(b) - durations.of(a));
  const ended: Result[] = [];
  const work = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const result = await runBatch(batch, tree, environment, timeoutMs);
      durations.set(batch, result.ms);
      ended.push(result);
      process.stdout.write(`${describe(result, ended.length, batches.length)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs) || 1) }, work));
  durations.write();
  const failed = printTotals(ended);
  return failed === 0 && (batches.length > 0 || values.changed) ? 0 : 1;
}

/** All test files, or those whose path holds one of the words, or those that reach a changed file. */
function selectBatches(
  tree: Tree,
  words: readonly string[],
  only: { readonly changed: boolean; readonly pure: boolean },
): readonly (readonly string[])[] {
  const graph = new ImportGraph(tree);
  const changed = only.changed ? changedFiles(tree.root) : [];
  const tests = tree.sources
    .filter((file) => file.endsWith('.test.ts'))
    .filter((test) => words.length === 0 || words.some((word) => test.includes(word)))
    .filter((test) => !only.pure || isPure(graph.reached(test)))
    .filter((test) => !only.changed || changed.some((file) => graph.reached(test).has(file)));
  return batchesOf(tests, (test) => graph.reached(test));
}

/** Why there is nothing to run. */
function whyNone(words: readonly string[], changed: boolean): string {
  const which = words.length === 0 ? 'test file' : `test file with ${words.join(' or ')} in its path`;
  return changed ? `no ${which} can reach what differs from the last commit` : `there is no ${which}`;
}

function environmentOf(timeoutMs: number, long: boolean): NodeJS.ProcessEnv {
  const common = { ...process.env, TAP_TIMEOUT: String(timeoutMs / 1000), TAP_BAIL: '0' };
  return long
    ? {
        ...common,
        MODEMLAB_SIZE: process.env.MODEMLAB_SIZE ?? String(LONG_TIMES),
        MODEMLAB_SEED: process.env.MODEMLAB_SEED ?? 'random',
      }
    : common;
}

/** How long each process took the last time: those that take longest are started first. */
class Durations {
  readonly #file: string;
  readonly #ms = new Map<string, number>();

  constructor(file: string) {
    this.#file = file;
    try {
      const kept: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(file, 'utf8'));
      for (const [name, ms] of Object.entries(kept)) if (typeof ms === 'number') this.#ms.set(name, ms);
    } catch {
      // The first run, or one that was broken off: the order is then that of the names.
    }
  }

  /** Milliseconds; 0 when it never ran. */
  of(batch: readonly string[]): number {
    return this.#ms.get(batch.join(' ')) ?? 0;
  }

  set(batch: readonly string[], ms: number): void {
    this.#ms.set(batch.join(' '), ms);
  }

  write(): void {
    writeFileSync(this.#file, JSON.stringify(Object.fromEntries(this.#ms)));
  }
}

const countsOf = ({ passed, failed, skipped }: Result): string =>
  [
    `${passed} passed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(skipped === 0 ? [] : [`${skipped} skipped`]),
  ].join(', ');

function describe(result: Result, at: number, total: number): string {
  const place = `${String(at).padStart(String(total).length)}/${total}`;
  const seconds = (result.ms / 1000).toFixed(1).padStart(6);
  const [first = '', ...others] = result.batch;
  const name = others.length === 0 ? first : `${first} and ${counted(others.length, 'other')}`;
  return `${place} ${result.failed === 0 ? 'ok  ' : 'FAIL'} ${seconds} s  ${name}: ${countsOf(result)}`;
}

/** Prints what failed and the totals, and returns how many failed. */
function printTotals(results: readonly Result[]): number {
  for (const { failed, batch, failures } of results)
    if (failed > 0) process.stdout.write(`\n${batch.join(', ')}\n${failures.join('\n')}\n`);
  const sum = (count: (result: Result) => number): number =>
    results.reduce((total, result) => total + count(result), 0);
  const failed = sum((result) => result.failed);
  const passed = sum((result) => result.passed);
  const skipped = sum((result) => result.skipped);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed;
}
