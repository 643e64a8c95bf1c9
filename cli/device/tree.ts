/** `modemlab device tree` */
import type { Command } from 'commander';
import { Option } from 'commander';
import { findDevice } from '../../acs/device-key.ts';
import type { Parameter } from '../../acs/store/store.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_DEVICE } from '../support/help.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, jsonOption } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import type { Column } from '../support/table.ts';
import { safe, shortTime, writeJson, writeTable } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

const NOTIFICATIONS: readonly string[] = ['off', 'passive', 'active'];

const COLUMNS: readonly Column<Parameter>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'RW', cell: ({ writable }) => (writable === undefined ? '?' : writable ? 'rw' : 'r') },
  { title: 'TYPE', cell: ({ type }) => type },
  { title: 'VALUE', cell: ({ value }) => value },
];

const ATTRIBUTES: readonly Column<Parameter>[] = [
  {
    title: 'NOTIFICATION',
    cell: ({ notification }) =>
      notification === undefined ? '' : (NOTIFICATIONS[notification] ?? notification),
  },
  { title: 'ACCESS', cell: ({ accessList }) => accessList?.join(', ') },
  { title: 'READ', cell: ({ readAt }) => shortTime(readAt) },
];

interface TreeOptions extends DataOptions {
  readonly attributes: boolean;
  readonly writable: boolean;
}

export function addDeviceTree(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'tree <device> [prefix]',
    summary: 'print the parameter tree of a device, as far as it is known',
    more: 'PREFIX is the beginning of a name: only what begins so is printed.',
    options: [
      dataOption(),
      jsonOption(),
      new Option('--writable', 'only what can be written').default(false),
      new Option('--attributes', 'with notification, access list, and when the value was read').default(
        false,
      ),
    ],
    examples: [
      [`device tree ${EXAMPLE_DEVICE}`, 'the whole tree'],
      [`device tree ${EXAMPLE_DEVICE} InternetGatewayDevice.DeviceInfo.`, 'one object of it'],
      [`device tree ${EXAMPLE_DEVICE} --writable --json`, 'all that can be written, for programs'],
    ],
  }).action(async (name: string, prefix: string | undefined, options: TreeOptions) => {
    const parameters = await withData(options.data, async ({ store }) => {
      const record = await findDevice(store, name);
      const found: Parameter[] = [];
      for await (const parameter of store.tree(record.key, prefix)) {
        if (!options.writable || parameter.writable === true) found.push(parameter);
      }
      return found;
    });
    if (options.json) writeJson(cli.io, parameters);
    else if (parameters.length > 0)
      writeTable(cli.io, options.attributes ? [...COLUMNS, ...ATTRIBUTES] : COLUMNS, parameters);
    else cli.io.err(`nothing is known below ${prefix === undefined ? 'this device' : safe(prefix)}\n`);
    if (parameters.length === 0 && prefix !== undefined) cli.exitCode = EXIT.failed;
  });
}
