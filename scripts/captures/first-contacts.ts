/** The first contact of a modem of each Thomson profile with the ACS of this project. */
import { listProfiles, loadProfile } from '../../simulator/index.ts';
import { type Entry, PLAIN_ACS } from './entry.ts';
import { playAcs, playModem } from './session.ts';
import { withSmallTree } from './small-tree.ts';
import { openStage } from './stage.ts';

/** What is left whole of a tree of up to 3,600 parameters. */
const KEPT = /^(DeviceInfo|ManagementServer|Time|UserInterface|Layer3Forwarding)$/;

export const firstContacts = (): readonly Entry[] =>
  listProfiles()
    .filter(({ name }) => !name.startsWith('generic-'))
    .map(({ name, title }) => ({
      name: `first-contact/${name}`,
      title: `First contact: ${title}`,
      shows: [
        'A modem out of the factory boots and calls its ACS for the first time, with `0 BOOTSTRAP` and',
        '`1 BOOT`. The ACS asks for its methods, the names of its parameters and their values; then it has',
        `nothing more to ask, and the session ends. The modem is the profile \`${name}\`, and writes each`,
        'message as that model does. To keep the file small, its tree is cut down to DeviceInfo,',
        'ManagementServer, Time, UserInterface, Layer3Forwarding and the parameters in its Inform.',
      ].join('\n'),
      acs: PLAIN_ACS,
      make: () => firstContact(name),
    }));

async function firstContact(name: string): Promise<Buffer> {
  const stage = openStage({ seed: name });
  const acs = await playAcs(stage);
  const modem = playModem(stage, { profile: withSmallTree(loadProfile(name), KEPT) });
  modem.start();
  const [{ ok, why }] = await modem.next('session-ended');
  if (!ok) throw new Error(`${name}: the session ended with ${why}`);
  await modem.stop();
  await acs.stop();
  return stage.bytes();
}
