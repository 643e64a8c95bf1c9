/**
 * Keeps Internet checksums correct when bytes change, without all bytes that they cover (RFC 1624): a correct
 * one stays correct, a wrong one as wrong, even where the capture has cut the packet.
 */

import { u16 } from '../file/octets.ts';
import { checksum } from '../packet/checksum.ts';

/** The sum that the checksum is the complement of. */
const sumOf = (bytes: Uint8Array): number => ~checksum(bytes) & 0xffff;

/** Sum over several parts, each of an even length but for the last. */
export const sumOfAll = (parts: readonly Uint8Array[]): number => {
  let sum = parts.reduce((total, part) => total + sumOf(part), 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
};

/** Changes the checksum at `at` by what changed in its bytes: their sum before and after. */
export function repairChecksum(bytes: Uint8Array, at: number, before: number, after: number): void {
  if (at + 2 > bytes.length || before === after) return;
  let sum = (~u16(bytes, at) & 0xffff) + (~before & 0xffff) + after;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  bytes.set([(~sum >> 8) & 0xff, ~sum & 0xff], at);
}
