/** The commands that queue a task for a device. All have the same last options and print the same answers. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import type { CommandText } from '../support/help.ts';
import { describeCommand, EXAMPLE_DEVICE } from '../support/help.ts';
import type { TaskOptions } from '../support/options.ts';
import {
  dataOption,
  httpUrl,
  jsonOption,
  timeoutOption,
  waitOption,
  wholeNumber,
} from '../support/options.ts';
import type { GetOptions, WriteOptions } from './read-write.ts';
import type { DownloadOptions, UploadOptions } from './transfers.ts';

const MORE =
  'The task is queued in the data folder and carried out at the next contact of the device; no server has ' +
  'to be running now. Prints the id of the task, or with --wait its answer.';

/** What the commands that queue a task have in common. */
export const describeQueueCommand = (command: Command, text: CommandText): Command =>
  describeCommand(command, {
    ...text,
    more: text.more === undefined ? MORE : `${text.more}\n\n${MORE}`,
    options: [...(text.options ?? []), waitOption(), timeoutOption(), dataOption(), jsonOption()],
  });

const parameterKeyOption = (): Option =>
  new Option('--parameter-key <text>', 'the ParameterKey that the device stores').default('');

export function defineGet(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more:
      'A name that ends with a dot is an object: everything below it is read. "device tree" shows what ' +
      'is already known.',
    options: [
      new Option('--attributes', 'read notification and access list instead (GetParameterAttributes)')
        .default(false)
        .conflicts('names'),
      new Option('--names', 'read the names below one object instead (GetParameterNames)').default(false),
    ],
    examples: [
      [
        `get ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.UpTime --wait`,
        'queue one read and wait for the value',
      ],
      [
        `get ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo. InternetGatewayDevice.Time.`,
        'two whole objects',
      ],
      [`get ${EXAMPLE_DEVICE} InternetGatewayDevice. --names`, 'the names of the objects at the first level'],
    ],
  }).action(async (device: string, names: readonly string[], options: GetOptions, self: Command) => {
    if (options.names && names.length > 1) self.error('error: --names takes one name');
    const { get } = await import('./read-write.ts');
    await get(cli, device, names, options);
  });
}

export function defineSet(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more:
      'An assignment is NAME=VALUE or NAME:TYPE=VALUE. Without TYPE, the type is the one that the modem ' +
      "reported, or else the data model's, or else string. TYPE is one of string, int, unsignedInt, long, " +
      'unsignedLong, boolean, dateTime, base64, hexBinary.',
    options: [
      new Option(
        '--force',
        'also set parameters reported as read-only, and values that do not fit the type',
      ).default(false),
      parameterKeyOption(),
    ],
    examples: [
      [
        `set ${EXAMPLE_DEVICE} InternetGatewayDevice.ManagementServer.PeriodicInformInterval=60 --wait`,
        'one value',
      ],
      [
        `set ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.ProvisioningCode:string=LAB.1`,
        'one value with its type',
      ],
    ],
  }).action(async (device: string, assignments: readonly string[], options: WriteOptions) => {
    const { set } = await import('./read-write.ts');
    await set(cli, device, assignments, options);
  });
}

const objectOptions = (): readonly Option[] => [
  new Option('--force', 'also try what the modem reported as not possible').default(false),
  parameterKeyOption(),
];

export function defineAdd(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more: 'OBJECT ends with a dot. The answer contains the number of the new instance.',
    options: objectOptions(),
    examples: [
      [
        `add ${EXAMPLE_DEVICE} InternetGatewayDevice.Layer3Forwarding.Forwarding. --wait`,
        'create a route, and print its number',
      ],
    ],
  }).action(async (device: string, object: string, options: WriteOptions) => {
    const { changeObject } = await import('./read-write.ts');
    await changeObject(cli, 'AddObject', device, object, options);
  });
}

export function defineDelete(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more: 'OBJECT ends with the number of the instance and a dot.',
    options: objectOptions(),
    examples: [
      [
        `delete ${EXAMPLE_DEVICE} InternetGatewayDevice.Layer3Forwarding.Forwarding.2.`,
        'delete the second route',
      ],
    ],
  }).action(async (device: string, object: string, options: WriteOptions) => {
    const { changeObject } = await import('./read-write.ts');
    await changeObject(cli, 'DeleteObject', device, object, options);
  });
}

export function defineReboot(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    examples: [[`reboot ${EXAMPLE_DEVICE} --wait`, 'restart it, and wait until it has accepted the request']],
  }).action(async (device: string, options: TaskOptions) => {
    const { queueTask } = await import('./queue-task.ts');
    // The server puts the task id into CommandKey; the next Inform of the modem repeats it when the restart
    // is done.
    await queueTask(cli, options, device, () => ({ rpc: 'Reboot', args: { CommandKey: '' } }));
  });
}

export function defineFactoryReset(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more: 'The device also forgets the address of this server: make sure that it can find its way back.',
    examples: [
      [`factory-reset ${EXAMPLE_DEVICE} --wait`, 'reset it, and wait until it has accepted the request'],
    ],
  }).action(async (device: string, options: TaskOptions) => {
    const { queueTask } = await import('./queue-task.ts');
    await queueTask(cli, options, device, () => ({ rpc: 'FactoryReset', args: {} }));
  });
}

/** Options of both directions. The file types are those of TR-069a6 A.3.2.8 and A.4.1.5. */
const transferOptions = (type: string): readonly Option[] => [
  new Option('--type <type>', 'the FileType, such as "1 Vendor Configuration File"').default(type),
  new Option('--url <url>', 'the address by which the modem reaches the server').argParser(httpUrl),
  new Option('--username <name>', 'user name for the transfer, if one is needed').default(''),
  new Option('--password <text>', 'password for the transfer').default(''),
  new Option('--delay <seconds>', 'how long the modem waits before it begins')
    .argParser(wholeNumber(0, 4294967295))
    .default(0),
];

export function defineDownload(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more:
      'FILE is a file, which is copied to files/ in the data folder and offered there by the server; or ' +
      'an http, https or ftp URL, which the modem is given unchanged. The task ends when the modem ' +
      'reports that the transfer is complete.',
    options: [
      ...transferOptions('1 Firmware Upgrade Image'),
      new Option('--target <name>', 'the TargetFileName on the device').default(''),
    ],
    examples: [
      [`download ${EXAMPLE_DEVICE} firmware.bli`, 'new firmware'],
      [
        `download ${EXAMPLE_DEVICE} user.ini --type "3 Vendor Configuration File" --wait`,
        'a configuration; wait until it has been applied',
      ],
      [`download ${EXAMPLE_DEVICE} http://localhost:8080/firmware.bli`, 'from another server'],
    ],
  }).action(async (device: string, file: string, options: DownloadOptions) => {
    const { download } = await import('./transfers.ts');
    await download(cli, device, file, options);
  });
}

export function defineUpload(command: Command, cli: CliContext): void {
  describeQueueCommand(command, {
    more:
      'The server accepts the file once, as files/received/NAME in the data folder. The task ends when ' +
      'the modem reports that the transfer is complete.',
    options: [
      ...transferOptions('1 Vendor Configuration File'),
      new Option('--name <name>', 'name of the received file; by default made from the device and the time'),
      new Option('--to <url>', 'send it to this URL instead').conflicts(['name', 'url']),
    ],
    examples: [
      [
        `upload ${EXAMPLE_DEVICE}`,
        'its configuration; many modems do not support this, and the task then fails with 9000',
      ],
      [`upload ${EXAMPLE_DEVICE} --type "2 Vendor Log File" --name modem.log`, 'its log, under this name'],
    ],
  }).action(async (device: string, options: UploadOptions) => {
    const { upload } = await import('./transfers.ts');
    await upload(cli, device, options);
  });
}
