/**
 * Mutates valid datagrams as a broken or malicious sender would. The same random numbers give the same
 * datagrams.
 */
import type { Random } from '../protocol/random.ts';

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const below = (random: Random, limit: number): number => Math.floor(random() * limit);

/** Numbers at which lengths, counters and signs overflow. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xfffe, 0xffff] as const;

const MAX_BYTES = 2048;

const MUTATIONS: readonly Mutation[] = [
  // One bit.
  (bytes, random) => changed(bytes, random, (byte) => byte ^ (1 << below(random, 8))),
  // One byte.
  (bytes, random) => changed(bytes, random, () => below(random, 256)),
  // A number of 16 bits.
  (bytes, random) => {
    const at = below(random, Math.max(1, bytes.length - 1));
    const edge = EDGES[below(random, EDGES.length)] ?? 0;
    return replaced(bytes, at, Math.min(2, bytes.length - at), Uint8Array.of(edge >>> 8, edge & 0xff));
  },
  // The end is missing.
  (bytes, random) => bytes.slice(0, below(random, bytes.length + 1)),
  // A piece is missing.
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    return replaced(bytes, at, below(random, bytes.length - at + 1), new Uint8Array());
  },
  // A piece comes twice.
  (bytes, random) => {
    const at = below(random, bytes.length + 1);
    return replaced(bytes, at, 0, bytes.slice(at, at + below(random, bytes.length - at + 1)));
  },
  // Random bytes are put in.
  (bytes, random) => {
    const piece = Uint8Array.from({ length: 1 + below(random, 40) }, () => below(random, 256));
    return replaced(bytes, below(random, bytes.length + 1), 0, piece);
  },
  // The beginning of one, the end of another.
  (bytes, random, other) => {
    const at = below(random, bytes.length + 1);
    return replaced(bytes, at, bytes.length - at, other.slice(below(random, other.length + 1)));
  },
];

/** One of the samples, as it is or changed up to four times; never longer than 2048 bytes. */
export function mutateDatagram(samples: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = (): Uint8Array => samples[below(random, samples.length)] ?? new Uint8Array();
  let bytes = pick().slice();
  for (let count = below(random, 5); count > 0; count--) {
    const mutation = MUTATIONS[below(random, MUTATIONS.length)];
    bytes = (mutation?.(bytes, random, pick()) ?? bytes).slice(0, MAX_BYTES);
  }
  return bytes;
}

function changed(bytes: Uint8Array, random: Random, to: (byte: number) => number): Uint8Array {
  const at = below(random, Math.max(1, bytes.length));
  return replaced(bytes, at, Math.min(1, bytes.length), Uint8Array.of(to(bytes[at] ?? 0)));
}

function replaced(bytes: Uint8Array, at: number, count: number, piece: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - count + piece.length);
  result.set(bytes.subarray(0, at));
  result.set(piece, at);
  result.set(bytes.subarray(at + count), at + piece.length);
  return result;
}
