/** `modemlab device tree` */
import { withData } from '../../acs/app/data.ts';
import { readTree } from '../../acs/app/devices.ts';
import type { Parameter } from '../../acs/index.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { DataOptions } from '../support/options.ts';
import { EXIT } from '../support/report.ts';
import type { Column } from '../support/table.ts';
import { safe, shortTime, writeJson, writeTable } from '../support/table.ts';

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

export interface TreeOptions extends DataOptions {
  readonly attributes: boolean;
  readonly writable: boolean;
}

export async function tree(
  cli: CliContext,
  name: string,
  prefix: string | undefined,
  { attributes, data, json, writable }: TreeOptions,
): Promise<void> {
  const parameters = await withData(data, ({ store }) => readTree(store, name, { prefix, writable }));
  if (json) writeJson(cli.io, parameters);
  else if (parameters.length > 0)
    writeTable(cli.io, attributes ? [...COLUMNS, ...ATTRIBUTES] : COLUMNS, parameters);
  else if (prefix === undefined) cli.io.err('no parameters of this device are known\n');
  else cli.io.err(`no parameters are known below ${safe(prefix)}\n`);
  if (parameters.length === 0 && prefix !== undefined) cli.exitCode = EXIT.failed;
}
