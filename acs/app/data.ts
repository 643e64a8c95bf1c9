/** Opens the data folder for the duration of one request. */
import process from 'node:process';
import type { DataFolder } from '../data-folder.ts';
import { openData } from '../data-folder.ts';

export type { DataFolder } from '../data-folder.ts';

export async function withData<T>(
  folder: string,
  use: (data: DataFolder) => Promise<T>,
  { create }: { readonly create: boolean } = { create: false },
): Promise<T> {
  const data = await openData(folder, { owner: `command-${process.pid}`, create });
  try {
    return await use(data);
  } finally {
    await data.close();
  }
}
