/** Addresses of IPv4 and Ethernet as values: dotted text outside, four or six bytes on the wire. */

/** Where a datagram comes from or goes to. */
export interface Endpoint {
  /** Dotted IPv4. */
  readonly address: string;
  readonly port: number;
}

export const isSameEndpoint = (a: Endpoint, b: Endpoint): boolean =>
  a.port === b.port && a.address === b.address;

/** `0.0.0.0`: no address. */
export const NO_ADDRESS = '0.0.0.0';
/** Everybody on the link. */
export const EVERYBODY = '255.255.255.255';

/**
 * The 32 bits of a dotted address; `undefined` when it is none. Leading zeros are refused: some read them as
 * octal.
 */
export function addressNumber(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

export const addressText = (value: number): string =>
  [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff].join('.');

/** The four bytes at an offset as dotted text; a byte that is not there counts as 0. */
export function readAddress(bytes: Uint8Array, at: number): string {
  return [0, 1, 2, 3].map((index) => bytes[at + index] ?? 0).join('.');
}

/** The four bytes of a dotted address. Throws a RangeError if it is not one. */
export function addressBytes(text: string): Uint8Array {
  const value = addressNumber(text);
  if (value === undefined) throw new RangeError(`not an IPv4 address: ${text}`);
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Whether two addresses lie in one network. Texts that are no addresses lie in none. */
export function isSameNetwork(a: string, b: string, mask: string): boolean {
  const [left, right, bits] = [addressNumber(a), addressNumber(b), addressNumber(mask)];
  if (left === undefined || right === undefined || bits === undefined) return false;
  return ((left ^ right) & bits) === 0;
}

/**
 * The broadcast address of the network that an address lies in. Throws a RangeError for texts that are no
 * addresses.
 */
export function networkBroadcast(address: string, mask: string): string {
  const [value, bits] = [addressNumber(address), addressNumber(mask)];
  if (value === undefined || bits === undefined)
    throw new RangeError(`not an IPv4 network: ${address}/${mask}`);
  return addressText((value | ~bits) >>> 0);
}

/**
 * A MAC address as ANT-MAC writes it: `00-14-7F-12-34-56`. The one spelling by which modems are known here.
 */
export const macText = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, '0')).join('-');

/**
 * The same MAC address in the one spelling, from one with dashes, colons or nothing between; `undefined`: it
 * is none.
 */
export function canonicalMac(text: string): string | undefined {
  const digits = /^[\da-f]{12}$|^[\da-f]{2}([-:][\da-f]{2}){5}$/i.test(text) ? text.replace(/[-:]/g, '') : '';
  return digits === '' ? undefined : (digits.toUpperCase().match(/../g) ?? []).join('-');
}

/** The six bytes of a MAC address in any spelling. Throws a RangeError if it is not one. */
export function macBytes(text: string): Uint8Array {
  const mac = canonicalMac(text);
  if (mac === undefined) throw new RangeError(`not a MAC address: ${text}`);
  return Uint8Array.from(mac.split('-'), (pair) => Number.parseInt(pair, 16));
}
