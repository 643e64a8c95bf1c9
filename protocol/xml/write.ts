/** The writer of the wire: text from a dialect. It writes what it is told; what is right is decided in cwmp/. */
import type { Dialect } from '../soap/dialect.ts';
import type { NamespaceName } from '../soap/namespaces.ts';

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

  constructor(dialect: Dialect) {
    this.dialect = dialect;
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
    const { layout } = this.dialect;
    if (layout !== 'compact') this.#out += this.#indent(false);
    this.#out += `<${name}${attributes}>`;
    if (layout === 'thomson-g6') this.#out += '\r\n';
    this.#depth += 1;
  }

  close(name: string): void {
    this.#depth -= 1;
    if (this.dialect.layout === 'thomson-g6') this.#out += this.#indent(false);
    this.#out += `</${name}>`;
    if (this.dialect.layout !== 'compact') this.#out += '\r\n';
  }

  leaf(name: string, text: string, attributes = ''): void {
    const { layout } = this.dialect;
    if (layout !== 'compact') this.#out += this.#indent(true);
    this.#out +=
      text === '' && this.dialect.selfClosing === 'always'
        ? `<${name}${attributes}/>`
        : `<${name}${attributes}>${this.escape(text)}</${name}>`;
    if (layout !== 'compact') this.#out += '\r\n';
  }

  /** An element without content. */
  empty(name: string): void {
    if (this.dialect.layout !== 'compact') this.#out += this.#indent(false);
    this.#out += this.dialect.selfClosing === 'never' ? `<${name}></${name}>` : `<${name}/>`;
    if (this.dialect.layout !== 'compact') this.#out += '\r\n';
  }

  escape(text: string): string {
    if (!NEEDS_ESCAPE.test(text)) return text;
    const { escapes, nonAscii } = this.dialect;
    const marked = escapes === 'raw' ? text : text.replace(MARKUP, (c) => REFERENCES[c] ?? c);
    if (nonAscii === 'raw') return marked;
    return marked.replace(ABOVE_ASCII, (c) => {
      const code = c.codePointAt(0) ?? 0xfffd;
      // Not a Char of XML 1.0: there is no way to write it, so it is written raw and the peer must cope.
      if (code < 32 || code === 0xfffe || code === 0xffff) return c;
      return code >= 0xd800 && code < 0xe000 ? '\ufffd' : `&#x${code.toString(16).toUpperCase()};`;
    });
  }

  attribute(text: string): string {
    return this.escape(text).replace(/"/g, '&quot;');
  }

  /** Thomson's client indents leaves by one and containers not at all, but for the envelope's own parts. */
  #indent(leaf: boolean): string {
    return leaf && this.#depth > 2 ? ' ' : '';
  }
}
