/** Twenty modems that boot at once. */
import type { Modem } from '../../simulator/index.ts';
import { loadProfile } from '../../simulator/index.ts';
import { type Entry, PLAIN_ACS } from './entry.ts';
import { playAcs, playModem } from './session.ts';
import { withSmallTree } from './small-tree.ts';
import { openStage } from './stage.ts';

const COUNT = 20;
const PROFILES = ['st585v6', 'st780wl', 'st516v6', 'tg585v7'];

export const bootStorm: Entry = {
  name: 'boot-storm',
  title: `Boot storm of ${COUNT} modems`,
  shows: [
    `Power returns to a street: ${COUNT} modems of ${PROFILES.length} models, none of which the ACS has seen`,
    'before, boot at once, and their sessions overlap. Each has a connection of its own; the messages of one',
    'session stand between those of the others, as `modemlab capture show --session N` takes them apart.',
    'Their trees are cut down.',
  ].join('\n'),
  acs: PLAIN_ACS,
  make: async () => {
    const stage = openStage({ seed: 'boot-storm', overlapMs: 60_000 });
    const acs = await playAcs(stage);
    const profiles = PROFILES.map((name) =>
      withSmallTree(loadProfile(name), /^(DeviceInfo|ManagementServer)$/),
    );
    const modems: Modem[] = [];
    for (let index = 0; index < COUNT; index++) {
      const profile = profiles[index % profiles.length];
      if (profile !== undefined) modems.push(playModem(stage, { profile, index, bootSeconds: 20 }));
    }
    const ended = modems.map((modem) => modem.next('session-ended', { where: ({ ok }) => ok }));
    for (const modem of modems) modem.start();
    await Promise.all(ended);
    for (const modem of modems) await modem.stop();
    await acs.stop();
    return stage.bytes();
  },
};
