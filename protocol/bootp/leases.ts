/** Which address a modem gets: one per MAC, the same again as long as it is known. */
import { canonicalMac, NO_ADDRESS } from '../ipv4.ts';
import type { BootpServerSettings, BootpServerState } from './server-types.ts';

/** The address of a modem, and the lease that it replaces, if any; `undefined` if none is left. */
export function chooseAddress(
  settings: BootpServerSettings,
  { leases, declined }: BootpServerState,
  mac: string,
  at: number,
): { readonly address: string; readonly evicted?: string } | undefined {
  const fixed = fixedAddress(settings, mac);
  if (fixed !== undefined) return { address: fixed };
  const known = leases.get(mac);
  if (known !== undefined && !declined.has(known.address)) return { address: known.address };
  const used = new Set([...[...leases.values()].map(({ address }) => address), ...settings.fixed.values()]);
  const free = settings.pool.find(
    (address) =>
      address !== settings.address && address !== NO_ADDRESS && !used.has(address) && !declined.has(address),
  );
  if (free !== undefined) return { address: free };
  const oldest = oldestLease(settings, { leases, declined }, at);
  return oldest === undefined ? undefined : { address: oldest[1].address, evicted: oldest[0] };
}

export function fixedAddress({ fixed }: BootpServerSettings, mac: string): string | undefined {
  for (const [key, address] of fixed) if (canonicalMac(key) === mac) return address;
  return undefined;
}

/**
 * The modem that was silent for longest, if for longer than a lease lasts, and whose address is of the pool.
 */
function oldestLease(
  { pool, leaseSeconds }: BootpServerSettings,
  { leases, declined }: Pick<BootpServerState, 'leases' | 'declined'>,
  at: number,
) {
  return [...leases]
    .filter(([, { address }]) => pool.includes(address) && !declined.has(address))
    .filter(([, { seenAt }]) => at - seenAt > leaseSeconds * 1000)
    .sort(([, a], [, b]) => a.seenAt - b.seenAt)[0];
}
