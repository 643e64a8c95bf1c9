/**
 * How a text is written where it stands: as it is, with the entities of XML, or with the backslashes of a
 * quoted string.
 */

import { fromByteText, toByteText } from '../../protocol/http/byte-text.ts';

export type Spelling = 'plain' | 'xml' | 'quoted';

const TOKENS: Readonly<Record<Spelling, RegExp>> = {
  plain: /[\s\S]/g,
  xml: /&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos);|[\s\S]/gi,
  quoted: /\\?[\s\S]/g,
};

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** What a token of a spelling stands for: one character, or the bytes of one in UTF-8. */
function meaning(spelling: Spelling, token: string): string {
  if (token.length === 1 || spelling === 'plain') return token;
  if (spelling === 'quoted') return token.slice(1);
  const name = token.slice(1, -1).toLowerCase();
  if (!name.startsWith('#')) return NAMED[name] ?? token;
  const code = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code > 0x10ffff ? token : toByteText(String.fromCodePoint(code));
}

const tokensOf = (spelling: Spelling, text: string): readonly string[] => text.match(TOKENS[spelling]) ?? [];

export const readSpelling = (spelling: Spelling, text: string): string =>
  spelling === 'plain'
    ? text
    : tokensOf(spelling, text)
        .map((token) => meaning(spelling, token))
        .join('');

/**
 * Another text in the same spelling and length; `other` has as many characters as `readSpelling` gives of
 * `text`.
 */
export function spellOther(spelling: Spelling, text: string, other: string): string {
  if (spelling === 'plain') return other;
  let at = 0;
  return tokensOf(spelling, text)
    .map((token) => {
      const meant = meaning(spelling, token);
      const next = other.slice(at, at + meant.length);
      at += meant.length;
      if (next === meant) return token;
      if (token.length === 1) return next;
      return spelling === 'quoted' ? `\\${next}` : reference(token, next);
    })
    .join('');
}

/**
 * A character reference as long as another one. A letter above `c` has a digit more than the shortest decimal
 * ones.
 */
function reference(token: string, next: string): string {
  const isHex = /^&#x/i.test(token);
  const room = token.length - (isHex ? 4 : 3);
  const code = (fromByteText(next).codePointAt(0) ?? 0).toString(isHex ? 16 : 10);
  const digits = /[A-F]/.test(token) ? code.toUpperCase() : code;
  const fitting = digits.length > room ? '97'.padStart(room, '9') : digits.padStart(room, '0');
  return `${token.slice(0, isHex ? 3 : 2)}${fitting};`;
}

const percent = (text: string, but: RegExp): string =>
  text.replace(but, (character) => {
    const code = character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0');
    return `%${code}`;
  });

/** Every other way in which a byte text is found written. */
export function otherSpellings(text: string): readonly ((text: string) => string)[] {
  const ways: ((text: string) => string)[] = [];
  if (/[&<>]/.test(text)) ways.push((one) => escapeXml(one, /[&<>]/g));
  if (/["']/.test(text))
    ways.push(
      (one) => escapeXml(one, /[&<>"]/g),
      (one) => escapeXml(one, /[&<>"']/g),
    );
  if (/["\\]/.test(text)) ways.push((one) => one.replace(/["\\]/g, '\\$&'));
  if (/[^A-Za-z0-9\-._~]/.test(text))
    ways.push(
      (one) => percent(one, /[^A-Za-z0-9\-._~!*'()]/g),
      (one) => percent(one, /[^A-Za-z0-9\-._~]/g),
    );
  return ways;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

const escapeXml = (text: string, which: RegExp): string =>
  text.replace(which, (character) => ENTITIES[character] ?? character);
