/** `:connection` */
import { done, group, lines, showCommand } from '../definition.ts';

export const connection = group('connection', [
  showCommand('list', 'Shows the connections.', () => done(lines('Number of connections : 0'))),
]);
