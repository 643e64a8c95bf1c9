/** `modemlab device list` */
import type { Command } from 'commander';
import type { DeviceRecord } from '../../acs/store/store.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import type { Column } from '../support/table.ts';
import { shortTime, writeJson, writeTable } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

const COLUMNS: readonly Column<DeviceRecord>[] = [
  { title: 'DEVICE', cell: ({ key }) => key },
  { title: 'SERIAL', cell: ({ deviceId }) => deviceId.SerialNumber },
  { title: 'MODEL', cell: ({ deviceId }) => deviceId.ProductClass },
  { title: 'FIRMWARE', cell: ({ softwareVersion }) => softwareVersion },
  { title: 'ADDRESS', cell: ({ address }) => address },
  { title: 'LAST CONTACT', cell: ({ lastContact }) => shortTime(lastContact) },
  { title: 'NAMES', cell: ({ discovery }) => discovery.names, align: 'right' },
  { title: 'VALUES', cell: ({ discovery }) => discovery.values, align: 'right' },
  { title: 'TREE', cell: ({ discovery }) => discovery.state },
];

export function addDeviceList(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'list',
    summary: 'list all devices that are known',
    options: [dataOption(), jsonOption()],
    examples: [
      ['device list', 'every device with its firmware, its last contact, and how far its tree is known'],
      ['device list --json', 'the same for programs: a list of device records'],
    ],
  }).action(async ({ data, json }: DataOptions) => {
    const records = await withData(data, async ({ store }) => {
      const found: DeviceRecord[] = [];
      for await (const record of store.list()) found.push(record);
      return found;
    });
    if (json) writeJson(cli.io, records);
    else if (records.length === 0) cli.io.err(`no device has been in contact yet (${data})\n`);
    else writeTable(cli.io, COLUMNS, records);
  });
}
