/**
 * Which test files share a process. Starting node and loading modules costs more than most tests of pure
 * code: those are gathered. A test that opens sockets, starts processes or measures memory has a process of
 * its own.
 */

/** A test that reaches one of these is alone. */
const ALONE: readonly string[] = [
  ...['node:child_process', 'node:cluster', 'node:dgram', 'node:http', 'node:https', 'node:net', 'node:tls'],
  ...['node:worker_threads', 'undici', 'test/support/process/heap.ts'],
];

export const FILES_IN_BATCH = 10;

/** Whether a test that reaches these files and packages can share a process. */
export const isPure = (reached: ReadonlySet<string>): boolean => !ALONE.some((module) => reached.has(module));

/**
 * Every test file once, in lists that each run in one process. `reached` tells what a test imports, itself
 * included.
 */
export function batchesOf(
  tests: readonly string[],
  reached: (test: string) => ReadonlySet<string>,
): readonly (readonly string[])[] {
  const startsPrograms = (test: string): boolean => reached(test).has('node:child_process');
  const alone = tests.filter((test) => !isPure(reached(test)));
  const gathered = tests.filter((test) => isPure(reached(test)));
  const count = Math.ceil(gathered.length / FILES_IN_BATCH);
  return [
    // Programs take longest, and mostly wait: they begin first.
    ...alone.filter(startsPrograms).map((test) => [test]),
    ...alone.filter((test) => !startsPrograms(test)).map((test) => [test]),
    // Dealt like cards, so that neighbours, which are often alike in size, do not all land in one batch.
    ...Array.from({ length: count }, (_, at) => gathered.filter((_, index) => index % count === at)),
  ];
}
