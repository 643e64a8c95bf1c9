/** `modemlab device show` */
import { withData } from '../../acs/app/data.ts';
import type { KnownDevice } from '../../acs/app/devices.ts';
import { readDevice, replyStyleName } from '../../acs/app/devices.ts';
import type { DeviceRecord, Learned } from '../../acs/index.ts';
import { counted } from '../../protocol/counted.ts';
import { quirk } from '../../protocol/quirks.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Io } from '../support/io.ts';
import type { DataOptions } from '../support/options.ts';
import { shortTime, writeFields, writeJson, writeTable } from '../support/table.ts';

export async function show({ io }: CliContext, name: string, { data, json }: DataOptions): Promise<void> {
  const device = await withData(data, ({ store }) => readDevice(store, name));
  if (json) writeJson(io, { ...device.record, learned: device.learned ?? null });
  else writeDevice(io, device);
}

function writeDevice(io: Io, { record, learned }: KnownDevice): void {
  const { deviceId, lastInform, discovery } = record;
  writeFields(io, [
    ['device', record.key],
    ['manufacturer', deviceId.Manufacturer],
    ['OUI', deviceId.OUI],
    ['product class', deviceId.ProductClass],
    ['serial number', deviceId.SerialNumber],
    ['firmware', record.softwareVersion],
    ['address', record.address],
    ['namespace', record.namespace],
    ['first contact', shortTime(record.firstContact)],
    ['last contact', shortTime(record.lastContact)],
    ['Informs', record.informs],
    ['last events', lastInform.events.join(', ')],
    ['device clock', lastInform.currentTime],
    ['retry count', lastInform.retryCount],
    ['tree', describeDiscovery(record)],
    ['tree completed', shortTime(discovery.doneAt)],
    ['reply style', learned === undefined ? undefined : describeStyle(learned)],
    ['names per request', learned?.batch],
    ['whole tree at once', learned?.wholeTree === undefined ? undefined : learned.wholeTree ? 'yes' : 'no'],
    ['methods', record.methods?.join(', ')],
  ]);
  const quirks = Object.entries(record.quirks).map(([id, times]) => ({ id, times: Number(times ?? 0) }));
  if (quirks.length === 0) return;
  io.out('\n');
  writeTable(
    io,
    [
      { title: 'QUIRK', cell: ({ id }) => id },
      { title: 'TIMES', cell: ({ times }) => times, align: 'right' },
      { title: 'WHAT', cell: ({ id }) => quirk(id)?.title ?? '' },
    ],
    quirks,
  );
}

function describeDiscovery({ discovery, softwareVersion }: DeviceRecord): string {
  const { state, names, values, firmware } = discovery;
  const of = firmware === softwareVersion || firmware === '' ? '' : `, for firmware ${firmware}`;
  return `${state}: ${counted(names, 'name')}, ${counted(values, 'value')}${of}`;
}

function describeStyle(learned: Learned): string {
  return `${replyStyleName(learned)}${learned.proven ? '' : ', not proven yet'}`;
}
