/**
 * What a two-request session (Inform, empty POST, 204) costs the client: the swarm's beside a hand-written loop over
 * node:net, and node:http and undici for comparison, all against the same bare server in one run.
 */
import type { Child } from './child.ts';
import { startChild } from './child.ts';
import type { Figure } from './report.ts';

const SESSIONS = 4000;
const ROUNDS = 5;
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
    const best = new Map<string, number>();
    // The first round is for the compiler. Clients take turns, so that a noisy minute is shared by all.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [kind, child] of children) {
        const { cpu } = await child.order({ sessions: SESSIONS });
        if (round > 0) best.set(kind, Math.min(best.get(kind) ?? Number.POSITIVE_INFINITY, cpu));
      }
    }
    return figures(best);
  } finally {
    for (const child of children.values()) await child.stop();
    await bare.stop();
  }
}

function figures(best: ReadonlyMap<string, number>): readonly Figure[] {
  const each = (kind: string): number => ((best.get(kind) ?? Number.NaN) / SESSIONS) * 1000;
  const base = each(YARDSTICK);
  return CLIENTS.filter(([kind]) => kind !== YARDSTICK).map(([kind, title, limit]) => ({
    question: `client of a two-request session: ${title}`,
    baseline: `${base.toFixed(3)} ms of CPU over node:net`,
    own: `${each(kind).toFixed(3)} ms of CPU`,
    ratio: each(kind) / base,
    limit,
  }));
}
