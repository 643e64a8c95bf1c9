/** Object names for AddObject and DeleteObject. */
import { ModemlabError } from '../../protocol/errors.ts';
import type { DeviceStore } from '../store/store.ts';

/**
 * Refuses a name that is not an object's, and an object that the modem reported as read-only.
 * @throws ModemlabError E_TASK_INVALID, or E_PARAMETER_READ_ONLY unless `force`
 */
export async function checkObject(
  store: DeviceStore,
  key: string,
  name: string,
  force: boolean,
): Promise<void> {
  if (!name.endsWith('.'))
    throw new ModemlabError('E_TASK_INVALID', `${name}: an object name ends with a dot`);
  const known = await store.parameter(key, name);
  if (!force && known?.writable === false) throw new ModemlabError('E_PARAMETER_READ_ONLY', name);
}
