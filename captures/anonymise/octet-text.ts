/**
 * Replaces bytes by others of the same class: a digit stays a digit, a hexadecimal text hexadecimal, UTF-8
 * stays UTF-8.
 */

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isContinuation = (code: number): boolean => (code & 0xc0) === 0x80;

/** Whether a text has anything that `recast` would change. */
export const isRecastable = (text: string): boolean => /[A-Za-z0-9\u0080-\u00ff]/.test(text);

/** Hexadecimal, but not by chance like the word `cafe`. */
const isHex = (text: string): boolean => /^[0-9a-f]*\d[0-9a-f]*$/i.test(text) && text.length >= 4;

/** Byte text of the same length and form, made of random bytes; `random` has at least as many as the text. */
export function recast(text: string, random: Uint8Array): string {
  const letters = isHex(text) ? 6 : 26;
  let out = '';
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const chance = random[at] ?? 0;
    let next = code;
    if (isDigit(code)) next = 0x30 + (chance % 10);
    else if (isUpper(code)) next = 0x41 + (chance % letters);
    else if (isLower(code)) next = 0x61 + (chance % letters);
    else if (code >= 0x80 && code <= 0xff) next = recastHigh(text, at, code, chance);
    out += String.fromCharCode(next);
  }
  return out;
}

/**
 * Beyond ASCII: of a UTF-8 sequence the last byte changes, so that it stays one; a byte of ISO 8859-1 becomes
 * another letter. Sequences at the borders of UTF-8, and those of its last two characters, stay as they are.
 */
function recastHigh(text: string, at: number, code: number, chance: number): number {
  const after = text.charCodeAt(at + 1);
  if (!isContinuation(code))
    return isContinuation(after) || code < 0xc0 ? code : 0xe0 | (chance & 0x1f & ~0x10);
  if (isContinuation(after)) return code;
  let lead = at;
  while (lead > 0 && at - lead < 3 && isContinuation(text.charCodeAt(lead))) lead -= 1;
  const first = text.charCodeAt(lead);
  return first === 0xef || first < 0xc2 || first > 0xf4 ? code : 0xa0 | (chance & 0x1f);
}
