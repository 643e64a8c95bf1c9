/**
 * The check values of an MDAP message: where they are, and how they are kept correct when other bytes change.
 */
import { decodeMessage } from '../../protocol/mdap/messages.ts';

/** Offsets of check values of two hexadecimal digits, each the exclusive-or of all bytes before it. */
export function checkPlaces(bytes: Uint8Array): readonly number[] {
  const read = decodeMessage(bytes, { acceptBadChecksum: true });
  if (!read.ok) return [];
  const { message, odd } = read.value;
  const outer = bytes.length - (odd.includes('line-end-after-check') ? 4 : 2);
  return 'doubleCheck' in message && message.doubleCheck ? [outer - 2, outer] : [outer];
}

/**
 * Changes the check values by as much as the bytes before them: correct ones stay correct, and wrong ones as
 * wrong.
 */
export function reseal(old: Uint8Array, bytes: Uint8Array, places: readonly number[]): void {
  for (const place of places) {
    let change = 0;
    for (let at = 0; at < place; at += 1) change ^= (old[at] ?? 0) ^ (bytes[at] ?? 0);
    const given = Buffer.from(old.subarray(place, place + 2)).toString('latin1');
    const text = (Number.parseInt(given, 16) ^ change).toString(16).padStart(2, '0');
    bytes.set(
      Buffer.from(given === given.toLowerCase() && /[a-f]/.test(given) ? text : text.toUpperCase(), 'latin1'),
      place,
    );
  }
}
