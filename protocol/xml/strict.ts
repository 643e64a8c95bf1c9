/**
 * The strict judge: whether a document is well-formed XML 1.0, and what it says. The only door to
 * fast-xml-parser, which is far too slow for the wire and too kind for a judge, so that this file first looks
 * for what it lets pass: characters that are none, references to nothing, `<` in attribute values, `--` in
 * comments, `]]>` in text, declarations.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import type { ErrorCode, WireError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Result } from '../result.ts';
import { err, ok } from '../result.ts';
import { bytePlaces } from './text.ts';

export interface StrictElement {
  /** As it is written, with its prefix. */
  readonly name: string;
  /** By their names as they are written, declarations of namespaces among them. */
  readonly attributes: ReadonlyMap<string, string>;
  /**
   * Elements and texts in their order; neighbouring texts are one. Comments and processing instructions are
   * left out.
   */
  readonly children: readonly (StrictElement | string)[];
}

interface Flaw {
  readonly code: ErrorCode;
  /** In UTF-16 units. */
  readonly at: number;
}

/**
 * The root element of a well-formed document without DTD; `at` of an error counts bytes of its UTF-8 form.
 */
export function parseStrict(text: string): Result<StrictElement, WireError> {
  const mark = text.startsWith('\ufeff') ? 1 : 0;
  const source = mark === 0 ? text : text.slice(1);
  const flaw = lexicalFlaw(source) ?? structuralFlaw(source);
  if (flaw !== undefined) return err(wireError(text, flaw.code, flaw.at + mark));
  try {
    const tree: unknown = new XMLParser(OPTIONS).parse(source);
    const root = elements(tree).find(isElement);
    return root === undefined ? err(wireError(text, 'E_XML_NO_ELEMENT', text.length)) : ok(root);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    // What the judge refuses without saying where.
    return err({ code: 'E_XML_NOT_WELL_FORMED', at: 0, found: error.message.slice(0, 80) });
  }
}

function wireError(text: string, code: ErrorCode, at: number): WireError {
  const found = text.slice(at, at + 24);
  const place = { code, at: bytePlaces({ text, units: 'utf-8', start: 0 })(at) };
  return found === '' ? place : { ...place, found };
}

/**
 * Stands before each name, so that no name of an element is a name of Object.prototype or of the parser's
 * own.
 */
const GUARD = '.';

const OPTIONS = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: GUARD,
  transformTagName: (name: string): string => (name.startsWith(GUARD) ? name : GUARD + name),
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  processEntities: true,
  jPath: false,
  maxNestedTags: LIMITS.depth + 1,
  // Instead of the parser's own: nothing but the five and characters, and no limit that a long text could
  // reach.
  entityDecoder: {
    decode: resolve,
    reset: (): void => {},
    setXmlVersion: (): void => {},
    addInputEntities: (): void => {},
    setExternalEntities: (): void => {},
  },
};

const NAMED: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

const REFERENCE = /&(?:#x([0-9a-fA-F]{1,8})|#([0-9]{1,10})|([A-Za-z]{2,4}));/g;

function resolve(text: string): string {
  return text.replace(
    REFERENCE,
    (whole, hex: string | undefined, decimal: string | undefined, name: string) => {
      if (hex === undefined && decimal === undefined) return NAMED.get(name) ?? whole;
      return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    },
  );
}

// Anything but Char of XML 1.0 section 2.2; a lone surrogate is no character either.
const NO_CHARACTER = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;
const isCharacter = (code: number): boolean =>
  code <= 0x10ffff && !NO_CHARACTER.test(String.fromCodePoint(code));

/** What the parser lets pass, found in one pass over the markup. */
function lexicalFlaw(source: string): Flaw | undefined {
  const illegal = NO_CHARACTER.exec(source);
  if (illegal !== null) return { code: 'E_XML_NOT_WELL_FORMED', at: illegal.index };
  const nesting: Nesting = { depth: 0, roots: 0 };
  let at = 0;
  for (let lt = source.indexOf('<'); lt >= 0; lt = source.indexOf('<', at)) {
    const inText = textFlaw(source, at, lt, nesting.depth);
    if (inText !== undefined) return inText;
    const end = passMarkup(source, lt);
    if (typeof end !== 'number') return end;
    const flaw = nest(nesting, source, lt, end);
    if (flaw !== undefined) return flaw;
    at = end;
  }
  return textFlaw(source, at, source.length, nesting.depth);
}

interface Nesting {
  depth: number;
  /** Elements that began at the top. */
  roots: number;
}

/** Counts the markup between two offsets in, and finds what is wrong with its place. */
function nest(nesting: Nesting, source: string, lt: number, end: number): Flaw | undefined {
  switch (source.charAt(lt + 1)) {
    case '/':
      nesting.depth -= 1;
      return undefined;
    case '?':
      return undefined;
    case '!':
      // A CDATA section is text, which is not allowed outside the root.
      return nesting.depth === 0 && source.charAt(lt + 2) === '['
        ? { code: 'E_XML_NOT_WELL_FORMED', at: lt }
        : undefined;
  }
  if (nesting.depth === 0) nesting.roots += 1;
  if (nesting.roots > 1) return { code: 'E_XML_NOT_WELL_FORMED', at: lt };
  if (source.charAt(end - 2) !== '/') nesting.depth += 1;
  return nesting.depth > LIMITS.depth ? { code: 'E_XML_TOO_DEEP', at: lt } : undefined;
}

/** The offset after the markup that begins at `lt`, or what is wrong with it. */
function passMarkup(source: string, lt: number): number | Flaw {
  if (source.startsWith('<!--', lt)) {
    const end = source.indexOf('--', lt + 4);
    if (end < 0) return { code: 'E_XML_TRUNCATED', at: source.length };
    return source[end + 2] === '>' ? end + 3 : { code: 'E_XML_NOT_WELL_FORMED', at: end };
  }
  if (source.startsWith('<![CDATA[', lt)) return after(source, ']]>', lt + 9);
  if (source.startsWith('<?', lt)) return after(source, '?>', lt + 2);
  if (/^<!doctype/i.test(source.slice(lt, lt + 9))) return { code: 'E_XML_DTD', at: lt };
  if (source.startsWith('<!', lt)) return { code: 'E_XML_NOT_WELL_FORMED', at: lt };
  return passTag(source, lt);
}

function after(source: string, closing: string, from: number): number | Flaw {
  const end = source.indexOf(closing, from);
  return end < 0 ? { code: 'E_XML_TRUNCATED', at: source.length } : end + closing.length;
}

function passTag(source: string, lt: number): number | Flaw {
  let quote = '';
  let value = 0;
  for (let at = lt + 1; at < source.length; at++) {
    const c = source.charAt(at);
    if (c === '<') return { code: 'E_XML_NOT_WELL_FORMED', at };
    if (quote === '') {
      if (c === '>') return at + 1;
      if (c === '"' || c === "'") [quote, value] = [c, at + 1];
    } else if (c === quote) {
      const flaw = referenceFlaw(source, value, at);
      if (flaw !== undefined) return flaw;
      quote = '';
    }
  }
  return { code: 'E_XML_TRUNCATED', at: source.length };
}

function textFlaw(source: string, from: number, end: number, depth: number): Flaw | undefined {
  const text = source.slice(from, end);
  if (depth <= 0) {
    const stray = text.search(/[^\t\n\r ]/);
    return stray < 0 ? undefined : { code: 'E_XML_NOT_WELL_FORMED', at: from + stray };
  }
  const close = text.indexOf(']]>');
  if (close >= 0) return { code: 'E_XML_NOT_WELL_FORMED', at: from + close };
  return referenceFlaw(source, from, end);
}

/** An `&` that begins no reference, or one to nothing that XML 1.0 knows without a DTD. */
function referenceFlaw(source: string, from: number, end: number): Flaw | undefined {
  const text = source.slice(from, end);
  for (let amp = text.indexOf('&'); amp >= 0; amp = text.indexOf('&', amp + 1)) {
    REFERENCE.lastIndex = 0;
    const match = REFERENCE.exec(text.slice(amp, amp + 14));
    const [, hex, decimal, name] = match ?? [];
    const known =
      name !== undefined
        ? NAMED.has(name)
        : isCharacter(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
    if (match?.index !== 0 || !known) return { code: 'E_XML_NOT_WELL_FORMED', at: from + amp };
  }
  return undefined;
}

/** What fast-xml-parser's validator says, in our words. */
function structuralFlaw(source: string): Flaw | undefined {
  const verdict = XMLValidator.validate(source);
  if (verdict === true) return undefined;
  const { msg, line, col } = verdict.err;
  const at = offsetOf(source, line, col);
  if (msg.startsWith('Start tag expected')) return { code: 'E_XML_NO_ELEMENT', at: source.length };
  if (msg.startsWith('Unclosed tag') || msg.startsWith("Invalid '"))
    return { code: 'E_XML_TRUNCATED', at: source.length };
  if (msg.startsWith('Expected closing tag')) return { code: 'E_XML_MISMATCHED_TAG', at };
  return { code: 'E_XML_NOT_WELL_FORMED', at };
}

/** Offset of a place given by line and column, both from 1. */
function offsetOf(source: string, line: number, col: number | undefined): number {
  let at = 0;
  for (let i = 1; i < line; i++) at = source.indexOf('\n', at) + 1;
  return Math.min(source.length, at + Math.max(0, (col ?? 1) - 1));
}

const isElement = (node: StrictElement | string): node is StrictElement => typeof node !== 'string';
const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The parser's list of nodes: each an object with one name and perhaps `:@`, its attributes. */
function elements(nodes: unknown): readonly (StrictElement | string)[] {
  const out: (StrictElement | string)[] = [];
  if (!Array.isArray(nodes)) return out;
  for (const node of nodes) {
    if (!isRecord(node)) continue;
    for (const [key, content] of Object.entries(node)) {
      const last = out.at(-1);
      if (key.startsWith(GUARD))
        out.push({ name: key.slice(1), attributes: attributes(node[':@']), children: elements(content) });
      else if (key === '#text' && typeof content === 'string' && content !== '') {
        if (typeof last === 'string') out[out.length - 1] = last + content;
        else out.push(content);
      }
    }
  }
  return out;
}

function attributes(map: unknown): ReadonlyMap<string, string> {
  const out = new Map<string, string>();
  if (!isRecord(map)) return out;
  for (const [key, value] of Object.entries(map)) if (typeof value === 'string') out.set(key.slice(1), value);
  return out;
}
