/**
 * Seeds and sizes of random tests. A run without settings always draws the same cases, so a run that passed
 * passes again. MODEMLAB_SEED=random draws a seed of its own for each process, MODEMLAB_SEED=<number> takes
 * that one; every test that uses it says which in its title. MODEMLAB_SIZE multiplies the number of cases:
 * `npm run test:long` has random seeds and size 10.
 */
import type { IAsyncProperty, IProperty, Parameters } from 'fast-check';
import fc from 'fast-check';
import type { Test } from 'tap';
import { readSeed, readSize } from '../../scripts/test/settings.ts';

/** The seed of this process. */
export const SEED: number = readSeed(process.env.MODEMLAB_SEED);

const SIZE = readSize(process.env.MODEMLAB_SIZE);

/** How many cases to try, where a normal run tries `normal`. */
export const sized = (normal: number): number => normal * SIZE;

/**
 * A normal run's share of a list whose every member is the same test: `normal` of them, spread evenly; else
 * all.
 */
export const sampled = <T>(all: readonly T[], normal: number): readonly T[] =>
  SIZE > 1
    ? all
    : all.filter(
        (_, at) => Math.floor((at * normal) / all.length) !== Math.floor(((at - 1) * normal) / all.length),
      );

/** One assertion: that a property holds in `runs` cases of a normal run. */
export async function assertProperty<Ts>(
  t: Test,
  prop: IProperty<Ts> | IAsyncProperty<Ts>,
  runs = 200,
  options: Parameters<Ts> = {},
): Promise<void> {
  const numRuns = sized(runs);
  await fc.assert(prop, { seed: SEED, numRuns, ...options });
  t.pass(`holds in ${numRuns} cases`);
}

/** A subtest that checks a property. `runs` is how many cases a normal run makes. */
export function property<Ts>(
  t: Test,
  title: string,
  prop: IProperty<Ts> | IAsyncProperty<Ts>,
  runs = 200,
  options: Parameters<Ts> = {},
): Promise<unknown> {
  return t.test(`${title} (seed ${SEED})`, (t) => assertProperty(t, prop, runs, options));
}
