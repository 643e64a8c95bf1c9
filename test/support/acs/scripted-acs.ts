/** A scripted ACS that is stopped with the test. */
import type { Test } from 'tap';
import type { ListeningAcs, StartOptions } from '../../../peers/acs.ts';
import { startScriptedAcs } from '../../../peers/acs.ts';

export async function scriptedAcs(t: Test, options: StartOptions = {}): Promise<ListeningAcs> {
  const acs = await startScriptedAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}
