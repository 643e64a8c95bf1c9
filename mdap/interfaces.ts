/** The network interfaces of this machine, as boot servers look at them. */
import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

export interface LocalInterface {
  readonly name: string;
  /** Dotted IPv4. */
  readonly address: string;
  readonly mask: string;
  readonly loopback: boolean;
}

/** All IPv4 addresses of interfaces that are up. */
export function listInterfaces(): LocalInterface[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family }) => family === 'IPv4')
      .map(({ address, netmask: mask, internal: loopback }) => ({ name, address, mask, loopback })),
  );
}

/** The interface of this name or address; of several addresses of a name the first. */
export function findInterface(nameOrAddress: string): LocalInterface | undefined {
  return listInterfaces().find(({ name, address }) => name === nameOrAddress || address === nameOrAddress);
}

/**
 * Whether the way to the rest of the world leads over this interface: then it is no network of a lab. Known
 * on Linux only (/proc/net/route); elsewhere `undefined`.
 */
export async function hasDefaultRoute(name: string): Promise<boolean | undefined> {
  try {
    const lines = (await readFile('/proc/net/route', 'utf8')).split('\n').slice(1);
    return lines.some((line) => {
      const [device, destination, , , , , , mask] = line.split('\t');
      return device === name && destination === '00000000' && mask === '00000000';
    });
  } catch {
    return undefined;
  }
}
