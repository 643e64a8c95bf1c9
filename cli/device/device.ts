/** `modemlab device`: the known devices. */
import type { Command } from 'commander';
import { Option } from 'commander';
import type { CliContext } from '../support/cli-context.ts';
import { describeGroup, EXAMPLE_DEVICE, subcommand } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import type { ExportOptions } from './export.ts';
import type { ImportOptions } from './import.ts';
import type { TreeOptions } from './tree.ts';

export function defineDevice(device: Command, cli: CliContext): void {
  describeGroup(device);
  defineList(device, cli);
  defineShow(device, cli);
  defineTree(device, cli);
  defineExport(device, cli);
  defineImport(device, cli);
  defineDelete(device, cli);
}

function defineList(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'list',
    summary: 'list all known devices',
    options: [dataOption(), jsonOption()],
    examples: [
      ['device list', 'every device with its firmware, last contact, and how much of its tree is known'],
      ['device list --json', 'the same for programs: a list of device records'],
    ],
  }).action(async (options: DataOptions) => {
    const { list } = await import('./list.ts');
    await list(cli, options);
  });
}

function defineShow(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'show <device>',
    summary: 'show what is known about one device',
    more: 'DEVICE is the key that "device list" prints, or the serial number if only one device has it.',
    options: [dataOption(), jsonOption()],
    examples: [
      [
        `device show ${EXAMPLE_DEVICE}`,
        'identity, contacts, state of its tree, what was learned about its model, quirks seen',
      ],
      [`device show ${EXAMPLE_DEVICE} --json`, 'the same for programs'],
    ],
  }).action(async (name: string, options: DataOptions) => {
    const { show } = await import('./show.ts');
    await show(cli, name, options);
  });
}

function defineTree(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'tree <device> [prefix]',
    summary: 'print the known part of the parameter tree of a device',
    more: 'With PREFIX, only names that start with it are printed.',
    options: [
      dataOption(),
      jsonOption(),
      new Option('--writable', 'only parameters that can be written').default(false),
      new Option('--attributes', 'also show notification, access list, and when each value was read').default(
        false,
      ),
    ],
    examples: [
      [`device tree ${EXAMPLE_DEVICE}`, 'the whole tree'],
      [`device tree ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.`, 'one object of it'],
      [`device tree ${EXAMPLE_DEVICE} --writable --json`, 'everything that can be written, for programs'],
    ],
  }).action(async (name: string, prefix: string | undefined, options: TreeOptions) => {
    const { tree } = await import('./tree.ts');
    await tree(cli, name, prefix, options);
  });
}

function defineExport(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'export <device>',
    summary: 'export everything known about a device as one JSON document',
    more:
      'The document holds the device and its tree, and can be read by "device import". It may contain ' +
      'secrets of the modem.',
    options: [
      dataOption(),
      new Option('--out <file>', 'write to this new file instead of standard output'),
      new Option('--json', 'has no effect: the output is always one JSON document').default(false),
    ],
    examples: [
      [`device export ${EXAMPLE_DEVICE} --out modem.json`, 'to a new file'],
      [`device export ${EXAMPLE_DEVICE}`, 'to standard output'],
    ],
  }).action(async (name: string, options: ExportOptions) => {
    const run = await import('./export.ts');
    await run.exportTo(cli, name, options);
  });
}

function defineImport(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'import <file>',
    summary: 'import a device that "device export" wrote',
    more:
      'FILE may be - for standard input. The whole file is checked before anything is written. The data ' +
      'folder is created if it does not exist.',
    options: [
      dataOption(),
      jsonOption(),
      new Option('--replace', 'if the device is already known, delete it first').default(false),
    ],
    examples: [
      ['device import modem.json', 'a new device'],
      [
        'device import modem.json --replace --data other',
        'into another data folder, replacing the device there',
      ],
    ],
  }).action(async (file: string, options: ImportOptions) => {
    const run = await import('./import.ts');
    await run.importFrom(cli, file, options);
  });
}

function defineDelete(device: Command, cli: CliContext): void {
  subcommand(device, {
    usage: 'delete <device>',
    summary: 'delete a device and its tree from the data folder',
    more:
      'Its tasks stay. When the modem makes contact again, it is a new device ' +
      'and its tree is read again.',
    options: [dataOption(), jsonOption()],
    examples: [[`device delete ${EXAMPLE_DEVICE}`, 'delete the device with this serial number']],
  }).action(async (name: string, options: DataOptions) => {
    const run = await import('./delete.ts');
    await run.deleteFrom(cli, name, options);
  });
}
