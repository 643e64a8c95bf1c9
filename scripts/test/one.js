// Runs one test file and shows all that it prints: `npm run test:one -- test/protocol/xml/read.test.ts`. With
// --watch it runs again whenever a source changes. Neither types nor style are checked.
import { spawn } from 'node:child_process';
import { existsSync, watch } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { builtPath, emit, listFolders, ROOT } from '../emit.js';
import { installMissing } from '../install-missing.js';

/** Milliseconds without a change before a run begins: editors write a file in several steps. */
const SETTLE_MS = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { watch: { type: 'boolean', default: false } },
});

/** Where the command was typed; npm runs scripts in the package's folder. */
const HERE = process.env.INIT_CWD ?? process.cwd();
/** From the package's folder: a path that is there from where it was typed, or else as it is. */
const fromRoot = (file) => {
  const typed = path.resolve(HERE, file);
  return path
    .relative(ROOT, existsSync(typed) ? typed : path.resolve(ROOT, file))
    .split(path.sep)
    .join('/');
};
const files = positionals.map(fromRoot);
const missing = files.find((file) => !file.endsWith('.test.ts') || !existsSync(path.join(ROOT, file)));

if (files.length === 0 || missing !== undefined) {
  const what = missing === undefined ? 'name a test file' : `${missing} is not a test file`;
  process.stderr.write(`${what}, for example: npm run test:one -- test/protocol/xml/read.test.ts\n`);
  process.exitCode = 2;
} else if (!installMissing()) process.exitCode = 1;
else if (values.watch) await watchFiles();
else process.exitCode = await runFiles();

async function runFiles() {
  if (!(await emit())) return 1;
  let worst = 0;
  for (const file of files) worst = Math.max(worst, await runFile(file));
  return worst;
}

function runFile(file) {
  const child = spawn(process.execPath, ['--enable-source-maps', builtPath(file)], {
    cwd: ROOT,
    env: { TAP_TIMEOUT: '600', ...process.env },
    stdio: 'inherit',
  });
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

async function watchFiles() {
  let timer;
  let running = Promise.resolve();
  const again = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = running.then(runFiles).catch((error) => process.stderr.write(`${error.message}\n`));
    }, SETTLE_MS);
  };
  for (const folder of listFolders()) watch(path.join(ROOT, folder), { recursive: true }, again);
  again();
}
