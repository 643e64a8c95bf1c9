// Runs one test file and shows all that it prints: `npm run test:one -- test/protocol/xml/read.test.ts`. With
// --watch it runs again whenever a source changes. Neither types nor style are checked.
import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtPath, emit, listFolders, ROOT } from '../emit.js';
import { installMissing } from '../install-missing.js';

/** Milliseconds without a change before a run begins: editors write a file in several steps. */
const SETTLE_MS = 100;

const words = process.argv.slice(2);
const isWatching = words.includes('--watch');
const files = words.filter((word) => word !== '--watch').map(fromRoot);
const wrong = files.map(whyNotTest).find((why) => why !== undefined);

if (files.length === 0 || wrong !== undefined) {
  const why = wrong ?? 'name a test file';
  process.stderr.write(`${why}, for example: npm run test:one -- test/protocol/xml/read.test.ts\n`);
  process.exitCode = 2;
} else if (!installMissing() || !(await emit())) process.exitCode = 1;
else await run();

async function run() {
  const load = (source) => import(pathToFileURL(builtPath(source)).href);
  const { endOnSignals } = await load('scripts/test/test-process.ts');
  const { runShown } = await load('scripts/test/run-shown.ts');
  const ending = endOnSignals();
  const tree = { root: ROOT, builtPath };
  if (isWatching) watchFiles(async () => (await emit()) && runShown(files, tree, ending));
  else process.exitCode = await runShown(files, tree, ending);
}

/** From the package's folder: a path that is there from where it was typed, or else as it is. */
function fromRoot(file) {
  // npm runs scripts in the package's folder.
  const typed = path.resolve(process.env.INIT_CWD ?? process.cwd(), file);
  const found = existsSync(typed) ? typed : path.resolve(ROOT, file);
  return path.relative(ROOT, found).split(path.sep).join('/');
}

function whyNotTest(file) {
  if (file.startsWith('..') || path.isAbsolute(file)) return `${file} is outside of the package`;
  if (!file.startsWith('test/') || !file.endsWith('.test.ts')) return `${file} is not a test file`;
  return existsSync(path.join(ROOT, file)) ? undefined : `there is no ${file}`;
}

function watchFiles(runAgain) {
  let timer;
  let running = Promise.resolve();
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(runAgain).catch((error) => process.stderr.write(`${error.message}\n`));
    }, SETTLE_MS);
  };
  for (const folder of listFolders()) watch(path.join(ROOT, folder), { recursive: true }, again);
  again();
}
