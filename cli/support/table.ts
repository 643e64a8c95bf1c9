/**
 * Tables and lists for people: aligned, and cut to the width of the terminal. What a modem wrote is made
 * harmless.
 */
import { styled } from './colour.ts';
import type { Io } from './io.ts';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string | number | undefined;
  /** Numbers stand at the right. */
  readonly align?: 'right';
}

const GAP = '  ';
/** No column is cut below this many characters. */
const NARROWEST = 8;

/**
 * C0, DEL, C1, line separators, and marks that turn the direction of text: they would act on the terminal.
 */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * Text from outside as one line that does nothing to a terminal: unsafe characters as `\n`, `\t` or `\u{1b}`.
 */
export function safe(text: string): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    return `\\u{${character.charCodeAt(0).toString(16)}}`;
  });
}

const widthOf = (text: string): number => [...text].length;

function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  return `${[...text].slice(0, Math.max(0, width - 1)).join('')}…`;
}

/** Writes a table with a line of titles. Where standard output is no terminal nothing is cut. */
export function writeTable<Row>(io: Io, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  const texts = rows.map((row) => columns.map(({ cell }) => safe(String(cell(row) ?? ''))));
  const widths = columns.map(({ title }, index) =>
    texts.reduce((widest, cells) => Math.max(widest, widthOf(cells[index] ?? '')), widthOf(title)),
  );
  if (io.columns !== undefined) shrink(widths, io.columns);
  const line = (cells: readonly string[]): string => {
    const padded = cells.map((text, index) => {
      const width = widths[index] ?? 0;
      const space = ' '.repeat(Math.max(0, width - widthOf(text)));
      return columns[index]?.align === 'right' ? space + text : cut(text, width) + space;
    });
    const text = padded.join(GAP).trimEnd();
    return io.columns === undefined ? text : cut(text, io.columns);
  };
  const head = line(columns.map(({ title }) => title));
  io.out(`${bold(io, head)}\n${texts.map((cells) => `${line(cells)}\n`).join('')}`);
}

/** Takes from the widest column until the line fits, or no column can give more. */
function shrink(widths: number[], available: number): void {
  let excess = widths.reduce((sum, width) => sum + width, (widths.length - 1) * GAP.length) - available;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    const second = Math.max(NARROWEST, ...widths.filter((width) => width < widest));
    const index = widths.indexOf(widest);
    const taken = Math.min(excess, Math.max(1, widest - second));
    widths[index] = widest - taken;
    excess -= taken;
  }
}

/** Writes `name  value` lines, the values aligned. Undefined values are left out. */
export function writeFields(
  io: Io,
  fields: readonly (readonly [string, string | number | undefined])[],
): void {
  const shown = fields.filter(([, value]) => value !== undefined);
  const width = Math.max(0, ...shown.map(([name]) => widthOf(name)));
  const room = io.columns === undefined ? Number.POSITIVE_INFINITY : io.columns - width - GAP.length;
  for (const [name, value] of shown) {
    const title = name + ' '.repeat(width - widthOf(name));
    io.out(`${dim(io, title)}${GAP}${cut(safe(String(value)), Math.max(room, NARROWEST))}`.trimEnd());
    io.out('\n');
  }
}

export function writeJson(io: Io, document: unknown): void {
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}

/** A time as ISO 8601 for people: to the second, in UTC. */
export const shortTime = (iso: string | undefined): string | undefined =>
  iso?.replace('T', ' ').replace(/\.\d+Z$/, 'Z');

const bold = (io: Io, text: string): string => styled(io, 'out', 'bold', text);
const dim = (io: Io, text: string): string => styled(io, 'out', 'dim', text);
