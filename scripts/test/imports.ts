/**
 * Who imports whom among the emitted modules: which tests a change touches, and which need a process of their
 * own.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tree } from './tree.ts';

/** Static and dynamic imports as the emitter prints them. */
const IMPORT = /(?:^(?:import|export)\b[^'";]*|\bimport\()"([^"\n]+)"/gm;
/** A program that a test starts by its path from the package's folder. */
const PROGRAM = /["'`]((?:bench|cli|test)\/[\w./-]+\.ts)["'`]/g;

export class ImportGraph {
  readonly #direct: ReadonlyMap<string, readonly string[]>;
  readonly #reached = new Map<string, ReadonlySet<string>>();

  constructor({ sources, builtPath }: Tree) {
    this.#direct = new Map(
      sources.map((source) => [source, directImports(source, readFileSync(builtPath(source), 'utf8'))]),
    );
  }

  /**
   * All files and packages that a source reaches, itself included: files by their path from the package's
   * folder.
   */
  reached(source: string): ReadonlySet<string> {
    const known = this.#reached.get(source);
    if (known !== undefined) return known;
    const found = new Set([source]);
    for (const file of found) for (const next of this.#direct.get(file) ?? []) found.add(next);
    this.#reached.set(source, found);
    return found;
  }
}

/** What a module, given as its source's path and its JavaScript, imports or starts by itself. */
export function directImports(source: string, text: string): readonly string[] {
  const modules = [...text.matchAll(IMPORT)].map(([, specifier = '']) =>
    specifier.startsWith('.')
      ? path.posix.join(path.posix.dirname(source), specifier.replace(/\.js$/, '.ts'))
      : specifier,
  );
  return [...modules, ...[...text.matchAll(PROGRAM)].map(([, program = '']) => program)];
}
