/** Images to be served: read, checked, and published under the name that BOOTP replies give. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fitsFileField } from '../protocol/bootp/message.ts';
import type { BootImage, ImageFor, ImageRule } from '../protocol/bootp/server-types.ts';
import { readImage } from '../protocol/datamodel/firmware-image.ts';
import { ModemlabError } from '../protocol/errors.ts';
import { toByteText } from '../protocol/http/byte-text.ts';
import { canonicalMac } from '../protocol/ipv4.ts';
import { pathOfName } from '../protocol/tftp/file-name.ts';
import type { PublishedFiles } from './published.ts';

export interface WantedImage {
  readonly for: ImageFor;
  /** Path of the file. */
  readonly file: string;
}

/** `BOARD=FILE`, `serial:S=FILE`, `mac:M=FILE`, `prefix:P=FILE` or `default=FILE`. */
export function readWantedImage(text: string): WantedImage {
  const equals = text.indexOf('=');
  const [whom, file] = [text.slice(0, equals), text.slice(equals + 1)];
  const wanted = equals <= 0 || file === '' ? undefined : readFor(whom);
  if (wanted === undefined)
    throw new ModemlabError(
      'E_CONFIG',
      `${text}: an image is given as BOARD=FILE, mac:00-14-7F-12-34-56=FILE or default=FILE`,
    );
  return { for: wanted, file };
}

function readFor(whom: string): ImageFor | undefined {
  if (whom === 'default') return { by: 'default' };
  const [, kind = 'board', key = ''] = /^(?:(serial|mac|prefix|board):)?(.+)$/.exec(whom) ?? [];
  switch (kind) {
    case 'serial':
      return { by: 'serial', serial: key };
    case 'mac':
      return canonicalMac(key) === undefined ? undefined : { by: 'mac', mac: key };
    case 'prefix':
      return /^[\da-f]{2}([-:]?[\da-f]{2}){0,5}$/i.test(key) ? { by: 'prefix', prefix: key } : undefined;
    default:
      return { by: 'board', board: key };
  }
}

/**
 * Publishes the files and gives the rules for them. Rejects when a file cannot be read, is no image, or is
 * for another board than it is given to; `force` lets the last two pass.
 */
export async function publishImages(
  wanted: readonly WantedImage[],
  files: PublishedFiles,
  force = false,
): Promise<ImageRule[]> {
  const names = new Map<string, string>();
  const rules: ImageRule[] = [];
  for (const { for: whom, file } of wanted) {
    const image = await bootImage(file, force);
    const other = names.get(image.file);
    if (other !== undefined && other !== path.resolve(file))
      throw new ModemlabError('E_CONFIG', `${file} and ${other} have one name`);
    if (!force && whom.by === 'board' && image.board?.toUpperCase() !== whom.board.toUpperCase())
      throw new ModemlabError('E_CONFIG', `${file} is for board ${image.board}, not ${whom.board}`);
    names.set(image.file, path.resolve(file));
    files.publish(image.file, path.resolve(file));
    rules.push({ for: whom, image, ...(force ? { force } : {}) });
  }
  return rules;
}

async function bootImage(file: string, force: boolean): Promise<BootImage> {
  const name = toByteText(path.basename(file));
  if (!fitsFileField(name) || !pathOfName(name).ok)
    throw new ModemlabError('E_CONFIG', `${file}: no loader could ask for this name`);
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new ModemlabError('E_FILE_INVALID', file, { cause });
  });
  const header = readImage(bytes);
  if (!header.ok && !force) throw new ModemlabError('E_FILE_INVALID', `${file}: ${header.error}`);
  const board = header.ok && header.value.board !== '' ? header.value.board : undefined;
  return { file: name, size: bytes.length, ...(board === undefined ? {} : { board }) };
}
