/**
 * A command line as entered: words, and parameters as `name=value` or `name value`. Pure.
 *
 * A word in double quotes keeps its blanks; inside, `\"` is a quote. A leading `:` means from the top,
 * whatever group the session is in.
 */

/** Maximum length of a line; the longest command in a published script has a quarter of it. */
const MAX_LINE_LENGTH = 1024;

export interface Token {
  readonly text: string;
  /** What follows the first `=`; `undefined`: there is none. */
  readonly value: string | undefined;
}

export type Line =
  | { readonly ok: true; readonly absolute: boolean; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly why: 'too-long' | 'open-quote' };

/** Never throws; an empty line has no tokens. */
export function readLine(text: string): Line {
  if (text.length > MAX_LINE_LENGTH) return { ok: false, why: 'too-long' };
  const trimmed = text.trim();
  const absolute = trimmed.startsWith(':');
  const reader = new TokenReader();
  for (const [text] of trimmed.slice(absolute ? 1 : 0).matchAll(/\\"|./gs)) reader.add(text);
  const tokens = reader.end();
  return tokens === undefined ? { ok: false, why: 'open-quote' } : { ok: true, absolute, tokens };
}

class TokenReader {
  readonly #tokens: Token[] = [];
  #token = new TokenBuilder();
  #quoted = false;

  /** A character, or a backslash followed by a quote. */
  add(text: string): void {
    if (text === '\\"' && this.#quoted) this.#token.add('"');
    else if (text === '\\"') for (const char of text) this.add(char);
    else if (text === '"') {
      this.#quoted = !this.#quoted;
      this.#token.begin();
    } else if (this.#quoted) this.#token.add(text);
    else if (/\s/.test(text)) this.#endToken();
    else if (text === '=' && !this.#token.hasValue) this.#token.beginValue();
    else this.#token.add(text);
  }

  /** `undefined`: a quote is still open. */
  end(): readonly Token[] | undefined {
    this.#endToken();
    return this.#quoted ? undefined : this.#tokens;
  }

  #endToken(): void {
    if (this.#token.begun) this.#tokens.push(this.#token.build());
    this.#token = new TokenBuilder();
  }
}

class TokenBuilder {
  #text = '';
  #value: string | undefined;
  #begun = false;

  get begun(): boolean {
    return this.#begun;
  }

  get hasValue(): boolean {
    return this.#value !== undefined;
  }

  begin(): void {
    this.#begun = true;
  }

  beginValue(): void {
    this.#begun = true;
    this.#value = '';
  }

  add(char: string): void {
    this.#begun = true;
    if (this.#value === undefined) this.#text += char;
    else this.#value += char;
  }

  build(): Token {
    return { text: this.#text, value: this.#value };
  }
}
