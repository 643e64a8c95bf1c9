/** The attributes of a start tag. */
import type { ErrorCode } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Note } from '../quirks/note.ts';
import { resolveReferences } from './characters.ts';

export interface Attribute {
  readonly prefix: string;
  readonly name: string;
  readonly value: string;
}

export const NO_ATTRIBUTES: readonly Attribute[] = [];

/** Why they cannot be read; `at` counts from their beginning. */
export interface AttributeError {
  readonly code: ErrorCode;
  readonly at: number;
}

/**
 * What was read before, by its text: a modem declares the same namespaces in every message and writes a
 * handful of types. Only texts that there was nothing to note about. Emptied when full, so that nobody can
 * make it grow.
 */
const known = new Map<string, readonly Attribute[]>();
const MAX_KNOWN = 512;
const LONGEST_KNOWN = 1024;

/** Reads the text between a tag's name and its end. What is odd is noted at `from` and after. */
export function readAttributes(
  text: string,
  from: number,
  note: Note,
): readonly Attribute[] | AttributeError {
  const before = known.get(text);
  if (before !== undefined) return before;
  let noted = false;
  const attributes = parse(text, from, (id, at, detail) => {
    noted = true;
    note(id, at, detail);
  });
  if (!noted && !('code' in attributes) && text.length <= LONGEST_KNOWN) {
    if (known.size >= MAX_KNOWN) known.clear();
    // A string of its own: the text given is a slice that would hold on to the whole document.
    known.set(text.split('').join(''), attributes);
  }
  return attributes;
}

function parse(text: string, from: number, note: Note): readonly Attribute[] | AttributeError {
  const attributes: Attribute[] = [];
  const pattern = /\s*([^\s=<>"'/]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))|\s*(\S)/gy;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const [, full, double, single, bare] = match;
    if (full === undefined) return { code: 'E_XML_NOT_WELL_FORMED', at: match.index };
    if (bare !== undefined) note('Q-XM-05', from + match.index);
    // Line ends and tabs are blanks in a value (XML 1.0 section 3.3.3).
    const raw = (double ?? single ?? bare ?? '').replace(/\r\n|[\t\n\r]/g, ' ');
    const value = raw.includes('&') ? resolveReferences(raw, note, from) : raw;
    const colon = full.indexOf(':');
    const prefix = colon < 0 ? '' : full.slice(0, colon);
    attributes.push({ prefix, name: full.slice(colon + 1), value });
    if (attributes.length > LIMITS.attributes) return { code: 'E_XML_TOO_MANY_ATTRIBUTES', at: 0 };
  }
  return attributes;
}
