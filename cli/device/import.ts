/** `modemlab device import` */
import { readFile } from 'node:fs/promises';
import { withData } from '../../acs/app/data.ts';
import { parseDeviceFile } from '../../acs/app/device-file.ts';
import { importDevice } from '../../acs/app/devices.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import type { DataOptions } from '../support/options.ts';
import { writeJson } from '../support/table.ts';

export interface ImportOptions extends DataOptions {
  readonly replace: boolean;
}

export async function importFrom(
  { io }: CliContext,
  file: string,
  { data, json, replace }: ImportOptions,
): Promise<void> {
  const document = parseDeviceFile(await readText(io, file), file);
  await withData(data, ({ store }) => importDevice(store, document, replace), { create: true });
  const { key } = document.device;
  if (json) writeJson(io, { device: key, parameters: document.parameters.length });
  else io.out(`${key}\n`);
}

/** A file's text, or that of standard input for `-`. */
async function readText(io: Io, file: string): Promise<string> {
  if (file === '-') return io.readInput();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}
