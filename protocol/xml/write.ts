/** Writes XML in a dialect. It writes whatever it is given; what is right is decided in cwmp/. */
import type { Dialect } from '../soap/dialect.ts';
import type { NamespaceName } from '../soap/namespaces.ts';
import type { Layout } from './layout.ts';
import { layoutOf } from './layout.ts';

const NEEDS_ESCAPE = /[&<>\r]|[^\t\n -~]/;
const MARKUP = /[&<>\r]/g;
const ABOVE_ASCII = /[^\t\n\r -~]/gu;

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\r': '&#xD;',
};

export class XmlWriter {
  readonly dialect: Dialect;
  #out = '';
  #depth = 0;
  readonly #layout: Layout;

  constructor(dialect: Dialect) {
    this.dialect = dialect;
    this.#layout = layoutOf(dialect.layout);
  }

  get output(): string {
    return this.#out;
  }

  raw(text: string): void {
    this.#out += text;
  }

  /** A qualified name; an empty prefix is the default namespace. */
  name(namespace: NamespaceName, local: string): string {
    const prefix = this.dialect.prefixes[namespace];
    return prefix === '' ? local : `${prefix}:${local}`;
  }

  open(name: string, attributes = ''): void {
    this.#out += `${this.#layout.before(this.#depth, name, false)}<${name}${attributes}>`;
    this.#depth += 1;
    this.#out += this.#layout.afterStart(this.#depth);
  }

  close(name: string): void {
    this.#depth -= 1;
    this.#out += `${this.#layout.beforeEnd(this.#depth)}</${name}>${this.#layout.after}`;
  }

  leaf(name: string, text: string, attributes = ''): void {
    const before = this.#layout.before(this.#depth, name, true);
    this.#out +=
      text === '' && this.dialect.selfClosing === 'always'
        ? `${before}<${name}${attributes}/>${this.#layout.after}`
        : `${before}<${name}${attributes}>${this.escape(text)}</${name}>${this.#layout.after}`;
  }

  /** An element without content. */
  empty(name: string): void {
    const before = this.#layout.before(this.#depth, name, false);
    const element = this.dialect.selfClosing === 'never' ? `<${name}></${name}>` : `<${name}/>`;
    this.#out += before + element + this.#layout.after;
  }

  escape(text: string): string {
    return escapeText(text, this.dialect);
  }

  attribute(text: string): string {
    return this.escape(text).replace(/"/g, '&quot;');
  }
}

/** Text of an element, in the spelling of the dialect. */
export function escapeText(text: string, { escapes, nonAscii }: Dialect): string {
  if (!NEEDS_ESCAPE.test(text)) return text;
  const marked = escapes === 'raw' ? text : text.replace(MARKUP, (c) => REFERENCES[c] ?? c);
  if (nonAscii === 'raw') return marked;
  return marked.replace(ABOVE_ASCII, (c) => {
    const code = c.codePointAt(0) ?? 0xfffd;
    // Not a Char of XML 1.0: there is no way to write it, so it is written raw and the peer must cope.
    if (code < 32 || code === 0xfffe || code === 0xffff) return c;
    return code >= 0xd800 && code < 0xe000 ? '\ufffd' : `&#x${code.toString(16).toUpperCase()};`;
  });
}
