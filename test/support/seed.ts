/**
 * Seeds and sizes of random tests. A run without settings always draws the same cases, so a run that passed
 * passes again. MODEMLAB_SEED=random draws a seed of its own for each process, MODEMLAB_SEED=<number> takes
 * that one; every test that uses it says which in its title. MODEMLAB_SIZE multiplies the number of cases:
 * `npm run test:long` has random seeds and size 10.
 */
import { randomInt } from 'node:crypto';
import type { IAsyncProperty, IProperty, Parameters } from 'fast-check';
import fc from 'fast-check';
import type { Test } from 'tap';

/** The seed of every run that names no other. */
const DEFAULT_SEED = 20070612;

/** The seed of this process. */
export const SEED: number = readSeed(process.env.MODEMLAB_SEED);

function readSeed(given: string | undefined): number {
  if (given === undefined || given === '') return DEFAULT_SEED;
  if (given === 'random') return randomInt(2 ** 31 - 1);
  if (/^-?\d{1,10}$/.test(given)) return Number(given);
  throw new Error(`MODEMLAB_SEED=${given}: give a whole number, or "random"`);
}

const SIZE = readSize(process.env.MODEMLAB_SIZE);

function readSize(given: string | undefined): number {
  if (given === undefined || given === '') return 1;
  if (/^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw new Error(`MODEMLAB_SIZE=${given}: give a whole number from 1 to 9999`);
}

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

/** A subtest that checks a property. `runs` is how many cases a normal run makes. */
export function property<Ts>(
  t: Test,
  title: string,
  prop: IProperty<Ts> | IAsyncProperty<Ts>,
  runs = 200,
  options: Parameters<Ts> = {},
): Promise<unknown> {
  return t.test(`${title} (seed ${SEED})`, async (t) => {
    await fc.assert(prop, { seed: SEED, numRuns: sized(runs), ...options });
    t.pass(title);
  });
}
