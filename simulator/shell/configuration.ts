/**
 * A configuration as text: sections `[ ip.ini ]` with the commands of their group, lines from the top that
 * begin with `:`, and comments that begin with `'`. A vendor configuration file from an ACS is the same text.
 */
import type { Box } from './box.ts';
import { groupOfSection } from './sections.ts';
import { Shell } from './shell.ts';

/** Maximum of lines that are read; the largest known configuration has a quarter of it. */
const MAX_LINES = 8192;

export interface Played {
  /** Commands that were executed. */
  readonly done: number;
  /** Those that were not, with the modem's output. */
  readonly failed: readonly { readonly line: number; readonly command: string; readonly said: string }[];
}

/**
 * Runs each command of the text as this user. One that fails does not stop the others; sessions and restarts
 * are ignored.
 */
export function playConfiguration(box: Box, text: string, user: string): Played {
  const failed: { line: number; command: string; said: string }[] = [];
  const shell = new Shell(box, user);
  let group = '';
  let count = 0;
  for (const [index, raw] of text.split(/\r?\n/, MAX_LINES).entries()) {
    const line = raw.trim();
    const section = /^\[ *([\w-]{1,32})(?:\.ini)? *\]$/.exec(line)?.[1];
    if (section === 'endofarch') break;
    if (section !== undefined) group = groupOfSection(section);
    if (line === '' || section !== undefined || line.startsWith("'")) continue;
    const command = line.startsWith(':') ? line : `:${group} ${line}`;
    const { code, text: said } = shell.run(command);
    if (code === 'ok') count++;
    else failed.push({ line: index + 1, command, said: said.trim() });
  }
  return { done: count, failed };
}
