/**
 * The tolerant reader of the wire: one pass over the text, no tree, no backtracking, in time linear in the
 * input.
 *
 * Rules of this file:
 * - The reader is always between two tokens. `open()` goes to the next child of the element it is in;
 *   `text()` takes the content of the child just opened; `skip()` skips it. Whoever opens a child must take
 *   its text, skip it or enter it.
 * - It never throws on input. The first error is kept in `error`; from then on `open()` returns false and
 *   `text()` an empty text, so that callers stop by themselves and look at `error` once, at the end.
 * - What is odd but readable is passed to `note` with its quirk id. The only entities are the five of XML and
 *   character references; a DTD is refused, so nothing can expand.
 */
import type { WireError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Note } from '../quirks/note.ts';
import { CWMP_NS_STEM, ENCODING_NS, ENVELOPE_NS, XSD_NS, XSI_NS } from '../soap/namespaces.ts';
import type { Attribute } from './attributes.ts';
import { NO_ATTRIBUTES, readAttributes } from './attributes.ts';
import { hasIllegal, replaceIllegal, resolveReferences } from './characters.ts';

const LT = 60;
const GT = 62;
const SLASH = 47;
const BANG = 33;
const QUESTION = 63;
const COLON = 58;

/** What a modem means by a prefix that it does not declare (Q-NS-03): the conventional binding. */
const CONVENTIONAL: Readonly<Record<string, string>> = {
  'soap-env': ENVELOPE_NS,
  soapenv: ENVELOPE_NS,
  soap_env: ENVELOPE_NS,
  soap: ENVELOPE_NS,
  s: ENVELOPE_NS,
  env: ENVELOPE_NS,
  'soap-enc': ENCODING_NS,
  soapenc: ENCODING_NS,
  soap_enc: ENCODING_NS,
  enc: ENCODING_NS,
  xsd: XSD_NS,
  xs: XSD_NS,
  xsi: XSI_NS,
  cwmp: `${CWMP_NS_STEM}0`,
};

const SCHEMA_1999 = new Map<string, string>([
  ['http://www.w3.org/1999/XMLSchema', XSD_NS],
  ['http://www.w3.org/1999/XMLSchema-instance', XSI_NS],
]);

/** What begins and ends markup that is not an element. */
interface Section {
  readonly opening: string;
  readonly closing: string;
}

const COMMENT: Section = { opening: '<!--', closing: '-->' };
const CDATA: Section = { opening: '<![CDATA[', closing: ']]>' };
const INSTRUCTION: Section = { opening: '<?', closing: '?>' };
const SECTIONS = [COMMENT, CDATA, INSTRUCTION];

const sectionAt = (source: string, lt: number): Section | undefined =>
  SECTIONS.find(({ opening }) => source.startsWith(opening, lt));

const isSpace = (c: number): boolean => c === 32 || c === 10 || c === 13 || c === 9;

/** Whether a character can begin an XML name; anything above ASCII is accepted. */
const isNameStart = (c: number): boolean =>
  (c >= 97 && c <= 122) || (c >= 65 && c <= 90) || c === 95 || c === COLON || c >= 0x80;

export class XmlReader {
  readonly source: string;
  readonly note: Note;
  error: WireError | undefined;
  /** Offset of the next token, in UTF-16 units of `source`. */
  at = 0;
  /** Where the tag just opened begins. */
  tagAt = 0;
  /** Number of open elements. */
  depth = 0;

  #prefixAt = 0;
  #nameAt = 0;
  #nameEnd = 0;
  #selfClosing = false;
  #attributes: readonly Attribute[] = NO_ATTRIBUTES;
  #open: string[] = [];
  #scopes: { depth: number; prefix: string; uri: string }[] = [];
  #skipping = false;
  readonly #mayHaveReturns: boolean;
  readonly #mayHaveIllegal: boolean;
  #nextAmp: number;
  #nextReturn = 0;

  constructor(source: string, note: Note) {
    this.source = source;
    this.note = note;
    this.#mayHaveReturns = source.includes('\r');
    this.#mayHaveIllegal = hasIllegal(source);
    this.#nextAmp = source.indexOf('&');
  }

  /** The local name of the child just opened. */
  get name(): string {
    return this.source.slice(this.#nameAt, this.#nameEnd);
  }

  get prefix(): string {
    return this.#prefixAt === this.#nameAt ? '' : this.source.slice(this.#prefixAt, this.#nameAt - 1);
  }

  get qualified(): boolean {
    return this.#prefixAt !== this.#nameAt;
  }

  get attributes(): readonly Attribute[] {
    return this.#attributes;
  }

  /** Whether the child just opened has this local name; no string is created. */
  is(name: string): boolean {
    const length = this.#nameEnd - this.#nameAt;
    if (length !== name.length) return false;
    for (let i = 0; i < length; i++) {
      if (this.source.charCodeAt(this.#nameAt + i) !== name.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The namespace bound to a prefix here, by the document or by convention. */
  uri(prefix: string): string | undefined {
    const bound = this.bound(prefix);
    if (bound !== undefined || prefix === '' || prefix === 'xml') return bound;
    this.note('Q-NS-03', this.tagAt, prefix);
    return Object.hasOwn(CONVENTIONAL, prefix.toLowerCase()) ? CONVENTIONAL[prefix.toLowerCase()] : undefined;
  }

  /** The namespace that the document itself binds to a prefix here; nothing is noted. */
  bound(prefix: string): string | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const scope = this.#scopes[i];
      if (scope !== undefined && scope.prefix === prefix) return SCHEMA_1999.get(scope.uri) ?? scope.uri;
    }
    return undefined;
  }

  /** An attribute of the child just opened by local name; `where` also asks for its namespace. */
  attribute(name: string, where?: string): Attribute | undefined {
    for (const attribute of this.#attributes) {
      if (attribute.name !== name) continue;
      if (where === undefined || this.uri(attribute.prefix) === where) return attribute;
    }
    return undefined;
  }

  fail(code: WireError['code'], at: number = this.at): void {
    if (this.error !== undefined) return;
    const found = this.source.slice(at, at + 24);
    this.error = found === '' ? { code, at } : { code, at, found };
  }

  /**
   * Goes to the next child of the current element. False at the end of the element (the reader is then past
   * it) or on an error.
   */
  open(): boolean {
    const source = this.source;
    while (this.error === undefined) {
      const lt = source.indexOf('<', this.at);
      if (lt < 0) {
        this.#strayText(source.length);
        this.at = source.length;
        if (this.depth > 0) this.fail('E_XML_TRUNCATED', source.length);
        return false;
      }
      if (lt > this.at) this.#strayText(lt);
      this.at = lt;
      const c = source.charCodeAt(lt + 1);
      if (c === SLASH) {
        this.#end();
        return false;
      }
      if (c === BANG || c === QUESTION) {
        if (!this.#passMarkup()) return false;
        continue;
      }
      return this.#startTag();
    }
    return false;
  }

  /** Enters the child just opened: `open()` then goes through its children. False if it has no content. */
  enter(): boolean {
    if (this.error !== undefined) return false;
    if (this.#selfClosing) {
      this.#dropScopes();
      return false;
    }
    if (this.depth >= LIMITS.depth) {
      this.fail('E_XML_TOO_DEEP', this.tagAt);
      return false;
    }
    this.depth += 1;
    this.#open.push(this.source.slice(this.#prefixAt, this.#nameEnd));
    return true;
  }

  /**
   * The text of the child just opened; the reader is then past it. Markup in a leaf is taken as the text that
   * was meant.
   */
  text(): string {
    if (this.error !== undefined || this.#selfClosing) {
      this.#dropScopes();
      return '';
    }
    const source = this.source;
    const from = this.at;
    const lt = source.indexOf('<', from);
    if (lt >= 0 && source.charCodeAt(lt + 1) === SLASH) {
      const end = this.#endsHere(lt);
      if (end > 0) {
        this.at = end;
        this.#dropScopes();
        return this.isPlain(from, lt) ? source.slice(from, lt) : this.#characters(from, lt);
      }
    }
    const text = this.#mixedText(from, lt);
    this.#dropScopes();
    return text;
  }

  /** Skips the child just opened with everything in it. */
  skip(): void {
    const floor = this.depth;
    this.#skipping = true;
    let inside = this.enter();
    while (inside && this.error === undefined) {
      if (this.open()) this.enter();
      inside = this.depth > floor;
    }
    this.#skipping = false;
  }

  #strayText(end: number): void {
    if (this.#skipping || (this.depth === 0 && this.at > 0)) return;
    for (let i = this.at; i < end; i++) {
      if (!isSpace(this.source.charCodeAt(i))) {
        this.note(this.depth === 0 ? 'Q-XM-03' : 'Q-XM-04', i);
        return;
      }
    }
  }

  /** The offset after the end tag at `lt`, if it belongs to the tag just opened; otherwise 0. */
  #endsHere(lt: number): number {
    const source = this.source;
    const length = this.#nameEnd - this.#prefixAt;
    for (let i = 0; i < length; i++) {
      if (source.charCodeAt(lt + 2 + i) !== source.charCodeAt(this.#prefixAt + i)) return 0;
    }
    let at = lt + 2 + length;
    while (isSpace(source.charCodeAt(at))) at += 1;
    return source.charCodeAt(at) === GT ? at + 1 : 0;
  }

  /**
   * Whether the text between two offsets can be used as it is: it has no reference, line end or bad
   * character.
   */
  isPlain(from: number, end: number): boolean {
    if (this.#nextAmp >= 0 && this.#nextAmp < from) this.#nextAmp = this.source.indexOf('&', from);
    if (this.#nextAmp >= 0 && this.#nextAmp < end) return false;
    if (this.#mayHaveIllegal) return false;
    if (!this.#mayHaveReturns) return true;
    if (this.#nextReturn >= 0 && this.#nextReturn < from) this.#nextReturn = this.source.indexOf('\r', from);
    return this.#nextReturn < 0 || this.#nextReturn >= end;
  }

  /**
   * Text between two offsets: line ends as in XML 1.0 section 2.11, references resolved, bad characters
   * replaced.
   */
  #characters(from: number, end: number): string {
    const text = this.#literal(from, end);
    return text.includes('&') ? resolveReferences(text, this.note, from) : text;
  }

  /** The same without references, as in a CDATA section. */
  #literal(from: number, end: number): string {
    let text = this.source.slice(from, end);
    if (this.#mayHaveReturns && text.includes('\r')) text = text.replace(/\r\n?/g, '\n');
    if (this.#mayHaveIllegal && hasIllegal(text)) {
      this.note('Q-VL-01', from);
      text = replaceIllegal(text);
    }
    return text;
  }

  /** The content of a leaf that contains comments, CDATA or stray markup. */
  #mixedText(from: number, firstLt: number): string {
    const source = this.source;
    let out = '';
    let at = from;
    for (let lt = firstLt; lt >= 0; lt = source.indexOf('<', at)) {
      if (lt > at) out += this.#characters(at, lt);
      const section = sectionAt(source, lt);
      if (section !== undefined) {
        const end = source.indexOf(section.closing, lt + section.opening.length);
        if (end < 0) break;
        if (section === CDATA) out += this.#literal(lt + section.opening.length, end);
        at = end + section.closing.length;
      } else {
        const end = source.charCodeAt(lt + 1) === SLASH ? this.#endsHere(lt) : 0;
        if (end > 0) {
          this.at = end;
          return out;
        }
        // Markup that was meant to be text: <Value>a<b</Value>.
        this.note('Q-VL-02', lt);
        out += '<';
        at = lt + 1;
      }
    }
    this.fail('E_XML_TRUNCATED', source.length);
    return '';
  }

  #end(): void {
    const source = this.source;
    const expected = this.#open[this.#open.length - 1];
    const after = this.at + 2 + (expected?.length ?? 0);
    if (expected === undefined || !source.startsWith(expected, this.at + 2)) {
      this.fail(this.#cutInside(expected) ? 'E_XML_TRUNCATED' : 'E_XML_MISMATCHED_TAG');
      return;
    }
    let at = after;
    while (isSpace(source.charCodeAt(at))) at += 1;
    if (source.charCodeAt(at) !== GT) {
      this.fail(at >= source.length ? 'E_XML_TRUNCATED' : 'E_XML_MISMATCHED_TAG');
      return;
    }
    this.at = at + 1;
    this.depth -= 1;
    this.#open.pop();
    this.#dropScopes();
  }

  #cutInside(expected: string | undefined): boolean {
    return expected?.startsWith(this.source.slice(this.at + 2)) ?? false;
  }

  /** Skips a comment, CDATA between elements, or a processing instruction. False on an error. */
  #passMarkup(): boolean {
    const source = this.source;
    const lt = this.at;
    const section = sectionAt(source, lt);
    if (section === undefined) {
      const cut = source.length - lt < 9;
      const dtd = /^<!doctype/i.test(source.slice(lt, lt + 9));
      this.fail(dtd ? 'E_XML_DTD' : cut ? 'E_XML_TRUNCATED' : 'E_XML_NOT_WELL_FORMED');
      return false;
    }
    const end = source.indexOf(section.closing, lt + section.opening.length);
    if (end < 0) {
      this.fail('E_XML_TRUNCATED', source.length);
      return false;
    }
    if (section === CDATA && !this.#skipping) this.note('Q-XM-04', lt);
    if (section === INSTRUCTION && lt > 0 && /^<\?xml\s/.test(source.slice(lt, lt + 6)))
      this.note('Q-XM-02', lt);
    this.at = end + section.closing.length;
    return true;
  }

  #startTag(): boolean {
    const source = this.source;
    const lt = this.at;
    let at = lt + 1;
    let c = source.charCodeAt(at);
    if (!isNameStart(c)) {
      this.fail(at >= source.length ? 'E_XML_TRUNCATED' : 'E_XML_NOT_WELL_FORMED');
      return false;
    }
    this.tagAt = lt;
    this.#prefixAt = at;
    this.#nameAt = at;
    // At the end of the source, c is NaN, which ends the loop.
    while (c > 32 && c !== GT && c !== SLASH && c !== LT) {
      if (c === COLON) this.#nameAt = at + 1;
      at += 1;
      c = source.charCodeAt(at);
    }
    this.#nameEnd = at;
    if (c === GT) {
      this.at = at + 1;
      this.#selfClosing = false;
      this.#attributes = NO_ATTRIBUTES;
      return true;
    }
    return this.#tagRest(at);
  }

  /** The rest of a start tag that has attributes, white space or a slash. */
  #tagRest(from: number): boolean {
    const source = this.source;
    const end = tagEnd(source, from);
    if (end < 0) {
      this.fail('E_XML_TRUNCATED', source.length);
      return false;
    }
    this.#selfClosing = source.charCodeAt(end - 1) === SLASH;
    const text = source.slice(from, this.#selfClosing ? end - 1 : end);
    const attributes = readAttributes(text, from, this.note);
    if ('code' in attributes) {
      this.fail(attributes.code, from + attributes.at);
      return false;
    }
    this.#attributes = attributes;
    this.at = end + 1;
    for (const { prefix, name, value } of attributes) {
      if (prefix === 'xmlns') this.#scopes.push({ depth: this.depth, prefix: name, uri: value });
      else if (prefix === '' && name === 'xmlns')
        this.#scopes.push({ depth: this.depth, prefix: '', uri: value });
    }
    return true;
  }

  #dropScopes(): void {
    const scopes = this.#scopes;
    while (scopes.length > 0 && (scopes[scopes.length - 1]?.depth ?? -1) >= this.depth) scopes.pop();
  }
}

/** Offset of the > that ends the tag, not counting those inside quoted values; -1 if there is none. */
function tagEnd(source: string, from: number): number {
  let quote = 0;
  for (let i = from; i < source.length; i++) {
    const c = source.charCodeAt(i);
    if (quote !== 0) {
      if (c === quote) quote = 0;
    } else if (c === GT) return i;
    else if (c === 34 || c === 39) quote = c;
  }
  return -1;
}
