/** What whoever runs tests can set in the environment: MODEMLAB_SEED and MODEMLAB_SIZE. */
import { randomInt } from 'node:crypto';

/** A setting or a word of the command line that cannot be used. */
export class SettingError extends Error {}

/** The seed of every run that names no other. */
const DEFAULT_SEED = 20070612;

export function readSeed(given: string | undefined): number {
  if (given === undefined || given === '') return DEFAULT_SEED;
  if (given === 'random') return randomInt(2 ** 31 - 1);
  if (/^-?\d{1,10}$/.test(given)) return Number(given);
  throw new SettingError(`MODEMLAB_SEED=${given}: give a whole number, or "random"`);
}

/** By how much the number of cases is multiplied. */
export function readSize(given: string | undefined): number {
  if (given === undefined || given === '') return 1;
  if (/^[1-9]\d{0,3}$/.test(given)) return Number(given);
  throw new SettingError(`MODEMLAB_SIZE=${given}: give a whole number from 1 to 9999`);
}

/** Throws SettingError before any test runs: tests that draw nothing do not look. */
export function checkEnvironment(env: NodeJS.ProcessEnv): void {
  readSeed(env.MODEMLAB_SEED);
  readSize(env.MODEMLAB_SIZE);
}
