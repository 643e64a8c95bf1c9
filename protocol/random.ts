/** Reproducible numbers: the same seed gives the same bytes on the wire. */

/** The next number of a stream, in [0, 1). */
export type Random = () => number;

/** A stream from a seed (xorshift after a hash, so that neighbouring seeds differ). */
export function createRandom(seed: string | number): Random {
  let state = hash(String(seed)) || 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 0x1_0000_0000;
  };
}

/** 32 bits of a text (FNV-1a with a final mix). */
export function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}
