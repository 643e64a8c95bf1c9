/**
 * Runs the tests as plain JavaScript from .build/, a process for each batch, several at a time. Prints a line
 * for each process, then what failed, then the totals.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { counted } from '../../protocol/counted.ts';
import { batchesOf, isPure } from './batches.ts';
import { changedFiles } from './changed.ts';
import { ImportGraph } from './imports.ts';
import { type Options, readOptions } from './options.ts';
import { type Result, runBatch } from './run-batch.ts';
import { checkEnvironment, SettingError } from './settings.ts';
import { endOnSignals, TIMEOUT_MS } from './test-process.ts';
import type { Tree } from './tree.ts';

/** How much more the long run does. */
const LONG_TIMES = 10;

/** Resolves with the exit code: 0 when tests ran and none failed, 2 when a setting is wrong, else 1. */
export async function runTests(words: readonly string[], tree: Tree): Promise<number> {
  try {
    checkEnvironment(process.env);
    return await runSelected(readOptions(words), tree);
  } catch (error) {
    if (!(error instanceof SettingError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
}

async function runSelected(options: Options, tree: Tree): Promise<number> {
  const timeoutMs = TIMEOUT_MS * (options.long ? LONG_TIMES : 1);
  const batches = selectBatches(tree, options);
  if (batches.length === 0) process.stdout.write(`${whyNone(options)}\n`);
  const environment = environmentOf(options.long);
  const durations = new Durations(path.join(tree.runFolder, 'durations.json'));
  const waiting = batches.toSorted((a, b) => durations.of(b) - durations.of(a));
  const ended: Result[] = [];
  const ending = endOnSignals();
  const work = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined && !ending.aborted; batch = waiting.shift()) {
      const result = await runBatch(batch, tree, environment, timeoutMs);
      durations.set(batch, result.ms);
      ended.push(result);
      process.stdout.write(`${describe(result, ended.length, batches.length)}\n`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
  durations.write();
  const failed = printTotals(ended);
  return failed === 0 && (batches.length > 0 || options.changed) ? 0 : 1;
}

/** All test files, or those whose path holds one of the words, or those that reach a changed file. */
function selectBatches(tree: Tree, { words, ...only }: Options): readonly (readonly string[])[] {
  const graph = new ImportGraph(tree);
  const isTouched = only.changed ? graph.watcherOf(changedFiles(tree.root)) : () => true;
  const tests = tree.sources
    .filter((file) => file.endsWith('.test.ts'))
    .filter((test) => words.length === 0 || words.some((word) => test.includes(word)))
    .filter((test) => !only.pure || isPure(graph.reached(test)))
    .filter(isTouched);
  return batchesOf(tests, (test) => graph.reached(test));
}

/** Why there is nothing to run. */
function whyNone({ words, changed }: Options): string {
  const which = words.length === 0 ? 'test file' : `test file with ${words.join(' or ')} in its path`;
  return changed ? `no ${which} can reach what differs from the last commit` : `there is no ${which}`;
}

function environmentOf(long: boolean): NodeJS.ProcessEnv {
  const common = { ...process.env, TAP_BAIL: '0' };
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
