/** `modemlab device delete` */
import type { Command } from 'commander';
import { findDevice } from '../acs/device-key.ts';
import { A_DEVICE, command } from './help.ts';
import type { DataOptions } from './options.ts';
import { dataOption, jsonOption } from './options.ts';
import type { Cli } from './shell.ts';
import { writeJson } from './table.ts';
import { withData } from './with-data.ts';

export function addDeviceDelete(device: Command, cli: Cli): void {
  command(device, {
    usage: 'delete <device>',
    summary: 'forget a device and its tree',
    more: 'Its tasks stay. When the modem calls again it is a new device, and its tree is read anew.',
    options: [dataOption(), jsonOption()],
    examples: [[`device delete ${A_DEVICE}`, 'forget the device with this serial number']],
  }).action(async (name: string, { data, json }: DataOptions) => {
    const key = await withData(data, async ({ store }) => {
      const record = await findDevice(store, name);
      await store.delete(record.key);
      await store.durable();
      return record.key;
    });
    if (json) writeJson(cli.io, { deleted: key });
    else cli.io.out(`${key} is forgotten\n`);
  });
}
