/**
 * Texts of datagrams, in which every character stands for one byte (U+0000 to U+00FF): so every byte
 * survives.
 */

/** Characters of one call: more arguments than this may overflow the stack. */
const PIECE = 4096;

/** The bytes as text, each byte one character (ISO 8859-1). */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE)
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE));
  return text;
}

/** The bytes of such a text. A character above U+00FF throws a RangeError: it would become another one. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0xff) throw new RangeError(`not a byte: U+${code.toString(16)} at ${at}`);
    bytes[at] = code;
  }
  return bytes;
}
