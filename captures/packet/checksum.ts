import { u16 } from '../file/octets.ts';

/** The Internet checksum (RFC 1071) of bytes, on top of what `sum` already holds. */
export function checksum(bytes: Uint8Array, sum = 0): number {
  let total = sum;
  for (let at = 0; at + 1 < bytes.length; at += 2) total += u16(bytes, at);
  if (bytes.length % 2 === 1) total += (bytes[bytes.length - 1] ?? 0) << 8;
  while (total > 0xffff) total = (total & 0xffff) + Math.floor(total / 0x10000);
  return ~total & 0xffff;
}
