/** `modemlab device import` */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { DeviceFile } from '../../acs/app/device-file.ts';
import { parseDeviceFile } from '../../acs/app/device-file.ts';
import type { DeviceStore } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { Io } from '../support/io.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

interface ImportOptions extends DataOptions {
  readonly replace: boolean;
}

export function addDeviceImport(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'import <file>',
    summary: 'read a device that "device export" wrote',
    more: 'FILE may be - for standard input. The whole file is checked before anything is written. The data folder is made when there is none.',
    options: [
      dataOption(),
      jsonOption(),
      new Option('--replace', 'when the device is known: forget it, then import').default(false),
    ],
    examples: [
      ['device import modem.json', 'a new device'],
      [
        'device import modem.json --replace --data other',
        'into another data folder, in place of what is there',
      ],
    ],
  }).action(async (file: string, { data, json, replace }: ImportOptions) => {
    const document = parseDeviceFile(await readText(cli.io, file), file);
    await withData(data, async ({ store }) => importInto(store, document, replace), { create: true });
    const { key } = document.device;
    if (json) writeJson(cli.io, { device: key, parameters: document.parameters.length });
    else cli.io.out(`${key}\n`);
  });
}

async function importInto(
  store: DeviceStore,
  { device, parameters }: DeviceFile,
  replace: boolean,
): Promise<void> {
  if (replace) await store.delete(device.key);
  await store.update(device.key, (known) => {
    if (known !== undefined) throw new ModemlabError('E_DEVICE_EXISTS', device.key);
    return device;
  });
  await store.merge(device.key, parameters);
  await store.durable();
}

/** A file's text, or that of standard input for `-`. */
export async function readText(io: Io, file: string): Promise<string> {
  if (file === '-') return io.readInput();
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
}
