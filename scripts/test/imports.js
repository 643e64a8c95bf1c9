// Who imports whom among the emitted modules, to tell which tests a change touches and which need a process of their own.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { builtPath, listSources } from '../emit.js';

/** Static and dynamic imports as the emitter prints them. */
const IMPORT = /(?:^(?:import|export)\b[^'"\n]*|\bimport\()"([^"\n]+)"/gm;
/** A program that a test starts by its path from the package's folder. */
const PROGRAM = /["'`]((?:bench|cli|test)\/[\w./-]+\.ts)["'`]/g;

/** For each source, by its path from the package's folder: all files and packages that it reaches, itself included. */
export class ImportGraph {
  #direct = new Map();
  #reached = new Map();

  constructor() {
    for (const source of listSources()) this.#direct.set(source, directImports(source));
  }

  reached(source) {
    const known = this.#reached.get(source);
    if (known) return known;
    const found = new Set([source]);
    for (const file of found) for (const next of this.#direct.get(file) ?? []) found.add(next);
    this.#reached.set(source, found);
    return found;
  }
}

function directImports(source) {
  const text = readFileSync(builtPath(source), 'utf8');
  const modules = [...text.matchAll(IMPORT)].map(([, specifier]) =>
    specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(source), specifier.replace(/\.js$/, '.ts'))
      : specifier,
  );
  return [...modules, ...[...text.matchAll(PROGRAM)].map(([, program]) => program)];
}
