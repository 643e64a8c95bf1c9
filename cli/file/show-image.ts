/** `modemlab file show-image` */
import { readFile } from 'node:fs/promises';
import { describeImage } from '../../protocol/datamodel/firmware-image.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { writeFields, writeJson } from '../support/table.ts';

const WHY = {
  'not-an-image': 'it does not begin with BLI2',
  truncated: 'it is shorter than its header says',
};

export async function showImage(
  { io }: CliContext,
  name: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const image = describeImage(await read(name));
  if (!image.ok) throw new ModemlabError('E_FILE_INVALID', `${name}: ${WHY[image.error]}`);
  const { checksum, intact, ...rest } = image.value;
  if (json) {
    writeJson(io, image.value);
    return;
  }
  const digits = checksum.toString(16).padStart(8, '0');
  writeFields(io, [
    ['board', rest.board || undefined],
    ['firmware', rest.version],
    ['family', rest.family],
    ['product', rest.productName || undefined],
    ['header', `${rest.headerLength} bytes, format ${rest.format}`],
    ['payload', `${rest.payloadLength} bytes`],
    ['checksum', `${digits}${intact ? '' : ' (does not match the payload)'}`],
    ['made for', rest.simulated ? 'simulated modems' : undefined],
  ]);
}

async function read(name: string): Promise<Buffer> {
  try {
    return await readFile(name);
  } catch (cause) {
    throw new ModemlabError('E_DATA_UNREADABLE', name, { cause });
  }
}
