// `npm test`, `npm run test:long` and `npm run test:changed`: emits what changed, then runs
// scripts/test/run.ts.
import { pathToFileURL } from 'node:url';
import { builtPath, emit, listSources, ROOT, RUN_FOLDER } from '../emit.js';
import { installMissing } from '../install-missing.js';

if (installMissing() && (await emit())) {
  const { runTests } = await import(pathToFileURL(builtPath('scripts/test/run.ts')).href);
  const tree = { root: ROOT, sources: listSources(), builtPath, runFolder: RUN_FOLDER };
  process.exitCode = await runTests(process.argv.slice(2), tree);
} else process.exitCode = 1;
