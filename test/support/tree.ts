/**
 * Where the package lies, and how its programs are started: from its sources by tsx, or as emitted for the
 * tests.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** The folder that this code runs from: the package's own, or .build/ in it. */
const HERE = path.resolve(import.meta.dirname, '../..');

/** The folder of the package: sources, docs, fixtures and captures are in it. */
export const ROOT = existsSync(path.join(HERE, 'package.json')) ? HERE : path.dirname(HERE);

/** The path of a file in test/fixtures/. */
export const fixture = (name: string): string => path.join(ROOT, 'test', 'fixtures', name);

/** The emitted JavaScript of a source. */
export const builtPath = (source: string): string =>
  path.join(ROOT, '.build', source.replace(/\.ts$/, '.js'));

/** Node's arguments that run a program of the package, named by its source from the root: `cli/bin.ts`. */
export const program = (source: string): readonly string[] =>
  HERE === ROOT
    ? ['--import', 'tsx', path.join(HERE, source)]
    : [path.join(HERE, source.replace(/\.ts$/, '.js'))];
