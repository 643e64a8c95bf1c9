/** `modemlab device show` */
import type { Command } from 'commander';
import { findDevice } from '../../acs/device-key.ts';
import { modelOf, ReplyStyles } from '../../acs/session/reply-style.ts';
import type { DeviceRecord, Learned } from '../../acs/store/store.ts';
import { quirk } from '../../protocol/quirks.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_DEVICE } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { shortTime, writeFields, writeJson, writeTable } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

export function addDeviceShow(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'show <device>',
    summary: 'show what is known of one device',
    more: 'DEVICE is the key that "device list" prints, or the serial number alone when only one device has it.',
    options: [dataOption(), jsonOption()],
    examples: [
      [
        `device show ${EXAMPLE_DEVICE}`,
        'identity, contacts, first contact, what was learnt of its model, quirks met',
      ],
      [`device show ${EXAMPLE_DEVICE} --json`, 'the same for programs'],
    ],
  }).action(async (name: string, { data, json }: DataOptions) => {
    const { record, learned } = await withData(data, async ({ store }) => {
      const record = await findDevice(store, name);
      return { record, learned: await store.learned(modelOf(record.deviceId, record.softwareVersion)) };
    });
    if (json) writeJson(cli.io, { ...record, learned: learned ?? null });
    else show(cli, record, learned);
  });
}

function show({ io }: CliContext, record: DeviceRecord, learned: Learned | undefined): void {
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
    ['informs', record.informs],
    ['last events', lastInform.events.join(', ')],
    ['its clock', lastInform.currentTime],
    ['retry count', lastInform.retryCount],
    ['tree', describeDiscovery(record)],
    ['tree done', shortTime(discovery.doneAt)],
    ['reply style', learned === undefined ? undefined : describeStyle(learned)],
    ['names at once', learned?.batch],
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
  return `${state}: ${names} names, ${values} values${of}`;
}

function describeStyle({ replyStyle, proven }: Learned): string {
  return `${ReplyStyles.at(replyStyle).name}${proven ? '' : ', not proved yet'}`;
}
