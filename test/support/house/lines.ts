/**
 * Which lines are too long. CONTRIBUTING.md names the limit; biome keeps it in code, but not in comments and
 * pages.
 */
import ts from 'typescript';
import type { TextFile } from './files.ts';
import type { Place } from './sources.ts';
import { visit } from './sources.ts';

export const MAX_COLUMNS = 110;

export interface LongLine extends Place {
  readonly columns: number;
}

/** Every line that is too long and could be broken. */
export function longLines(files: readonly TextFile[]): readonly LongLine[] {
  return files.flatMap(({ file, text }) => {
    const lines = text.split('\n');
    if (lines.every((line) => columnsOf(line) <= MAX_COLUMNS)) return [];
    const isAllowed = allowedIn(file, text, lines);
    return lines.flatMap((line, index) => {
      const columns = columnsOf(line);
      if (columns <= MAX_COLUMNS || isUrl(line) || isAllowed(line, index)) return [];
      return [{ file, line: index + 1, columns }];
    });
  });
}

function allowedIn(file: string, text: string, lines: readonly string[]): IsAllowed {
  if (file.endsWith('.md')) return allowedInMarkdown(lines);
  return /\.(ts|js)$/.test(file) ? allowedInCode(file, text) : () => false;
}

type IsAllowed = (line: string, index: number) => boolean;

const columnsOf = (line: string): number => [...line].length;
const isUrl = (line: string): boolean => /https?:\/\/\S{20}/.test(line);

/** Tables, fenced blocks, and words that are too long by themselves. */
function allowedInMarkdown(lines: readonly string[]): IsAllowed {
  const fenced = new Set<number>();
  let inside = false;
  for (const [index, line] of lines.entries()) {
    const isFence = /^\s*```/.test(line);
    if (inside || isFence) fenced.add(index);
    if (isFence) inside = !inside;
  }
  return (line, index) => {
    if (fenced.has(index) || line.startsWith('|')) return true;
    const [, indent = '', rest = ''] = /^(\s*(?:[-*] |\d+\. )?)(.*)$/.exec(line) ?? [];
    return rest.split(' ').some((word) => columnsOf(indent) + columnsOf(word) > MAX_COLUMNS);
  };
}

/** A line that fits without its longest literal: breaking the literal would hide what it says. */
function allowedInCode(file: string, text: string): IsAllowed {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
  const longest = new Map<number, number>();
  const add = (line: number, columns: number): void => {
    longest.set(line, Math.max(longest.get(line) ?? 0, columns));
  };
  visit(tree, (node) => {
    if (!isLiteral(node)) return;
    const start = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    for (const [at, part] of node.getText(tree).split('\n').entries()) add(start.line + at, columnsOf(part));
  });
  return (line, index) => columnsOf(line) - (longest.get(index) ?? 0) <= MAX_COLUMNS;
}

const isLiteral = (node: ts.Node): boolean =>
  ts.isStringLiteral(node) ||
  ts.isNoSubstitutionTemplateLiteral(node) ||
  ts.isTemplateExpression(node) ||
  ts.isRegularExpressionLiteral(node);
