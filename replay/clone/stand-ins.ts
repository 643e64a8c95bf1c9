/** Clones that answer in a replay what its recording does not show. */
import { ModemlabError } from '../../protocol/errors.ts';
import { Device } from '../../simulator/device/device.ts';
import type { Recording } from '../recording.ts';
import type { StandIns } from '../stand-in.ts';
import { cloneOf } from './clone.ts';
import type { Evidence } from './evidence.ts';
import { latestOf } from './evidence.ts';
import { createObservationCollector } from './observation-collector.ts';

/** What a recording shows of a device, by its key; `undefined`: nothing. */
export function evidenceIn({ sessions }: Recording, device: string): Evidence | undefined {
  const witness = createObservationCollector(device);
  witness.begin();
  for (const { session, exchanges } of sessions)
    for (const { request, response } of session.device === device ? exchanges : []) {
      witness.take(request);
      if (response !== undefined) witness.take(response);
    }
  witness.end();
  return latestOf(witness.seen);
}

/** `acs`: the ManagementServer.URL of clones; `now`: milliseconds since 1970. */
export function cloneStandIns(recording: Recording, acs: string, now: () => number): StandIns {
  return (device) => {
    try {
      const evidence = evidenceIn(recording, device);
      if (evidence === undefined) return { from: 'nobody', note: undefined };
      const { profile, tree } = cloneOf(evidence, device);
      const few = `the clone of ${device} has only the parameters that the capture shows`;
      const note = tree.listed ? undefined : `${few}: GetParameterNames was not answered`;
      return { from: 'clone', device: new Device({ profile, acs, now }), note };
    } catch (error) {
      if (!(error instanceof ModemlabError)) throw error;
      return { from: 'nobody', note: `the capture is not enough for a clone: ${error.message}` };
    }
  };
}
