/** Where a modem fetches a file from, and sends one to: below the address by which it reaches the server. */
import { createHash } from 'node:crypto';
import { constants, copyFile, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ModemlabError } from '../../protocol/errors.ts';
import type { DataFolder } from '../data-folder.ts';
import { storageName } from '../device-key.ts';
import { expectUpload, FILES_PATH, isFileName } from '../http/files.ts';
import { readPresence } from '../running-servers.ts';
import type { DeviceRecord } from '../store/store.ts';

export { isFileName } from '../http/files.ts';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?|(::ffff:)127(\.\d{1,3}){3})$/i;

/**
 * The address by which this modem reaches the server: that of the server running on the data folder, or else
 * the modem's own ManagementServer.URL; `undefined` when neither is known. A server that listens on every
 * address knows itself only as localhost, which is useless to a modem elsewhere; the modem's own value then
 * decides.
 */
export async function findServerUrl(data: DataFolder, record: DeviceRecord): Promise<string | undefined> {
  const near = LOOPBACK.test(record.address);
  const running = await readPresence(data.folder);
  const reachable = running.find(({ url }) => near || !LOOPBACK.test(new URL(url).hostname));
  return reachable?.url ?? managementServerUrl(data, record);
}

async function managementServerUrl(
  { store }: DataFolder,
  { key }: DeviceRecord,
): Promise<string | undefined> {
  for (const root of ['InternetGatewayDevice', 'Device']) {
    const value = (await store.parameter(key, `${root}.ManagementServer.URL`))?.value;
    if (value !== undefined && /^https?:/i.test(value) && URL.canParse(value)) return value;
  }
  return undefined;
}

export interface OfferedFile {
  readonly url: string;
  /** In bytes. */
  readonly size: number;
}

/**
 * Copies a file into `files/`, and says where a modem fetches it from. If another file already has its name,
 * the copy gets a different one, since a modem may still be about to fetch the first.
 * @throws ModemlabError E_FILE_INVALID when it cannot be read, or its name cannot stand in a URL
 */
export async function offerFile({ files }: DataFolder, server: string, file: string): Promise<OfferedFile> {
  const contents = await readBytes(file);
  const name = await putInto(files, file, contents);
  return {
    url: new URL(`${FILES_PATH}${encodeURIComponent(name)}`, server).href,
    size: contents.length,
  };
}

/** Returns the name of the copy. */
async function putInto(files: string, file: string, contents: Buffer): Promise<string> {
  const base = path.basename(file);
  if (!isFileName(base))
    throw new ModemlabError('E_FILE_INVALID', `${file}: give it a plain name (letters, digits, . - _)`);
  const digest = createHash('sha256').update(contents).digest('hex');
  const { name: stem, ext } = path.parse(base);
  for (const name of [base, `${stem.slice(0, 100)}-${digest.slice(0, 12)}${ext}`]) {
    const place = path.join(files, name);
    if (path.resolve(file) === place) return name;
    try {
      // Never replaces a file.
      await copyFile(file, place, constants.COPYFILE_EXCL);
      return name;
    } catch {
      const there = await readBytes(place);
      if (there.equals(contents)) return name;
    }
  }
  throw new ModemlabError('E_FILE_INVALID', `${file}: ${files} has another file with that name`);
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

/** Accepts one upload under this name, as `files/received/NAME`; the URL to send it to. */
export const receiveFile = async ({ files }: DataFolder, server: string, name: string): Promise<string> =>
  new URL(await expectUpload(files, name), server).href;

/** `00147F-SpeedTouch_780-CP0621JT123-20260131T120000.bin`, without `%`, which has a meaning in URLs. */
export function uploadName({ key }: DeviceRecord, now: Date): string {
  const device = storageName(key)
    .replace(/%[0-9A-F]{2}/g, '_')
    .replace(/[^\w-]/g, '_')
    .slice(0, 100);
  return `${device}-${now.toISOString().replace(/[-:]|\..*/g, '')}.bin`;
}
