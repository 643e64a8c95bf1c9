/**
 * Makes the names in a folder durable: files that were made or renamed there survive a crash of the machine.
 */
import { open } from 'node:fs/promises';
import process from 'node:process';

export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot do that, and need not: its journal keeps names in order.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
