// Writes .build/: every source of tsconfig.json as JavaScript that plain node runs, with source maps, and the
// data files beside it. Only what changed since the last time is written. Types are not checked: `npm run
// typecheck` does that.
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { DATA_FOLDERS, filesBelow, ROOT } from './data-folders.js';

export { ROOT };
export const BUILD = path.join(ROOT, '.build');
/** For what a test run writes for itself. */
export const RUN_FOLDER = path.join(BUILD, 'run');

/** What decides the form of the output. When one of these is newer than the output, all is written again. */
const MAKERS = ['scripts/emit.js', 'tsconfig.json', 'node_modules/esbuild/package.json'];
const DATA = [...DATA_FOLDERS, 'test/fixtures'];

/** Milliseconds since 1970 of the last change; 0 for a file that is not there. */
const changedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

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
  const made = Math.max(...MAKERS.map((file) => changedAt(path.join(ROOT, file))));
  const isOld = (file) => {
    const built = changedAt(builtPath(file));
    return built < changedAt(path.join(ROOT, file)) || built < made;
  };
  mkdirSync(RUN_FOLDER, { recursive: true });
  const sources = listSources();
  const data = DATA.flatMap((folder) => filesBelow(folder, '.json'));
  removeStrays(new Set([...sources, ...data].map(builtPath)));
  for (const file of data.filter(isOld)) cpSync(path.join(ROOT, file), builtPath(file));
  const old = sources.filter(isOld);
  return old.length === 0 || (await transpile(old));
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
