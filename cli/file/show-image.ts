/** `modemlab file show-image` */
import { readFile } from 'node:fs/promises';
import { Argument, type Command } from 'commander';
import { describeImage } from '../../protocol/datamodel/firmware-image.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { jsonOption } from '../support/options.ts';
import { writeFields, writeJson } from '../support/table.ts';

const WHY = {
  'not-an-image': 'it does not begin with BLI2',
  truncated: 'it is shorter than its header says',
};

export function addFileShowImage(file: Command, cli: CliContext): void {
  command(file, {
    usage: 'show-image',
    summary: 'tell what the header of a firmware image says',
    arguments: [new Argument('<file>', 'an image: .bli, .bin or .rbi')],
    options: [jsonOption()],
    examples: [['file show-image BANT-R-7.4.1.7.bli', 'for which board it is, and which firmware it holds']],
  }).action(async (name: string, { json }: { readonly json: boolean }) => {
    const image = describeImage(await read(name));
    if (!image.ok) throw new ModemlabError('E_FILE_INVALID', `${name}: ${WHY[image.error]}`);
    const { checksum, intact, ...rest } = image.value;
    if (json) {
      writeJson(cli.io, image.value);
      return;
    }
    writeFields(cli.io, [
      ['board', rest.board || undefined],
      ['firmware', rest.version],
      ['family', rest.family],
      ['product', rest.productName || undefined],
      ['header', `${rest.headerLength} bytes, format ${rest.format}`],
      ['payload', `${rest.payloadLength} bytes`],
      ['check sum', `${checksum.toString(16).padStart(8, '0')}${intact ? '' : ' (not that of the payload)'}`],
      ['made for', rest.simulated ? 'simulated modems' : undefined],
    ]);
  });
}

async function read(name: string): Promise<Buffer> {
  try {
    return await readFile(name);
  } catch (cause) {
    throw new ModemlabError('E_DATA_UNREADABLE', name, { cause });
  }
}
