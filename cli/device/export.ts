/** `modemlab device export` */
import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { deviceFile } from '../../acs/app/device-file.ts';
import { findDevice } from '../../acs/device-key.ts';
import type { Parameter } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command, EXAMPLE_DEVICE } from '../support/help.ts';
import { dataOption } from '../support/options.ts';
import { writeJson } from '../support/table.ts';
import { withData } from '../support/with-data.ts';

interface ExportOptions {
  readonly data: string;
  readonly out?: string;
}

export function addDeviceExport(device: Command, cli: CliContext): void {
  command(device, {
    usage: 'export <device>',
    summary: 'write all that is known of a device as one JSON document',
    more: 'The document holds the device and its tree; "device import" reads it. It may hold secrets of the modem.',
    options: [
      dataOption(),
      new Option(
        '--out <file>',
        'write into this file, which must not be there yet, instead of standard output',
      ),
      new Option('--json', 'as always: it is one JSON document').default(false),
    ],
    examples: [
      [`device export ${EXAMPLE_DEVICE} --out modem.json`, 'into a new file'],
      [`device export ${EXAMPLE_DEVICE}`, 'to standard output'],
    ],
  }).action(async (name: string, { data, out }: ExportOptions) => {
    const document = await withData(data, async ({ store }) => {
      const record = await findDevice(store, name);
      const parameters: Parameter[] = [];
      for await (const parameter of store.tree(record.key)) parameters.push(parameter);
      return deviceFile(record, parameters);
    });
    if (out === undefined) return writeJson(cli.io, document);
    try {
      await writeFile(out, `${JSON.stringify(document, null, 2)}\n`, { flag: 'wx' });
    } catch (error) {
      throw new ModemlabError('E_FILE_INVALID', `${out}: ${error instanceof Error ? error.message : ''}`, {
        cause: error,
      });
    }
    cli.io.err(`${document.parameters.length} parameters are in ${out}\n`);
  });
}
