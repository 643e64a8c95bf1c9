/**
 * Reads `Scheme name="value", name=value` as found in Authorization and WWW-Authenticate (RFC 7235 2.1), as
 * modems really write it: quotes where none belong, quotes inside quotes (Q-AU-05), commas left out, ends cut
 * off (Q-AU-09). Any text gives a value, nothing throws, and each character is looked at a bounded number of
 * times.
 */
import { LIMITS } from '../limits.ts';

export interface HeaderParameter {
  /** Without its quotes, quoted pairs undone. */
  readonly value: string;
  readonly quoted: boolean;
  /** A quote stood where the grammar has none (Q-AU-05). */
  readonly stray: boolean;
}

/** One challenge or one set of credentials. */
export interface HeaderScheme {
  /** In lower case; empty where the header begins with a parameter. */
  readonly scheme: string;
  /** What Basic carries: one word in place of parameters. */
  readonly token68: string | undefined;
  /** By name in lower case; of several with one name the first counts. */
  readonly parameters: ReadonlyMap<string, HeaderParameter>;
}

interface Cursor {
  readonly text: string;
  at: number;
}

const isBlank = (c: string | undefined): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n';
const endsToken = (c: string | undefined): boolean =>
  c === undefined || isBlank(c) || c === ',' || c === ';' || c === '=' || c === '"';

/** The schemes of a header value, in its order; of several header lines joined by commas as well. */
export function readSchemes(header: string): readonly HeaderScheme[] {
  const cursor: Cursor = { text: header.slice(0, LIMITS.headerBytes), at: 0 };
  const schemes: HeaderScheme[] = [];
  let parameters: Map<string, HeaderParameter> | undefined;
  for (let budget = LIMITS.headerParameters; budget > 0; budget -= 1) {
    skip(cursor, (c) => isBlank(c) || c === ',' || c === ';' || c === '=' || c === '"');
    const word = take(cursor, (c) => !endsToken(c));
    if (word === '') break;
    const end = cursor.at;
    skip(cursor, isBlank);
    if (cursor.text[cursor.at] === '=') {
      cursor.at += 1;
      if (parameters === undefined) {
        parameters = new Map();
        schemes.push({ scheme: '', token68: undefined, parameters });
      }
      const name = word.toLowerCase();
      const value = readValue(cursor);
      if (!parameters.has(name)) parameters.set(name, value);
    } else {
      parameters = new Map();
      const token68 = end === cursor.at ? undefined : readToken68(cursor);
      schemes.push({ scheme: word.toLowerCase(), token68, parameters });
    }
  }
  return schemes;
}

/**
 * A value as quoted-string (RFC 7230 3.2.6); control characters, which would end the header line, are left
 * out.
 */
export function quote(value: string): string {
  return `"${value.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

function skip(cursor: Cursor, while_: (c: string | undefined) => boolean): void {
  while (cursor.at < cursor.text.length && while_(cursor.text[cursor.at])) cursor.at += 1;
}

function take(cursor: Cursor, while_: (c: string | undefined) => boolean): string {
  const start = cursor.at;
  skip(cursor, while_);
  return cursor.text.slice(start, cursor.at);
}

/**
 * A word with any number of `=` at its end and then a comma or nothing; else it is the first parameter's
 * name.
 */
function readToken68(cursor: Cursor): string | undefined {
  const start = cursor.at;
  skip(cursor, (c) => !endsToken(c));
  if (cursor.at > start) {
    skip(cursor, (c) => c === '=');
    const word = cursor.text.slice(start, cursor.at);
    skip(cursor, isBlank);
    const next = cursor.text[cursor.at];
    if (next === undefined || next === ',') return word;
  }
  cursor.at = start;
  return undefined;
}

function readValue(cursor: Cursor): HeaderParameter {
  skip(cursor, isBlank);
  if (cursor.text[cursor.at] === '"') return readQuoted(cursor);
  const word = take(cursor, (c) => !isBlank(c) && c !== ',' && c !== ';');
  const stray = word.endsWith('"');
  return { value: stray ? word.slice(0, -1) : word, quoted: false, stray };
}

/** A quote only ends the value where what follows can follow a value; any other is taken for a part of it. */
function readQuoted(cursor: Cursor): HeaderParameter {
  const { text } = cursor;
  let value = '';
  let stray = false;
  let from = cursor.at + 1;
  for (let at = from; at < text.length; at += 1) {
    const c = text[at];
    if (c === '\\' && at + 1 < text.length) {
      value += text.slice(from, at);
      from = at + 1;
      at += 1;
    } else if (c === '"') {
      if (endsQuoted(text, at + 1)) {
        cursor.at = at + 1;
        return { value: value + text.slice(from, at), quoted: true, stray };
      }
      stray = true;
    }
  }
  cursor.at = text.length;
  return { value: value + text.slice(from), quoted: true, stray: true };
}

function endsQuoted(text: string, after: number): boolean {
  const ahead: Cursor = { text, at: after };
  skip(ahead, isBlank);
  const next = text[ahead.at];
  if (next === undefined || next === ',' || next === ';') return true;
  if (ahead.at === after) return false;
  // A comma left out: the name of the next parameter follows the blank.
  skip(ahead, (c) => !endsToken(c));
  return text[ahead.at] === '=';
}
