// The data files that the program reads when it runs, and how files of a folder are listed.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Folders whose JSON files the program reads: they go wherever its JavaScript goes. */
export const DATA_FOLDERS = ['simulator/profiles', 'simulator/fleet/scenarios'];

/** The names of all files below a folder of the package, from its root, that have this ending. */
export function filesBelow(folder, ending) {
  const full = path.join(ROOT, folder);
  if (!existsSync(full)) return [];
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => path.relative(ROOT, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}
