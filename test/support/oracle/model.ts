/** What the model-based suites share: replaying a failure, and telling which transitions were reached. */
import type { CommandsContraints, IProperty, Parameters } from 'fast-check';
import fc from 'fast-check';
import type { Test } from 'tap';
import { SEED, sized } from '../seed.ts';

/**
 * MODEMLAB_PATH and MODEMLAB_REPLAY are the `path` and `replayPath` that a failure prints; MODEMLAB_SEED its
 * seed.
 */
const { MODEMLAB_PATH, MODEMLAB_REPLAY } = process.env;

/** Options of fc.commands. */
export const commandOptions = (maxCommands: number): CommandsContraints => ({
  maxCommands,
  size: 'max',
  ...(MODEMLAB_REPLAY === undefined ? {} : { replayPath: MODEMLAB_REPLAY }),
});

/** Options of fc.assert beside seed and number of runs. */
const replay = <T>(): Parameters<T> => (MODEMLAB_PATH === undefined ? {} : { path: MODEMLAB_PATH });

/** A replayed failure is one run, which reaches little. */
const isReplay = MODEMLAB_PATH !== undefined || MODEMLAB_REPLAY !== undefined;

/** How many times more cases may be tried than a property asks for. */
const MAX_ROUNDS = 100;

/**
 * A subtest that checks a property whose cases are to reach everything of a list. How many cases that takes
 * depends on the seed: while something is missing, as many again are tried with the next seed.
 */
export function reachingProperty<Ts>(
  t: Test,
  title: string,
  prop: IProperty<Ts>,
  runs: number,
  missing: () => readonly string[],
): Promise<unknown> {
  const rounds = isReplay ? 1 : MAX_ROUNDS;
  return t.test(`${title} (seed ${SEED})`, async (t) => {
    for (let round = 0; round === 0 || (round < rounds && missing().length > 0); round += 1)
      fc.assert(prop, { seed: SEED + round, numRuns: sized(runs), ...replay() });
    t.pass(title);
    if (!isReplay) t.strictSame(missing(), [], 'everything is reached');
  });
}

/**
 * A table of transitions, one `state: event, event > next or other` a line. The same table is the list of
 * what must be reached and of what may be: neither less nor more.
 */
export function readTransitions(table: string): Set<string> {
  const all = new Set<string>();
  for (const line of table.split('\n').filter((text) => text.includes(':'))) {
    const [from = '', rest = ''] = line.split(':');
    const [events = '', targets = ''] = rest.split('>');
    for (const event of events.split(','))
      for (const target of targets.split(' or '))
        all.add(`${from.trim()}: ${event.trim()} > ${target.trim()}`);
  }
  return all;
}

/** What the first has and the second lacks, sorted. */
export const missingIn = (all: ReadonlySet<string>, some: ReadonlySet<string>): readonly string[] =>
  [...all].filter((one) => !some.has(one)).sort();
