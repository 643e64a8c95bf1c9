/** Addresses for modems: as a person writes them, or out of the network of an interface. */
import { ModemlabError } from '../protocol/errors.ts';
import { addressNumber, addressText } from '../protocol/ipv4.ts';
import type { LocalInterface } from './interfaces.ts';

/** Default number of addresses: as many as there are TFTP transfers at a time. */
const USUAL_SIZE = 64;
const MAX_ADDRESSES = 4096;

/** `192.168.1.64-192.168.1.127`, or one address. */
export function readPool(text: string): string[] {
  const [first = '', last = first, ...more] = text.split('-').map((part) => part.trim());
  const [from, to] = [addressNumber(first), addressNumber(last)];
  if (from === undefined || to === undefined || more.length > 0 || to < from || to - from >= MAX_ADDRESSES)
    throw new ModemlabError(
      'E_CONFIG',
      `${text}: two addresses with a dash between, ${MAX_ADDRESSES} at most`,
    );
  return Array.from({ length: to - from + 1 }, (_, index) => addressText(from + index));
}

/**
 * Addresses of the interface's network: from .64 on where it is large enough, as modems' own DHCP servers do.
 * Its own address and the last one, which modems have from the factory, are left out.
 */
export function poolOf({ address, mask }: LocalInterface): string[] {
  const [own, bits] = [addressNumber(address), addressNumber(mask)];
  if (own === undefined || bits === undefined) return [];
  const network = (own & bits) >>> 0;
  const last = (network | ~bits) >>> 0;
  const start = last - network > 2 * USUAL_SIZE ? USUAL_SIZE : 1;
  const pool: string[] = [];
  for (let value = network + start; value < last - 1 && pool.length < USUAL_SIZE; value++)
    if (value !== own) pool.push(addressText(value));
  return pool;
}

/** A network as `192.168.1.0/24`, or one address. */
export function readNetwork(text: string): (address: string) => boolean {
  const [base = '', length = '32', ...more] = text.split('/');
  const network = addressNumber(base);
  const bits = /^\d{1,2}$/.test(length) ? Number(length) : 33;
  if (network === undefined || bits > 32 || more.length > 0)
    throw new ModemlabError('E_CONFIG', `${text}: a network is written as 192.168.1.0/24`);
  const size = 2 ** (32 - bits);
  const first = Math.floor(network / size) * size;
  return (address) => {
    const value = addressNumber(address);
    return value !== undefined && value >= first && value < first + size;
  };
}
