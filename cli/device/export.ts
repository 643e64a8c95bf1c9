/** `modemlab device export` */
import { writeFile } from 'node:fs/promises';
import { withData } from '../../acs/app/data.ts';
import { exportDevice } from '../../acs/app/devices.ts';
import { counted } from '../../protocol/counted.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { writeJson } from '../support/table.ts';

export interface ExportOptions {
  readonly data: string;
  readonly out?: string;
}

export async function exportTo(
  { io }: CliContext,
  name: string,
  { data, out }: ExportOptions,
): Promise<void> {
  const document = await withData(data, ({ store }) => exportDevice(store, name));
  if (out === undefined) {
    writeJson(io, document);
    return;
  }
  try {
    await writeFile(out, `${JSON.stringify(document, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${out}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  io.err(`${counted(document.parameters.length, 'parameter')} written to ${out}\n`);
}
