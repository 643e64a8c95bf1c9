/**
 * What a two-request session (Inform, empty POST, 204) costs the client: the swarm's beside a hand-written
 * loop over node:net, and node:http and undici for comparison, all against the same bare server in one run.
 */
import type { Child } from './child.ts';
import { startChild } from './child.ts';
import type { Figure } from './report.ts';
import { middle } from './report.ts';

/** Sessions of a round. */
const SESSIONS = 2000;
const ROUNDS = 15;
const WARM_UP = 3;
const YARDSTICK = 'net';
/** Each client with what it is called in the table, and the limit of its ratio. */
const CLIENTS = [
  [YARDSTICK, '', undefined],
  ['swarm:st780wl', 'the swarm, st780wl (chunks)', 1.5],
  ['swarm:st585v6', 'the swarm, st585v6', 1.5],
  ['http', 'node:http, for comparison', undefined],
  ['undici', 'undici, for comparison', undefined],
] as const;

export async function clientFigures(): Promise<readonly Figure[]> {
  const bare = await startChild('./child-bare.ts');
  const children = new Map<string, Child>();
  try {
    for (const [kind] of CLIENTS)
      children.set(kind, await startChild('./child-client.ts', [kind, String(bare.port)]));
    const spent = new Map<string, number[]>(CLIENTS.map(([kind]) => [kind, []]));
    // The first rounds are for the compiler. Clients take turns, so that a noisy minute is shared by all.
    for (let round = -WARM_UP; round < ROUNDS; round++) {
      for (const [kind, child] of children) {
        const { cpu } = await child.order({ sessions: SESSIONS });
        if (round >= 0) spent.get(kind)?.push((cpu / SESSIONS) * 1000);
      }
    }
    return figures(spent);
  } finally {
    for (const child of children.values()) await child.stop();
    await bare.stop();
  }
}

/** Each round is compared with the yardstick of the same round; the middle of those ratios counts. */
function figures(spent: ReadonlyMap<string, readonly number[]>): readonly Figure[] {
  const each = (kind: string): readonly number[] => spent.get(kind) ?? [];
  const base = each(YARDSTICK);
  return CLIENTS.filter(([kind]) => kind !== YARDSTICK).map(([kind, title, limit]) => ({
    question: `client of a two-request session: ${title}`,
    baseline: `${middle(base).toFixed(3)} ms of CPU over node:net`,
    own: `${middle(each(kind)).toFixed(3)} ms of CPU`,
    ratio: middle(each(kind).map((cost, round) => cost / (base[round] ?? Number.NaN))),
    limit,
  }));
}
