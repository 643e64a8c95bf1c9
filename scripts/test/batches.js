// Which test files share a process. Starting node and loading modules costs more than most tests of pure code: those are
// gathered. A test that opens sockets, starts processes or measures memory has a process of its own.

/** A test that reaches one of these is alone. */
const ALONE = [
  ...['node:child_process', 'node:cluster', 'node:dgram', 'node:http', 'node:https', 'node:net', 'node:tls'],
  ...['node:worker_threads', 'undici', 'test/support/heap.ts'],
];

export const FILES_IN_BATCH = 10;

/**
 * Every test file once, in lists that each run in one process.
 * @param {readonly string[]} tests paths from the package's folder
 * @param {(test: string) => ReadonlySet<string>} reached what a test imports, itself included
 */
export function batchesOf(tests, reached) {
  const isAlone = (test) => ALONE.some((module) => reached(test).has(module));
  const gathered = tests.filter((test) => !isAlone(test));
  const batches = tests.filter(isAlone).map((test) => [test]);
  const count = Math.ceil(gathered.length / FILES_IN_BATCH);
  // Dealt like cards, so that neighbours, which are often alike in size, do not all land in one batch.
  for (let at = 0; at < count; at += 1) batches.push(gathered.filter((_, index) => index % count === at));
  return batches;
}
