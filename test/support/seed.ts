/** Seeds of random tests: MODEMLAB_SEED, or a new one; printed, so that a failure can be played again. */
import { randomInt } from 'node:crypto';
import type { IAsyncProperty, IProperty, Parameters } from 'fast-check';
import fc from 'fast-check';
import type { Test } from 'tap';

const given = process.env.MODEMLAB_SEED;

/** The seed of this process. */
export const SEED: number =
  given !== undefined && /^-?\d{1,10}$/.test(given) ? Number(given) : randomInt(2 ** 31 - 1);

/** Multiplies the runs of every property: MODEMLAB_RUNS=20 for a long night. */
const MULTIPLIER = /^[1-9]\d{0,3}$/.test(process.env.MODEMLAB_RUNS ?? '')
  ? Number(process.env.MODEMLAB_RUNS)
  : 1;

/** A subtest that checks a property. `runs` is how many cases are made, before MODEMLAB_RUNS multiplies them. */
export function property<Ts>(
  t: Test,
  title: string,
  prop: IProperty<Ts> | IAsyncProperty<Ts>,
  runs = 200,
  options: Parameters<Ts> = {},
): Promise<unknown> {
  return t.test(`${title} (seed ${SEED})`, async (t) => {
    await fc.assert(prop, { seed: SEED, numRuns: runs * MULTIPLIER, ...options });
    t.pass(title);
  });
}
