/** Tells other programs on the data folder which ACSs run on it: `acs/<pid>.json`, taken away when one stops. */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

export interface Presence {
  /** Where modems POST to. */
  readonly url: string;
  readonly pid: number;
  readonly host: string;
}

const folderOf = (data: string): string => join(data, 'acs');

/** Writes it down; the function given back takes it away. */
export async function announce(data: string, url: string): Promise<() => Promise<void>> {
  const presence: Presence = { url, pid: process.pid, host: hostname() };
  const file = join(folderOf(data), `${presence.host}-${presence.pid}.json`);
  await mkdir(folderOf(data), { recursive: true });
  await writeFile(file, `${JSON.stringify(presence)}\n`);
  return () => rm(file, { force: true });
}

/** The ACSs that run on a data folder. One of this host whose process is gone is not counted. */
export async function readPresence(data: string): Promise<readonly Presence[]> {
  const files = await readdir(folderOf(data)).catch(() => []);
  const found = await Promise.all(files.map((file) => readOne(join(folderOf(data), file))));
  return found.filter((presence) => presence !== undefined);
}

async function readOne(file: string): Promise<Presence | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return isPresence(value) && isAlive(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isPresence(value: unknown): value is Presence {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'url' in value &&
    typeof value.url === 'string' &&
    'pid' in value &&
    typeof value.pid === 'number' &&
    'host' in value
  );
}

function isAlive({ pid, host }: Presence): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
