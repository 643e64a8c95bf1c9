/**
 * Shows other programs on the data folder which ACSs run on it: a file each in `acs/`, removed when the ACS
 * stops.
 */
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemProcesses } from './processes.ts';

export interface RegisteredServer {
  /** Where modems POST to. */
  readonly url: string;
  readonly pid: number;
  /** Host and PID namespace, as in processes.ts. */
  readonly host: string;
  readonly start: string;
}

/** How often a server shows that it still runs. */
const REFRESH_MS = 60_000;
/** A server of another host or container is taken for stopped when it has not shown itself for this long. */
const FOREIGN_MS = 5 * REFRESH_MS;

const folderOf = (data: string): string => join(data, 'acs');

/** Registers this process; the returned function removes the entry. */
export async function registerServer(data: string, url: string): Promise<() => Promise<void>> {
  const { self } = systemProcesses();
  const server: RegisteredServer = { url, pid: self.pid, host: self.host, start: self.start };
  const file = join(folderOf(data), `${self.host}-${self.pid}.json`);
  await mkdir(folderOf(data), { recursive: true });
  await removeStopped(data);
  await writeFile(file, `${JSON.stringify(server)}\n`);
  const refresh = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, REFRESH_MS);
  refresh.unref();
  return async () => {
    clearInterval(refresh);
    await rm(file, { force: true });
  };
}

/** The ACSs that run on a data folder, as far as can be seen from here. */
export async function registeredServers(data: string): Promise<readonly RegisteredServer[]> {
  const entries = await readAll(data);
  return entries.flatMap(({ server, isRunning }) => (isRunning && server !== undefined ? [server] : []));
}

/** Servers that were killed leave their files behind. */
async function removeStopped(data: string): Promise<void> {
  for (const { file, isRunning } of await readAll(data)) if (!isRunning) await rm(file, { force: true });
}

interface Entry {
  readonly file: string;
  readonly server: RegisteredServer | undefined;
  readonly isRunning: boolean;
}

async function readAll(data: string): Promise<readonly Entry[]> {
  const files = await readdir(folderOf(data)).catch(() => []);
  const entries = await Promise.all(files.map((file) => readOne(join(folderOf(data), file))));
  return entries.filter((entry) => entry !== undefined);
}

/** `undefined` when the file has been removed meanwhile. */
async function readOne(file: string): Promise<Entry | undefined> {
  try {
    const { mtimeMs } = await stat(file);
    const server = parse(await readFile(file, 'utf8'));
    const isOld = (): boolean => Date.now() - mtimeMs > FOREIGN_MS;
    return { file, server, isRunning: !systemProcesses().isGone(server, isOld) };
  } catch {
    return undefined;
  }
}

/** `undefined`: it is being written, or is something else. */
function parse(text: string): RegisteredServer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  if (!('url' in value && 'pid' in value && 'host' in value && 'start' in value)) return undefined;
  const { url, pid, host, start } = value;
  if (typeof url !== 'string' || typeof pid !== 'number') return undefined;
  if (typeof host !== 'string' || typeof start !== 'string') return undefined;
  return { url, pid, host, start };
}
