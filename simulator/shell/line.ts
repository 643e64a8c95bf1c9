/**
 * A command line as it is typed: words, and parameters as `name=value` or `name value`. Pure.
 *
 * A word in double quotes keeps its blanks; inside, `\"` is a quote. A leading `:` means from the top, whatever group the
 * session is in.
 */

/** Characters of a line at most; the longest command of a published script has a quarter of it. */
const MAX_LINE_LENGTH = 1024;

export interface Token {
  readonly text: string;
  /** What stands behind the first `=`; `undefined`: there is none. */
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
  const tokens: Token[] = [];
  let token = emptyToken();
  let quoted = false;
  for (let at = absolute ? 1 : 0; at < trimmed.length; at++) {
    const char = trimmed.charAt(at);
    if (quoted && char === '\\' && trimmed.charAt(at + 1) === '"') {
      token.add('"');
      at++;
    } else if (char === '"') {
      quoted = !quoted;
      token.begin();
    } else if (!quoted && /\s/.test(char)) {
      if (token.begun) tokens.push(token.take());
      token = emptyToken();
    } else if (!quoted && char === '=' && !token.hasValue) token.equals();
    else token.add(char);
  }
  if (quoted) return { ok: false, why: 'open-quote' };
  if (token.begun) tokens.push(token.take());
  return { ok: true, absolute, tokens };
}

function emptyToken() {
  let text = '';
  let value: string | undefined;
  let begun = false;
  return {
    get begun() {
      return begun;
    },
    get hasValue() {
      return value !== undefined;
    },
    begin: () => {
      begun = true;
    },
    equals: () => {
      begun = true;
      value = '';
    },
    add: (char: string) => {
      begun = true;
      if (value === undefined) text += char;
      else value += char;
    },
    take: (): Token => ({ text, value }),
  };
}
