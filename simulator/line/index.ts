/** Faults of the line between a modem and its ACS. docs/line-faults.md describes each. */

export { type ListedFault, listFaults, parseLine } from './faults.ts';
export type { Bytes, Direction, Flow, LineClock, LineFault, Stage } from './flow.ts';
export { Line, type LineOptions, LineStream } from './line.ts';
