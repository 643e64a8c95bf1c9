/** `modemlab device delete` */
import { withData } from '../../acs/app/data.ts';
import { deleteDevice } from '../../acs/app/devices.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { DataOptions } from '../support/options.ts';
import { writeJson } from '../support/table.ts';

export async function deleteFrom(
  { io }: CliContext,
  name: string,
  { data, json }: DataOptions,
): Promise<void> {
  const key = await withData(data, ({ store }) => deleteDevice(store, name));
  if (json) writeJson(io, { deleted: key });
  else io.out(`${key} deleted\n`);
}
