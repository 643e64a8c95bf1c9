/** Names of objects for `add` and `delete`. */
import { Option } from 'commander';
import type { DeviceStore } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { TaskOptions } from '../support/options.ts';

export interface ObjectOptions extends TaskOptions {
  readonly force: boolean;
  readonly parameterKey: string;
}

export const objectOptions = (): readonly Option[] => [
  new Option('--force', 'also where the modem said that it cannot be done').default(false),
  new Option('--parameter-key <text>', 'the ParameterKey that the device keeps').default(''),
];

/**
 * Refuses what is no name of an object, and what the modem called read-only.
 * @throws ModemlabError E_TASK_INVALID, or E_PARAMETER_READ_ONLY unless `force`
 */
export async function checkObject(
  store: DeviceStore,
  key: string,
  name: string,
  force: boolean,
): Promise<void> {
  if (!name.endsWith('.'))
    throw new ModemlabError('E_TASK_INVALID', `${name}: the name of an object ends with a dot`);
  const known = await store.parameter(key, name);
  if (!force && known?.writable === false) throw new ModemlabError('E_PARAMETER_READ_ONLY', name);
}
