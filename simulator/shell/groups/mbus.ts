/** `:mbus` */
import type { PlacedCommand } from '../definition.ts';
import { done, lines, showCommand } from '../definition.ts';

export const mbusCommands: readonly PlacedCommand[] = [
  ['mbus', showCommand('list', 'Shows the bus.', () => done(lines('No entries.')))],
];
