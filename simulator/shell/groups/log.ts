/** `:systemlog`, which g8 has as `:syslog msgbuf`. */
import type { Command } from '../definition.ts';
import { done, group, lines, showCommand } from '../definition.ts';

const log: readonly Command[] = [
  showCommand('show', 'Shows the log.', (box) => done(lines(...box.entries))),
  {
    name: 'flush',
    help: 'Empties the log.',
    parameters: [],
    run: (box) => {
      box.flushLog();
      return done();
    },
  },
];

export const systemlog = group('systemlog', log);
export const syslog = group('syslog', [], group('msgbuf', log));
