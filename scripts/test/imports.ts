/**
 * Who imports whom among the emitted modules: which tests a change touches, and which need a process of their
 * own.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LISTS_TREE, readersOf } from './readers.ts';
import type { Tree } from './tree.ts';

/** Static and dynamic imports as the emitter prints them. */
const IMPORT = /(?:^(?:import|export)\b[^'";]*|\bimport\()"([^"\n]+)"/gm;
/** A program that a test starts by its path from the package's folder. */
const PROGRAM = /["'`]((?:bench|cli|test)\/[\w./-]+\.ts)["'`]/g;

export class ImportGraph {
  readonly #texts: ReadonlyMap<string, string>;
  readonly #direct: ReadonlyMap<string, readonly string[]>;
  readonly #reached = new Map<string, ReadonlySet<string>>();

  constructor({ sources, builtPath }: Pick<Tree, 'sources' | 'builtPath'>) {
    this.#texts = new Map(sources.map((source) => [source, readFileSync(builtPath(source), 'utf8')]));
    this.#direct = new Map(
      [...this.#texts].map(([source, text]) => [source, directImports(source, text)] as const),
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

  /** Whether a source can tell that these files, sources or others, have changed. */
  watcherOf(changed: readonly string[]): (source: string) => boolean {
    if (changed.length === 0) return () => false;
    const seen = [LISTS_TREE, ...changed.flatMap((file) => [file, ...this.#readersOf(file)])];
    return (source) => seen.some((file) => this.reached(source).has(file));
  }

  #readersOf(file: string): readonly string[] {
    return file.endsWith('.ts') ? [] : readersOf(file, this.#texts);
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
