/** `modemlab device list` */
import { withData } from '../../acs/app/data.ts';
import { listDevices } from '../../acs/app/devices.ts';
import type { DeviceRecord } from '../../acs/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { DataOptions } from '../support/options.ts';
import type { Column } from '../support/table.ts';
import { shortTime, writeJson, writeTable } from '../support/table.ts';

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

export async function list({ io }: CliContext, { data, json }: DataOptions): Promise<void> {
  const records = await withData(data, ({ store }) => listDevices(store));
  if (json) writeJson(io, records);
  else if (records.length === 0) io.err(`no device has made contact yet (${data})\n`);
  else writeTable(io, COLUMNS, records);
}
