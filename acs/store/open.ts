/** Opens the store of a data folder. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { assertNever } from '../../protocol/result.ts';
import { claimFolder } from './folder-kind.ts';
import { memoryStore } from './memory.ts';
import type { StoreKind, StoreOptions } from './options.ts';
import type { DeviceStore } from './store.ts';

/**
 * @param folder the data folder; the store is in `devices/` and makes what is missing
 * @throws ModemlabError E_DATA_IN_USE when `devices/` has another kind of store, E_DATA_UNREADABLE when it
 *   cannot be read or written; both name the file
 */
export async function openStore(
  kind: StoreKind,
  folder: string,
  options: StoreOptions = {},
): Promise<DeviceStore> {
  if (kind === 'memory') return memoryStore();
  const devices = join(folder, 'devices');
  await mkdir(devices, { recursive: true });
  await claimFolder(devices, { holds: 'devices', kind, version: 1 });
  switch (kind) {
    // Each package is loaded only if it is needed, so that the command line starts quickly.
    case 'lmdb':
      return (await import('./lmdb-shared.ts')).sharedLmdbStore(devices, options);
    case 'yaml':
      return (await import('./yaml.ts')).yamlStore(devices, options);
    default:
      return assertNever(kind);
  }
}
