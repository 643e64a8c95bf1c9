/** What the headers and the bytes of a body say of it before it is read. */

/** Whether a body says nothing: no bytes, or white space alone (Q-HT-06). */
export function isBlank(bytes: Uint8Array): boolean {
  for (const byte of bytes) {
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}

/** The charset of a Content-Type, lower case, without quotes; `undefined` where it names none (Q-HT-04). */
export function charsetOf(contentType: string | undefined): string | undefined {
  if (contentType === undefined) return undefined;
  return /[;,\s]charset\s*=\s*["']?([^"';,\s]+)/i.exec(contentType.slice(0, 256))?.[1]?.toLowerCase();
}
