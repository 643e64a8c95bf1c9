/** Comma-separated values as RFC 4180 has them, with the line on which each row begins. */
import { LIMITS } from './limits.ts';

/** Throws what the caller throws for a wrong text, at a place in it. */
type Refuse = (place: string, wants: string) => never;

export interface CsvRow {
  /** From 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Columns of one row at most: device exports of ACSs have twelve. */
const MAX_COLUMNS = 64;

/** The rows of a text; empty lines are left out. Refuses what is no CSV, with its line. */
export function readCsv(text: string, refuse: Refuse): CsvRow[] {
  const rows: CsvRow[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const begun = line;
    const fields: string[] = [];
    for (let more = true; more; ) {
      const field = readField(text, at, line, refuse);
      fields.push(field.value);
      if (fields.length > MAX_COLUMNS) return refuse(`line ${line}`, `at most ${MAX_COLUMNS} columns`);
      line += field.breaks;
      more = text[field.end] === ',';
      at = more ? field.end + 1 : afterBreak(text, field.end);
    }
    line += 1;
    if (fields.length > 1 || fields[0] !== '') rows.push({ line: begun, fields });
    if (rows.length > LIMITS.members + 1) return refuse(`line ${line}`, `at most ${LIMITS.members} rows`);
  }
  return rows;
}

interface Field {
  readonly value: string;
  /** Where its separator stands. */
  readonly end: number;
  /** Lines that it spans beyond its first. */
  readonly breaks: number;
}

function readField(text: string, at: number, line: number, refuse: Refuse): Field {
  const quoted = text[at] === '"';
  const end = quoted ? closingQuote(text, at + 1) + 1 : separator(text, at);
  const written = text.slice(at, end);
  // A quotation mark that is never closed, or stands inside a plain field, or is followed by more than a
  // separator.
  if (end === 0 || (!quoted && written.includes('"')) || separator(text, end) !== end)
    return refuse(`line ${line}`, 'a quotation mark is out of place, or never closed');
  if (!quoted) return { value: written, end, breaks: 0 };
  const value = written.slice(1, -1).replaceAll('""', '"');
  return { value, end, breaks: value.match(/\r\n|\n|\r/g)?.length ?? 0 };
}

/** Where the quotation mark is that closes; -1: nowhere. */
function closingQuote(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at >= 0; at = text.indexOf('"', at + 2))
    if (text[at + 1] !== '"') return at;
  return -1;
}

/** The next comma or line break, or the end. */
function separator(text: string, from: number): number {
  SEPARATOR.lastIndex = from;
  const match = SEPARATOR.exec(text);
  return match === null ? text.length : match.index;
}
const SEPARATOR = /[,\r\n]/g;

const afterBreak = (text: string, at: number): number => at + (text.startsWith('\r\n', at) ? 2 : 1);
