/** Bytes of a body to text, by the charset that is really there (Q-HT-03). */
import type { Note } from '../quirks/note.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16le = new TextDecoder('utf-16le', { ignoreBOM: true });

const LATIN1 = /^(iso-?8859-?1|latin-?1|l1|us-ascii|ascii|windows-1252|cp1252)$/;

/**
 * The text of a body. Plain ASCII is the same in all charsets and takes the short way. Otherwise the HTTP header's
 * charset comes first, then the XML declaration's, then UTF-8; what is not UTF-8 although it should be is read as
 * ISO-8859-1, which any bytes are. `undefined`: a charset that we do not know, with bytes above ASCII.
 */
export function decodeText(bytes: Uint8Array, charset: string | undefined, note: Note): string | undefined {
  const marked = byByteOrderMark(bytes, note);
  if (marked !== undefined) return marked;
  const text = tryUtf8(bytes);
  if (text !== undefined && text.length === bytes.length) return text;
  const head = latin1(bytes.subarray(0, 128));
  const declared = /^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1];
  const name = (charset ?? declared ?? 'utf-8').toLowerCase().replace(/^["']|["']$/g, '');
  if (LATIN1.test(name)) {
    note('Q-HT-03', 0, name.slice(0, 24));
    return latin1(bytes);
  }
  if (name !== 'utf-8' && name !== 'utf8') return text ?? (charset === undefined ? latin1(bytes) : undefined);
  if (text !== undefined) return text;
  note('Q-HT-03', 0, 'not UTF-8');
  return latin1(bytes);
}

function byByteOrderMark(bytes: Uint8Array, note: Note): string | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    note('Q-XM-01', 0);
    const rest = bytes.subarray(3);
    return tryUtf8(rest) ?? latin1(rest);
  }
  if (a === 0xff && b === 0xfe) {
    note('Q-XM-01', 0, 'UTF-16');
    return utf16le.decode(bytes.subarray(2));
  }
  if (a === 0xfe && b === 0xff) {
    note('Q-XM-01', 0, 'UTF-16');
    const swapped = bytes.slice(2, bytes.length - (bytes.length % 2));
    for (let i = 0; i + 1 < swapped.length; i += 2) {
      const high = swapped[i] ?? 0;
      swapped[i] = swapped[i + 1] ?? 0;
      swapped[i + 1] = high;
    }
    return utf16le.decode(swapped);
  }
  return undefined;
}

function tryUtf8(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function latin1(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 4096) out += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return out;
}
