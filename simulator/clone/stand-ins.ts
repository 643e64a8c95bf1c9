/** The clones that answer in a replay what its recording does not tell. */
import { ModemlabError } from '../../protocol/errors.ts';
import { Device } from '../device.ts';
import type { Recording } from '../replay/recording.ts';
import type { StandIns } from '../replay/stand-in.ts';
import { cloneOf } from './clone.ts';
import { latestOf } from './evidence.ts';
import { createWitness } from './witness.ts';

/** `acs`: what a clone tells as ManagementServer.URL; `now`: milliseconds since 1970. */
export function cloneStandIns(recording: Recording, acs: string, now: () => number): StandIns {
  return (device) => {
    try {
      const witness = createWitness(device);
      witness.begin();
      for (const { session, turns } of recording.sessions)
        for (const { request, response } of session.device === device ? turns : []) {
          witness.take(request);
          if (response !== undefined) witness.take(response);
        }
      witness.end();
      const evidence = latestOf(witness.seen);
      if (evidence === undefined) return { from: 'nobody', note: undefined };
      const { profile, tree } = cloneOf(evidence, device);
      const few = `the clone of ${device} has only the parameters that were told: GetParameterNames was not answered`;
      const note = tree.listed ? undefined : few;
      return { from: 'clone', device: new Device({ profile, acs, now }), note };
    } catch (error) {
      if (!(error instanceof ModemlabError)) throw error;
      return { from: 'nobody', note: `the capture is not enough for a clone: ${error.message}` };
    }
  };
}
