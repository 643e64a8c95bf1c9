/** What a diagnostic test reads and produces. */

import type { Random } from '../../../protocol/random.ts';
import type { Device } from '../../device/device.ts';

/** A requested test, with its settings at its start. */
export interface TestRun {
  readonly device: Device;
  /** Path of its object, with the dot at the end. */
  readonly path: string;
  /** Its own stream of numbers: the same modem measures the same in its n-th test. */
  readonly random: Random;
  /** Simulated time of its start, in milliseconds since 1970. */
  readonly startedAt: number;
  /** Real milliseconds to wait for a server. */
  readonly timeoutMs: number;
  /** A setting of the test; empty when the model has none of that name. */
  setting(name: string): string;
  /** A number of at least 1, or a default if the model has none or it was never set. */
  count(name: string, otherwise: number): number;
}

export interface Outcome {
  /** Complete, or an Error_ state. */
  readonly state: string;
  /** Results by name; those that the model lacks are ignored. */
  readonly results: Readonly<Record<string, string | number>>;
  /** Rows of a table of results, which replace all earlier ones. */
  readonly rows?: {
    readonly table: string;
    readonly rows: readonly Readonly<Record<string, string | number>>[];
  };
}

export type TestKind =
  /** Its outcome is known at its start; it takes this many simulated milliseconds. */
  | { readonly is: 'simulated'; run(test: TestRun): { readonly outcome: Outcome; readonly ms: number } }
  /** It contacts a real server. Never rejects. */
  | { readonly is: 'real'; run(test: TestRun, signal: AbortSignal): Promise<Outcome> };

export const failed = (state: string): Outcome => ({ state, results: {} });

/**
 * The interface that it is bound to does not exist (TR-098, TR-181: Interface is a path, or empty to let
 * routing choose).
 */
export function lacksInterface({ device, setting }: TestRun): boolean {
  const path = setting('Interface');
  if (path === '') return false;
  return device.tree.find(path.endsWith('.') ? path : `${path}.`) === undefined;
}
