/** Session cookies as modems send and keep them (Q-CK-01 to Q-CK-06; TR-069a6 3.4.2). */
import { LIMITS } from '../limits.ts';
import { assertNever } from '../result.ts';

const SEPARATORS = ';, \t\r\n"';
const ENDS_NAME = `${SEPARATORS}=`;

/**
 * The values of the cookie `name` in a Cookie header, as they stand: after `$Version` (Q-CK-01, Q-CK-02),
 * behind a lone blank (Q-CK-03), in one of several lines (Q-CK-04), behind a comma (Q-CK-05). A value ends at
 * `;`, `,`, a blank or a quote. More than one when a modem kept an older one too. Linear in the header; no
 * header is too odd.
 */
export function readCookies(header: string | readonly string[] | undefined, name: string): readonly string[] {
  if (header === undefined) return [];
  const whole = typeof header === 'string' ? header : header.join('; ');
  const text = whole.length > LIMITS.headerBytes ? whole.slice(0, LIMITS.headerBytes) : whole;
  const values: string[] = [];
  let at = 0;
  while (at < text.length && values.length < LIMITS.cookies) {
    at = after(text, at, SEPARATORS);
    const start = at;
    at = before(text, at, ENDS_NAME);
    const isWanted = at - start === name.length && text.startsWith(name, start);
    const equals = after(text, at, ' \t');
    if (text[equals] !== '=') {
      at = Math.max(equals, at);
      continue;
    }
    at = after(text, equals + 1, ' \t');
    if (text[at] === '"') at += 1;
    const from = at;
    at = before(text, at, SEPARATORS);
    if (isWanted && at > from) values.push(text.slice(from, at));
  }
  return values;
}

/** The first of `readCookies`. */
export function readCookie(header: string | readonly string[] | undefined, name: string): string | undefined {
  return readCookies(header, name)[0];
}

function after(text: string, from: number, chars: string): number {
  let at = from;
  while (at < text.length && chars.includes(text.charAt(at))) at += 1;
  return at;
}

function before(text: string, from: number, chars: string): number {
  let at = from;
  while (at < text.length && !chars.includes(text.charAt(at))) at += 1;
  return at;
}

/**
 * The value of Set-Cookie: name, value, path and nothing else, since some modems drop a cookie without path
 * or with attributes that they do not know (Q-CK-06). Both must be tokens, the value of at most 64
 * characters; else RangeError.
 */
export function writeSetCookie(name: string, value: string): string {
  if (!/^[\w!#%&'*+.^`|~-]+$/.test(name) || !/^[\w!#%&'*+.^`|~/:=-]{1,64}$/.test(value)) {
    throw new RangeError(`not a cookie that every modem accepts: ${JSON.stringify(`${name}=${value}`)}`);
  }
  return `${name}=${value}; Path=/`;
}

/** A cookie as a modem keeps it. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path?: string;
  /** Names of its other attributes, lower case; a picky modem drops a cookie that has any (Q-CK-06). */
  readonly others: readonly string[];
}

/** One Set-Cookie line; `undefined` where it has no name. Quotes around the value are left out. */
export function readSetCookie(line: string): Cookie | undefined {
  const [pair = '', ...attributes] = line.slice(0, LIMITS.headerBytes).split(';');
  const [name, value] = splitPair(pair);
  if (name === '' || !pair.includes('=')) return undefined;
  let path: string | undefined;
  const others: string[] = [];
  for (const attribute of attributes.slice(0, LIMITS.headerParameters)) {
    const [key, text] = splitPair(attribute);
    if (key.toLowerCase() === 'path') path ??= text;
    else if (key !== '') others.push(key.toLowerCase());
  }
  return { name, value, ...(path === undefined ? {} : { path }), others };
}

function splitPair(pair: string): readonly [string, string] {
  const equals = pair.indexOf('=');
  if (equals === -1) return [pair.trim(), ''];
  const value = pair.slice(equals + 1).trim();
  const bare = value.startsWith('"') ? value.slice(1, value.endsWith('"') ? -1 : undefined) : value;
  return [pair.slice(0, equals).trim(), bare];
}

/**
 * What a modem keeps after an answer: the cookies it had, those of the same name replaced, new ones behind
 * them, at most LIMITS.cookies. A cookie that is set to nothing is forgotten, for a session server has no
 * other way to take it back from a modem without a calendar. `pathOnly`: keeps only cookies with a path and
 * no other attribute (Q-CK-06).
 */
export function keepCookies(
  kept: readonly Cookie[],
  setCookieLines: readonly string[],
  { pathOnly = false } = {},
): readonly Cookie[] {
  const jar = new Map(kept.map((cookie) => [cookie.name, cookie]));
  for (const line of setCookieLines) {
    const cookie = readSetCookie(line);
    if (cookie === undefined) continue;
    if (pathOnly && (cookie.path === undefined || cookie.others.length > 0)) continue;
    if (cookie.value === '') jar.delete(cookie.name);
    else if (jar.has(cookie.name) || jar.size < LIMITS.cookies) jar.set(cookie.name, cookie);
  }
  return [...jar.values()];
}

/**
 * How Cookie is written: `plain` by RFC 6265; `rfc2109` with `$Version` and `$Path` (Q-CK-01); `unquoted` the
 * same without quotes, blanks and paths (Q-CK-02); `dimark` with one blank between cookies and no `$Version`
 * (Q-CK-03); `lines` one header line each (Q-CK-04); `comma` with commas (Q-CK-05); `echo` gives back the
 * attributes too.
 */
export type CookieStyle = 'plain' | 'rfc2109' | 'unquoted' | 'dimark' | 'lines' | 'comma' | 'echo';

/**
 * The values of the Cookie lines of one request; none without cookies. Only the style `lines` gives several.
 */
export function writeCookie(cookies: readonly Cookie[], style: CookieStyle): readonly string[] {
  if (cookies.length === 0) return [];
  const pair = ({ name, value }: Cookie): string => `${name}=${value}`;
  const path = (cookie: Cookie): string => cookie.path ?? '/';
  switch (style) {
    case 'plain':
      return [cookies.map(pair).join('; ')];
    case 'rfc2109':
      return [`$Version="0"; ${cookies.map((cookie) => `${pair(cookie)};$Path=${path(cookie)}`).join('; ')}`];
    case 'unquoted':
      return [`$Version=0;${cookies.map(pair).join(';')}`];
    case 'dimark':
      return [cookies.map((cookie) => `${pair(cookie)};$Path="${path(cookie)}"`).join(' ')];
    case 'lines':
      return cookies.map(pair);
    case 'comma':
      return [cookies.map(pair).join(', ')];
    case 'echo':
      return [cookies.map((cookie) => `${pair(cookie)}; path=${path(cookie)}`).join('; ')];
    default:
      return assertNever(style);
  }
}
