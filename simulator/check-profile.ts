/** A profile is checked as a whole when its first modem is made. */
import { ModemlabError } from '../protocol/errors.ts';
import type { Device } from './device/device.ts';
import type { Profile } from './profile/profile.ts';
import { CANNOT_ACT } from './quirks/table.ts';

/** Profiles of which every value was computed once: a rule that fails is reported before a modem runs. */
const checked = new WeakSet<Profile>();

/** Throws ModemlabError E_FILE_INVALID. */
export function checkProfile(device: Device): void {
  const { profile, tree } = device;
  if (checked.has(profile)) return;
  for (const leaf of tree.leaves(tree.root())) device.parameter(leaf);
  if (device.informParameters().length !== profile.inform.parameters.length)
    throw new ModemlabError(
      'E_FILE_INVALID',
      `${profile.name}: inform names a parameter that is not in the tree`,
    );
  const cannot = profile.quirks.find((id) => CANNOT_ACT.has(id));
  if (cannot !== undefined)
    throw new ModemlabError(
      'E_FILE_INVALID',
      `${profile.name}: quirks: no modem can have ${cannot}: ${CANNOT_ACT.get(cannot)}`,
    );
  checked.add(profile);
}
