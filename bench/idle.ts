/** Resident memory of a hundred thousand modems of one process that wait for their next periodic inform. */
import { Device } from '../simulator/device/device.ts';
import { loadProfile } from '../simulator/index.ts';
import { startChild } from './child.ts';
import type { Figure } from './report.ts';

const MODEMS = 100_000;
const LIMIT_KIB = 4;
const PROFILES = ['st780v74', 'st780wl'];

export async function idleFigures(): Promise<readonly Figure[]> {
  const figures: Figure[] = [];
  for (const profile of PROFILES) figures.push(await idle(profile));
  return figures;
}

async function idle(profile: string): Promise<Figure> {
  const bare = await startChild('./child-bare.ts');
  const child = await startChild('./child-idle.ts', [profile, String(bare.port)], ['--expose-gc']);
  try {
    // The first modem loads the profile and the code and fills the pools of the process.
    const { rss: before } = await child.order({ sessions: 1 });
    const { rss: after } = await child.order({ sessions: MODEMS });
    const kib = (after - before) / MODEMS / 1024;
    const mib = (bytes: number): string => `${Math.round(bytes / 1024 / 1024)} MiB`;
    const [modems, each] = [MODEMS, parameters(profile)].map((count) => count.toLocaleString('en'));
    return {
      question: `resident memory of ${modems} idle modems of ${each} parameters (${profile})`,
      baseline: `${mib(before)} with one`,
      own: `${mib(after)} (${kib.toFixed(2)} KiB a modem)`,
      ratio: undefined,
      limit: LIMIT_KIB,
      kept: kib <= LIMIT_KIB,
    };
  } finally {
    await child.stop();
    await bare.stop();
  }
}

function parameters(name: string): number {
  const { tree } = new Device({ profile: loadProfile(name), acs: 'http://127.0.0.1/', now: Date.now });
  return [...tree.leaves(tree.root())].length;
}
