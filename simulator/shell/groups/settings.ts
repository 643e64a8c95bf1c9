/** A command that shows named settings when called without parameters, and otherwise changes them. */
import type { Box } from '../box.ts';
import type { Command, Outcome, Parameter, Values } from '../definition.ts';
import { done, lines } from '../definition.ts';
import type { Settings } from '../state.ts';

/** Width up to the colon. */
const COLUMNS = 26;

export const showSettings = (settings: Iterable<readonly [string, string]>): Outcome =>
  done(lines(...Array.from(settings, ([name, value]) => `${name.padEnd(COLUMNS)}: ${value}`.trimEnd())));

export function changeSettings(settings: Settings, values: Values): void {
  for (const [name, value] of values) settings.set(name, value);
}

export function settingsCommand(
  name: string,
  help: string,
  settingsOf: (box: Box) => Settings,
  parameters: readonly Parameter[],
): Command {
  return {
    name,
    help,
    parameters,
    run: (box, values) => {
      if (values.size === 0) return showSettings(settingsOf(box));
      changeSettings(settingsOf(box), values);
      return done();
    },
  };
}
