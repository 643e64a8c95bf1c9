/**
 * Bytes of a body to text, by the charset that is really there (Q-HT-03), and places in the text back to
 * bytes.
 */
import { latin1Text } from '../latin1.ts';
import type { Note } from '../quirks/note.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf16le = new TextDecoder('utf-16le', { ignoreBOM: true });

const LATIN1 = /^(iso-?8859-?1|latin-?1|l1|us-ascii|ascii|windows-1252|cp1252)$/;

/** The text of a body, and how its places are counted in bytes. */
export interface DecodedText {
  readonly text: string;
  /** What one UTF-16 unit of the text was: a byte, two bytes, or what UTF-8 needs for it. */
  readonly units: 'bytes' | 'utf-8' | 'utf-16';
  /** Bytes of the byte order mark before it. */
  readonly start: number;
}

/**
 * The text of a body. Plain ASCII is the same in all charsets and takes the short way. Otherwise the HTTP
 * header's charset comes first, then the XML declaration's, then UTF-8; what is not UTF-8 although it should
 * be is read as ISO-8859-1, which any bytes are. `undefined`: a charset that we do not know, with bytes above
 * ASCII.
 */
export function decodeText(
  bytes: Uint8Array,
  charset: string | undefined,
  note: Note,
): DecodedText | undefined {
  const marked = byByteOrderMark(bytes, note);
  if (marked !== undefined) return marked;
  const text = tryUtf8(bytes);
  if (text !== undefined && text.length === bytes.length) return { text, units: 'bytes', start: 0 };
  const head = latin1Text(bytes.subarray(0, 128));
  const declared = /^\s*<\?xml[^>]{0,100}encoding\s*=\s*["']([\w.:-]{1,40})["']/.exec(head)?.[1];
  const name = (charset ?? declared ?? 'utf-8').toLowerCase().replace(/^["']|["']$/g, '');
  if (LATIN1.test(name)) {
    note('Q-HT-03', 0, name.slice(0, 24));
    return { text: latin1Text(bytes), units: 'bytes', start: 0 };
  }
  if (text !== undefined) return { text, units: 'utf-8', start: 0 };
  if (name === 'utf-8' || name === 'utf8') note('Q-HT-03', 0, 'not UTF-8');
  else if (charset !== undefined) return undefined;
  return { text: latin1Text(bytes), units: 'bytes', start: 0 };
}

/**
 * Places in the text as places in the bytes, for people who look at the wire. Each call looks at 1,024
 * characters at most, so that a message with many notes costs no more than one with few.
 */
export function bytePlaces({ text, units, start }: DecodedText): (at: number) => number {
  if (units === 'bytes') return (at) => at + start;
  if (units === 'utf-16') return (at) => at * 2 + start;
  const marks: number[] = [start];
  return (at) => {
    const end = Math.min(at, text.length);
    let block = Math.min(marks.length - 1, end >> 10);
    let bytes = marks[block] ?? start;
    for (let i = block << 10; i < end; i++) {
      const c = text.charCodeAt(i);
      // A surrogate is half of a character of four bytes.
      bytes += c < 0x80 ? 1 : c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 2 : 3;
      if (((i + 1) & 1023) === 0) {
        block += 1;
        marks[block] = bytes;
      }
    }
    return bytes;
  };
}

function byByteOrderMark(bytes: Uint8Array, note: Note): DecodedText | undefined {
  const [a, b, c] = bytes;
  if (a === 0xef && b === 0xbb && c === 0xbf) {
    note('Q-XM-01', 0);
    const rest = bytes.subarray(3);
    const text = tryUtf8(rest);
    return text === undefined
      ? { text: latin1Text(rest), units: 'bytes', start: 3 }
      : { text, units: 'utf-8', start: 3 };
  }
  // An odd byte at the end is cut off: half a unit is nothing that a place could be in.
  const whole = bytes.subarray(2, bytes.length - (bytes.length % 2));
  if (a === 0xff && b === 0xfe) {
    note('Q-XM-01', 0, 'UTF-16');
    return { text: utf16le.decode(whole), units: 'utf-16', start: 2 };
  }
  if (a === 0xfe && b === 0xff) {
    note('Q-XM-01', 0, 'UTF-16');
    const swapped = whole.slice();
    for (let i = 0; i + 1 < swapped.length; i += 2) {
      const high = swapped[i] ?? 0;
      swapped[i] = swapped[i + 1] ?? 0;
      swapped[i + 1] = high;
    }
    return { text: utf16le.decode(swapped), units: 'utf-16', start: 2 };
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
