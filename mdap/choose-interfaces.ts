/** Which interfaces a host of MDAP works on: those that were named, else those that look like a lab's. */
import { ModemlabError } from '../protocol/errors.ts';
import type { LocalInterface } from './interfaces.ts';
import { findInterface, hasDefaultRoute, listInterfaces } from './interfaces.ts';

/**
 * The addresses to work on. Named are addresses or interfaces; without any, all but the loopback and those
 * that lead to the rest of the world. Rejects with E_MDAP_INTERFACE where there is none, and
 * E_MDAP_DEFAULT_ROUTE where one that was named leads out and is not forced: passwords are sent in the clear
 * to everybody there.
 */
export async function chooseInterfaces(named: readonly string[], force: boolean): Promise<readonly string[]> {
  if (named.length === 0) {
    const fitting: string[] = [];
    for (const { name, address, loopback } of listInterfaces())
      if (!loopback && (force || (await hasDefaultRoute(name)) !== true)) fitting.push(address);
    if (fitting.length === 0) throw new ModemlabError('E_MDAP_INTERFACE', `there are ${interfaceList()}`);
    return fitting;
  }
  const found = named.map((text) => {
    const known = findInterface(text);
    if (known === undefined)
      throw new ModemlabError('E_MDAP_INTERFACE', `no ${text}; there are ${interfaceList()}`);
    return known;
  });
  for (const { name, address } of found)
    if (!force && (await hasDefaultRoute(name)) === true)
      throw new ModemlabError('E_MDAP_DEFAULT_ROUTE', `${name}, ${address}`);
  return [...new Set(found.map(({ address }) => address))];
}

const tell = ({ name, address }: LocalInterface): string => `${address} (${name})`;

const interfaceList = (): string => listInterfaces().map(tell).join(', ');
