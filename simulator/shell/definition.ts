/** The command line of a modem as data: groups, commands, parameters and kinds of values. */
import type { Box } from './box.ts';
import type { Effect } from './effect.ts';

/** The kinds of values that the help of a modem names. */
export type Kind =
  | { readonly is: 'string' }
  | { readonly is: 'password' }
  | { readonly is: 'number'; readonly from: number; readonly to: number }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'address' }
  /** An address, with the bits of its mask or without. */
  | { readonly is: 'address-mask' }
  | { readonly is: 'mask' }
  | { readonly is: 'range' }
  | { readonly is: 'interface' };

export interface Parameter {
  readonly name: string;
  readonly kind: Kind;
  readonly required?: true;
  /** Other accepted spellings. */
  readonly also?: readonly string[];
}

/** Values by the name of the parameter, as this definition spells it. */
export type Values = ReadonlyMap<string, string>;

export type Outcome =
  | { readonly ok: true; readonly text: string; readonly effects: readonly Effect[] }
  | { readonly ok: false; readonly text: string };

export interface Command {
  readonly name: string;
  readonly help: string;
  readonly parameters: readonly Parameter[];
  /** Users without rights over the modem may run it too. */
  readonly harmless?: true;
  readonly run: (box: Box, values: Values, user: string) => Outcome;
}

export interface Group {
  readonly name: string;
  readonly commands: readonly Command[];
  readonly groups: readonly Group[];
}

/** A command and the group that it is in, from the top: `dhcp server`. */
export type PlacedCommand = readonly [place: string, command: Command];

export const group = (name: string, commands: readonly Command[], ...groups: readonly Group[]): Group => ({
  name,
  commands,
  groups,
});

/** A command without parameters that shows something. */
export const showCommand = (name: string, help: string, run: (box: Box) => Outcome): Command => ({
  name,
  help,
  parameters: [],
  harmless: true,
  run,
});

/** A command without parameters that prints nothing. */
export const silentCommand = (name: string, help: string, run: (box: Box) => unknown): Command => ({
  name,
  help,
  parameters: [],
  run: (box) => {
    run(box);
    return done();
  },
});

/** Success prints nothing unless there is something to show. */
export const done = (text = '', ...effects: readonly Effect[]): Outcome => ({ ok: true, text, effects });
export const refused = (text: string): Outcome => ({ ok: false, text });

export const STATE: Kind = { is: 'choice', of: ['disabled', 'enabled'] };
export const YES_NO: Kind = { is: 'choice', of: ['no', 'yes'] };
export const TEXT: Kind = { is: 'string' };
export const number = (from: number, to: number): Kind => ({ is: 'number', from, to });
export const choice = (...of: readonly string[]): Kind => ({ is: 'choice', of });

export const optional = (name: string, kind: Kind, ...also: readonly string[]): Parameter =>
  also.length === 0 ? { name, kind } : { name, kind, also };
export const needed = (name: string, kind: Kind): Parameter => ({ name, kind, required: true });

/** Cells of one row, each as wide as its column. */
export const row = (widths: readonly number[], cells: readonly string[]): string =>
  cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('');

/** Lines as a terminal expects them; an empty list is an empty text. */
export const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');
