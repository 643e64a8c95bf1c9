/** Where a modem fetches a file from, and sends one to: below the address by which it reaches the server. */
import { createHash } from 'node:crypto';
import { constants, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { DataFolder } from '../../acs/data-folder.ts';
import { FILES_PATH, isFileName } from '../../acs/http/files.ts';
import { registeredServers } from '../../acs/running-servers.ts';
import type { DeviceRecord } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|(::ffff:)127(\.\d{1,3}){3})$/i;

/**
 * The address of the server, as this modem reaches it: the one given, else that of the server which runs on the data
 * folder, else what the modem itself has as ManagementServer.URL. A server that listens everywhere only knows itself
 * as localhost; to a modem elsewhere that says nothing, so then the modem's own word counts.
 * @throws ModemlabError E_CONFIG when there is none
 */
export async function serverUrl(
  data: DataFolder,
  record: DeviceRecord,
  given: string | undefined,
): Promise<string> {
  if (given !== undefined) return given;
  const near = LOOPBACK.test(record.address);
  const running = await registeredServers(data.folder);
  const reachable = running.find(({ url }) => near || !LOOPBACK.test(new URL(url).hostname));
  if (reachable !== undefined) return reachable.url;
  const told = await toldUrl(data, record);
  if (told !== undefined) return told;
  throw new ModemlabError('E_CONFIG', 'give the address by which the modem reaches the server with --url');
}

async function toldUrl({ store }: DataFolder, { key }: DeviceRecord): Promise<string | undefined> {
  for (const root of ['InternetGatewayDevice', 'Device']) {
    const value = (await store.parameter(key, `${root}.ManagementServer.URL`))?.value;
    if (value !== undefined && /^https?:/i.test(value) && URL.canParse(value)) return value;
  }
  return undefined;
}

/** The URL of a path of the server. */
export const urlOf = (server: string, pathname: string): string => new URL(pathname, server).href;

/** The path below the server's address of a file of `files/`. */
export const pathOf = (name: string): string => `${FILES_PATH}${encodeURIComponent(name)}`;

/**
 * Puts a copy of a file into `files/`. A file of that name with other contents stays: the copy then gets a name of its own,
 * since a modem may still be about to fetch the first. Returns the name and the size in bytes.
 * @throws ModemlabError E_FILE_INVALID when it cannot be read, or its name cannot stand in a URL
 */
export async function offerFile(files: string, file: string): Promise<{ name: string; size: number }> {
  const contents = await readBytes(file);
  const base = path.basename(file);
  if (!isFileName(base))
    throw new ModemlabError('E_FILE_INVALID', `${file}: give it a plain name (letters, digits, . - _)`);
  const digest = createHash('sha256').update(contents).digest('hex');
  const { name: stem, ext } = path.parse(base);
  for (const name of [base, `${stem.slice(0, 100)}-${digest.slice(0, 12)}${ext}`]) {
    const place = path.join(files, name);
    if (path.resolve(file) === place) return { name, size: contents.length };
    try {
      // Whoever has the name keeps it.
      await copyFile(file, place, constants.COPYFILE_EXCL);
      return { name, size: contents.length };
    } catch {
      const there = await readBytes(place);
      if (there.equals(contents)) return { name, size: contents.length };
    }
  }
  throw new ModemlabError('E_FILE_INVALID', `${file}: ${files} has another file of that name`);
}

async function readBytes(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}
