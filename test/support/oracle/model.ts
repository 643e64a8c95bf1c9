/** What the model-based suites share: replaying a failure, and telling which transitions were reached. */
import type { CommandsContraints, Parameters } from 'fast-check';
import type { Test } from 'tap';

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
export const replay = <T>(): Parameters<T> => (MODEMLAB_PATH === undefined ? {} : { path: MODEMLAB_PATH });

/** A replayed failure is one run, which reaches little. */
export const isReplay = MODEMLAB_PATH !== undefined || MODEMLAB_REPLAY !== undefined;

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

/** Fails for each listed transition that was not reached, and for each reached one that is not listed. */
export function compareTransitions(t: Test, listed: ReadonlySet<string>, reached: ReadonlySet<string>): void {
  if (isReplay) return;
  t.comment(`${reached.size} transitions reached, ${listed.size} listed`);
  t.strictSame(
    [...listed].filter((one) => !reached.has(one)).sort(),
    [],
    'every listed transition is reached',
  );
  t.strictSame([...reached].filter((one) => !listed.has(one)).sort(), [], 'no other transition is');
}
