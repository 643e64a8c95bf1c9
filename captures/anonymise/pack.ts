/** Compresses a text to a given number of bytes: a compressed body must not change its length. */
import { deflateSync, gzipSync } from 'node:zlib';

const LEVELS = [9, 6, 4, 2, 1] as const;
const GZIP_HEAD = 10;
const COMMENT_FLAG = 0x10;
const ZLIB_HEAD = 2;

/** `undefined`: the text does not fit, or the encoding is not known. */
export function packTo(text: Uint8Array, encoding: string, length: number): Uint8Array | undefined {
  for (const level of LEVELS) {
    const packed =
      encoding === 'gzip' || encoding === 'x-gzip'
        ? padGzip(gzipSync(text, { level }), length)
        : encoding === 'deflate'
          ? padZlib(deflateSync(text, { level }), length)
          : undefined;
    if (packed !== undefined) return packed;
  }
  return undefined;
}

/** A comment of blanks in the header fills any gap (RFC 1952 2.3). */
function padGzip(packed: Uint8Array, length: number): Uint8Array | undefined {
  const room = length - packed.length;
  if (room <= 0) return room === 0 ? packed : undefined;
  const head = Uint8Array.from(packed.subarray(0, GZIP_HEAD));
  head[3] = (head[3] ?? 0) | COMMENT_FLAG;
  return Buffer.concat([
    head,
    new Uint8Array(room - 1).fill(0x20),
    Uint8Array.of(0),
    packed.subarray(GZIP_HEAD),
  ]);
}

/**
 * Empty blocks (RFC 1951 3.2.4): a stored one has 5 bytes, one of fixed codes with a stored one after it has
 * 6.
 */
const STORED = [0x00, 0x00, 0x00, 0xff, 0xff] as const;
const FIXED_AND_STORED = [0x02, 0x00, 0x00, 0x00, 0xff, 0xff] as const;

function padZlib(packed: Uint8Array, length: number): Uint8Array | undefined {
  const room = length - packed.length;
  const sixes = ((room % 5) + 5) % 5;
  const fives = (room - 6 * sixes) / 5;
  if (room < 0 || fives < 0) return undefined;
  const blocks = [
    ...Array.from({ length: fives }, () => STORED),
    ...Array.from({ length: sixes }, () => FIXED_AND_STORED),
  ].flat();
  return Buffer.concat([packed.subarray(0, ZLIB_HEAD), Uint8Array.from(blocks), packed.subarray(ZLIB_HEAD)]);
}
