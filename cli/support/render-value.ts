/** The arguments of any RPC or answer, as a person reads them: lists of structs become tables. */
import type { Io } from './io.ts';
import { safe, writeFields, writeTable } from './table.ts';

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes the members of a message: scalars as lines, lists below. Says so when there are none. */
export function writeArguments(io: Io, args: unknown): void {
  if (!isFields(args) || Object.keys(args).length === 0) {
    io.out('(no arguments)\n');
    return;
  }
  const members = Object.entries(args);
  writeFields(
    io,
    members
      .filter(([, value]) => !Array.isArray(value))
      .map(([name, value]) => [name, scalar(value)] as const),
  );
  for (const [, value] of members) if (Array.isArray(value)) writeList(io, value);
}

function writeList(io: Io, list: readonly unknown[]): void {
  const rows = list.filter(isFields);
  if (rows.length === 0) {
    for (const item of list) io.out(`${safe(scalar(item))}\n`);
    return;
  }
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  writeTable(
    io,
    names.map((name) => ({ title: name, cell: (row: Fields) => scalar(row[name]) })),
    rows,
  );
}

function scalar(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return JSON.stringify(value);
  return String(value);
}
