import t from 'tap';
import { batchesOf, FILES_IN_BATCH } from '../../../scripts/test/batches.ts';
import { directImports, ImportGraph } from '../../../scripts/test/imports.ts';
import { listProject } from '../../support/house/files.ts';
import { builtPath, ROOT } from '../../support/tree.ts';

const sources = listProject(ROOT).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** Every test file of the package, read from the folders themselves. */
const tests = sources.filter((file) => file.endsWith('.test.ts'));

const graph = new ImportGraph({ sources, builtPath });

t.test('no test file is left out, and none runs twice', async (t) => {
  t.ok(tests.length > 100, `${tests.length} test files`);
  const batches = batchesOf(tests, (test) => graph.reached(test));
  t.strictSame(batches.flat().sort(), tests);
  t.ok(batches.every((batch) => batch.length <= FILES_IN_BATCH));
});

t.test('tests of pure code share processes; those with sockets or child processes do not', async (t) => {
  const batches = batchesOf(tests, (test) => graph.reached(test));
  const sizeOf = (test: string): number => batches.find((batch) => batch.includes(test))?.length ?? 0;
  t.ok(sizeOf('test/protocol/xml/read.test.ts') > 1);
  for (const alone of ['acs/crash', 'acs/http/server', 'cli/acs/acs', 'captures/packet/flow'])
    t.equal(sizeOf(`test/${alone}.test.ts`), 1, alone);
});

t.test('imports of all forms are seen, and programs that are started by their path', async (t) => {
  const text = [
    'import t from "tap";',
    'import {',
    '  a',
    '} from "../../acs/a.js";',
    'export { b } from "./b.js";',
    'import "node:net";',
    'const later = await import("./later.js");',
    'program("cli/bin.ts");',
    'const text = "import x from here";',
  ].join('\n');
  t.strictSame(directImports('test/x/y.test.ts', text), [
    ...['tap', 'acs/a.ts', 'test/x/b.ts', 'node:net', 'test/x/later.ts', 'cli/bin.ts'],
  ]);
});
