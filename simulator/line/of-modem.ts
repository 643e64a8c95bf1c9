/** The line of a modem, if it has one with faults. */
import { parseLine } from './faults.ts';
import type { LineFault } from './flow.ts';
import { Line } from './line.ts';

/** What a line needs of a modem's options. */
interface LineChoice {
  readonly line?: string | readonly LineFault[];
  readonly seed?: string | number;
  readonly index?: number;
}

const lines = new WeakMap<object, Line>();
/** The last text that was parsed: a fleet has one for all. */
let last: { readonly text: string; readonly faults: readonly LineFault[] } | undefined;

/** Throws ModemlabError E_USAGE for a text that does not name faults. */
export function faultsOf(line: string | readonly LineFault[]): readonly LineFault[] {
  if (typeof line !== 'string') return line;
  if (last?.text !== line) last = { text: line, faults: parseLine(line) };
  return last.faults;
}

/** `undefined` for a modem whose line has no faults. */
export function lineOf(device: object, { line, seed = 0, index = 0 }: LineChoice): Line | undefined {
  if (line === undefined) return undefined;
  let made = lines.get(device);
  if (made === undefined) {
    made = new Line({ faults: faultsOf(line), seed: `${seed}/${index}` });
    lines.set(device, made);
  }
  return made;
}
