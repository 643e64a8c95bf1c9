/**
 * Words that this project's comments and pages were once full of; plain English has others for most of what
 * they said.
 */
import type { TextFile } from './files.ts';
import type { Place } from './sources.ts';

export interface FoundWord extends Place {
  readonly word: string;
}

/**
 * A line on which the words are right. It has to be there: an entry that nothing needs any more is an error.
 */
export interface Allowed {
  readonly file: string;
  /** A part of the line. */
  readonly line: string;
}

const WORDS = /\b(told|bears?|anew|wish(?:es)?)\b/gi;

/** Every one of the words outside the lines that are allowed. */
export function findWords(files: readonly TextFile[], allowed: readonly Allowed[]): readonly FoundWord[] {
  return files.flatMap(({ file, text }) => {
    const parts = allowed.filter((entry) => entry.file === file);
    return text.split('\n').flatMap((line, index) => {
      if (parts.some((entry) => line.includes(entry.line))) return [];
      return [...line.matchAll(WORDS)].map(([word]) => ({ file, line: index + 1, word }));
    });
  });
}

/** The entries without which nothing more would be found. */
export const needless = (files: readonly TextFile[], allowed: readonly Allowed[]): readonly Allowed[] =>
  allowed.filter((entry) => {
    const rest = allowed.filter((other) => other !== entry);
    return findWords(files, rest).length === findWords(files, allowed).length;
  });
