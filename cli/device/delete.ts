/** `modemlab device delete` */
import type { Command } from 'commander';
import { findDevice } from '../../acs/device-key.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_DEVICE } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

export function addDeviceDelete(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'delete <device>',
    summary: 'forget a device and its tree',
    more: 'Its tasks stay. When the modem calls again it is a new device, and its tree is read anew.',
    options: [dataOption(), jsonOption()],
    examples: [[`device delete ${EXAMPLE_DEVICE}`, 'forget the device with this serial number']],
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
