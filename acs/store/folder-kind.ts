/**
 * A file in a folder that says what the folder contains, so that nobody reads or writes it as something else.
 */
import { link, readdir, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModemlabError } from '../../protocol/errors.ts';
import { parseJson } from './flat.ts';
import { isMembers } from './shape.ts';

export interface FolderKind {
  /** `devices` or `queue`. */
  readonly holds: string;
  /** `lmdb`, `yaml`, `dir`. */
  readonly kind: string;
  readonly version: number;
}

/** Name of that file. No device has it: device names have no dot. */
export const KIND_FILE = 'format.json';

/** Files that show the kind of a folder without format.json, such as one that was made by hand. */
const SIGNS: ReadonlyMap<string, RegExp> = new Map([
  ['lmdb', /^(data|lock)\.mdb$/],
  ['yaml', /\.yaml$/],
]);

/**
 * Writes format.json into a folder that has none, or compares it.
 * @throws ModemlabError E_DATA_IN_USE when the folder has another kind or version, E_DATA_UNREADABLE when
 *   format.json is damaged or the folder cannot be written
 */
export async function claimFolder(folder: string, wanted: FolderKind): Promise<void> {
  const file = join(folder, KIND_FILE);
  const text = await readOrMake(folder, file, wanted);
  const found = parseJson(text);
  if (!isMembers(found) || typeof found.kind !== 'string') throw new ModemlabError('E_DATA_UNREADABLE', file);
  if (found.holds === wanted.holds && found.kind === wanted.kind && found.version === wanted.version) return;
  throw new ModemlabError('E_DATA_IN_USE', `${file} says ${found.kind}, version ${found.version}`);
}

async function readOrMake(folder: string, file: string, wanted: FolderKind): Promise<string> {
  try {
    const before = await readIfThere(file);
    if (before !== undefined) return before;
    await refuseOther(folder, wanted);
    // Linked when complete: another process that starts at the same moment sees the whole file or none.
    const draft = join(folder, `.format-${process.pid}-${Math.trunc(performance.now() * 1000)}`);
    await writeFile(draft, `${JSON.stringify(wanted)}\n`, { flag: 'wx', flush: true });
    try {
      await link(draft, file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    } finally {
      await unlink(draft);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof ModemlabError) throw error;
    throw new ModemlabError('E_DATA_UNREADABLE', file, { cause: error });
  }
}

async function refuseOther(folder: string, wanted: FolderKind): Promise<void> {
  const names = await readdir(folder);
  for (const [kind, sign] of SIGNS) {
    const name = names.find((candidate) => !candidate.startsWith('.') && sign.test(candidate));
    if (kind !== wanted.kind && name !== undefined)
      throw new ModemlabError('E_DATA_IN_USE', join(folder, name));
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The system's name of an error, e.g. `ENOENT`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
