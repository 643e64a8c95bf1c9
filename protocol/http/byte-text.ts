/**
 * Byte text: a string in which every character stands for one byte (U+0000 to U+00FF), as node:http gives
 * header values. Digests are made over bytes, so names and passwords beyond ASCII pass through here.
 */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

const isAscii = (text: string): boolean => !/[^\u0000-\u007f]/.test(text);

/** The UTF-8 bytes of a text (RFC 7616 4 requires UTF-8). */
export function toByteText(text: string): string {
  if (isAscii(text)) return text;
  let out = '';
  for (const byte of encoder.encode(text)) out += String.fromCharCode(byte);
  return out;
}

/** The text that these bytes encode: in UTF-8, or in ISO-8859-1 if they are not UTF-8. */
export function fromByteText(bytes: string): string {
  if (isAscii(bytes)) return bytes;
  try {
    return utf8.decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0)));
  } catch {
    return bytes;
  }
}

/** The ISO-8859-1 bytes of a text, where it has them. */
export function toLatin1(text: string): string | undefined {
  return /[^\u0000-\u00ff]/.test(text) ? undefined : text;
}
