/** Makes the names in a folder as durable as the files: what was renamed or made there survives a crash of the machine. */
import { open } from 'node:fs/promises';
import process from 'node:process';

export async function syncFolder(folder: string): Promise<void> {
  // Windows has no such thing: its journal orders names by itself.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
