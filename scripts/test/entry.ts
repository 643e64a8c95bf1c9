/**
 * The program of every test process. It imports the test files that it is given, by their paths from the
 * package's folder, one after the other. It fails when a file does not run to its end, holds no test, or has
 * a test that asserts nothing: tap alone takes all three for passed.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import t, { Test } from 'tap';

const BUILD = path.resolve(import.meta.dirname, '..', '..');

let running: string | undefined;
let tests = 0;

const complain = (what: string): void => {
  process.exitCode = 1;
  process.stderr.write(`${what}\n`);
};

function watch(test: unknown, above: string): void {
  if (!(test instanceof Test)) return;
  const title = `${above} > ${test.name}`;
  test.on('subtestAdd', (inner) => watch(inner, title));
  test.on('complete', ({ count, plan }) => {
    if (count === 0 && plan.skipReason === '') complain(`${title}: this test asserts nothing`);
  });
}

t.on('subtestAdd', (test) => {
  tests += 1;
  watch(test, running ?? '');
});
process.on('exit', () => {
  if (running !== undefined) complain(`${running}: the process ended before this file did`);
});
for (const file of process.argv.slice(2)) {
  running = file;
  const before = tests;
  await import(pathToFileURL(path.join(BUILD, file.replace(/\.ts$/, '.js'))).href);
  if (tests === before) t.fail(`${file} holds no test`);
}
running = undefined;
