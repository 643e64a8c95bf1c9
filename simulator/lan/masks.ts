/** Network masks, as bits and as dotted text. */
import { addressNumber, addressText } from '../../protocol/ipv4.ts';

/** The mask with this many bits. */
export function maskOfBits(bits: number): string {
  const mask = bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
  return addressText(mask);
}

/** The bits of a mask; `undefined`: it is not a mask. */
export function bitsOfMask(mask: string): number | undefined {
  const value = addressNumber(mask);
  if (value === undefined) return undefined;
  for (let bits = 0; bits <= 32; bits++) if (addressNumber(maskOfBits(bits)) === value) return bits;
  return undefined;
}

/** The mask of an address by its class, A to C. */
export function classfulMask(address: string): string {
  const first = Number(address.split('.')[0]);
  return maskOfBits(first < 128 ? 8 : first < 192 ? 16 : 24);
}
