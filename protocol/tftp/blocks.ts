/**
 * Blocks are counted from 1 without end; the wire has 16 bits for them, and no RFC says what comes after
 * 65535.
 */

/** The number after 65535: 0 (most servers), 1 (some), or none. */
export type Rollover = 0 | 1 | 'error';

const LAST_NUMBER = 0xffff;

/** The number on the wire of the n-th block; 0 is what an OACK is acknowledged with. */
export function wireNumber(block: number, rollover: Rollover): number {
  if (rollover === 1 && block > 0) return ((block - 1) % LAST_NUMBER) + 1;
  return block % (LAST_NUMBER + 1);
}

/** The first block from `from` on that has this number on the wire. */
export function blockFrom(from: number, wire: number, rollover: Rollover): number {
  if (rollover !== 1) return from + ((wire - from) & LAST_NUMBER);
  // With a rollover to 1 the number 0 is that of no block but the zeroth.
  if (wire === 0) return from === 0 ? 0 : Number.POSITIVE_INFINITY;
  const first = Math.max(from, 1);
  return first + ((((wire - wireNumber(first, 1)) % LAST_NUMBER) + LAST_NUMBER) % LAST_NUMBER);
}

/** How many blocks a file has: the last one is shorter than the others, and empty when they come out even. */
export const blockCount = (size: number, blksize: number): number => Math.floor(size / blksize) + 1;

/** Whether a file of this many blocks can be sent. */
export const canNumber = (blocks: number, rollover: Rollover): boolean =>
  rollover !== 'error' || blocks <= LAST_NUMBER;
