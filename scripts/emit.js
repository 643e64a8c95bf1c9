// Writes .build/: every source of tsconfig.json as JavaScript that plain node runs, with source maps, and the
// data files beside it. Only what changed since the last time is written. Types are not checked: `npm run
// typecheck` does that.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { DATA_FOLDERS, filesBelow, ROOT } from './data-folders.js';

export { ROOT };
export const BUILD = path.join(ROOT, '.build');
/** For what a test run writes for itself. */
export const RUN_FOLDER = path.join(BUILD, 'run');

/** What was written the last time: the stamp of each file, and that of what was made of it. */
const RECORD = path.join(RUN_FOLDER, 'emitted.json');

/** What decides the form of the output. When one of these changes, all is written again. */
const MAKERS = ['scripts/emit.js', 'tsconfig.json', 'node_modules/esbuild/package.json'];
const DATA = [...DATA_FOLDERS, 'test/fixtures'];

/**
 * Changes whenever the file does. A time alone does not tell: an older file can be put back, a write can be
 * cut off, and an editor can save while the file is being read.
 */
function stampOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? 'none' : [stat.mtimeMs, stat.ctimeMs, stat.size, stat.ino].join(' ');
}

const included = () => JSON.parse(readFileSync(path.join(ROOT, 'tsconfig.json'), 'utf8')).include;

/** The folders that hold sources. */
export const listFolders = () => included().filter((entry) => !entry.endsWith('.ts'));

/** The sources of the package, without declarations. */
export function listSources() {
  return included()
    .flatMap((entry) => (entry.endsWith('.ts') ? [entry] : filesBelow(entry, '.ts')))
    .filter((file) => !file.endsWith('.d.ts'));
}

/** The place of a source's JavaScript, or of a data file's copy, in .build/. */
export const builtPath = (file) => path.join(BUILD, file.replace(/\.ts$/, '.js'));

/** Imports of other sources name their JavaScript. Nothing is bundled: modules stay what they are. */
const keepModules = {
  name: 'keep-modules',
  setup(build) {
    build.onResolve({ filter: /^\./ }, ({ kind, path: specifier }) =>
      kind === 'entry-point' ? undefined : { path: specifier.replace(/\.ts$/, '.js'), external: true },
    );
  },
};

/** Brings .build/ up to date. False if a source is no TypeScript: its place is then on standard error. */
export async function emit() {
  mkdirSync(RUN_FOLDER, { recursive: true });
  const sources = listSources();
  const data = DATA.flatMap((folder) => filesBelow(folder, '.json'));
  removeStrays(new Set([...sources, ...data].map(builtPath)));
  const makers = MAKERS.map((file) => stampOf(path.join(ROOT, file))).join(', ');
  // Taken before a file is read: what is saved later is written the next time.
  const stamps = new Map([...sources, ...data].map((file) => [file, stampOf(path.join(ROOT, file))]));
  const lineOf = (file) => `${stamps.get(file)} -> ${stampOf(builtPath(file))}`;
  const record = readRecord();
  const isOld = (file) => record.makers !== makers || record.files[file] !== lineOf(file);
  for (const file of data.filter(isOld)) cpSync(path.join(ROOT, file), builtPath(file));
  const old = sources.filter(isOld);
  if (old.length > 0 && !(await transpile(old))) return false;
  writeRecord({ makers, files: Object.fromEntries([...stamps.keys()].map((file) => [file, lineOf(file)])) });
  return true;
}

function readRecord() {
  try {
    const { makers, files } = JSON.parse(readFileSync(RECORD, 'utf8'));
    return { makers, files: files ?? {} };
  } catch {
    // The first time, or after something else has written it: everything is old.
    return { makers: undefined, files: {} };
  }
}

function writeRecord(record) {
  const draft = `${RECORD}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(record));
  renameSync(draft, RECORD);
}

/** False if esbuild has reported an error, and written nothing. */
async function transpile(sources) {
  const { build } = await import('esbuild');
  const result = build({
    absWorkingDir: ROOT,
    entryPoints: sources.map((file) => `./${file}`),
    outbase: '.',
    outdir: BUILD,
    bundle: true,
    packages: 'external',
    plugins: [keepModules],
    format: 'esm',
    platform: 'node',
    target: 'node20.18',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
  });
  return result.then(
    () => true,
    (failure) => {
      if (failure.errors === undefined) throw failure;
      return false;
    },
  );
}

/** Removes what was made of files that are gone, so that no test runs on them. */
function removeStrays(expected) {
  if (!existsSync(BUILD)) return;
  for (const entry of readdirSync(BUILD, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (!entry.isFile() || file.startsWith(RUN_FOLDER + path.sep)) continue;
    if (!expected.has(file.replace(/\.map$/, ''))) rmSync(file);
  }
}
