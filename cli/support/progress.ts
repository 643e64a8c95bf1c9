/** The progress of long work: lines that change on a terminal, otherwise a plain line now and then. */
import type { Io } from './io.ts';

const LIVE_MS = 250;
const PLAIN_MS = 5000;

/** Columns of a terminal that does not report its width. */
const COLUMNS = 80;

export interface Progress {
  /** Prints a line of its own above what is drawn. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
}

/** Shows `text` on standard error at intervals until `stop`; nothing for work that ends before the first. */
export function createProgress(io: Io, text: () => string): Progress {
  // Only terminals have colours, and what has colours can be overwritten.
  const live = io.colours.err;
  let before = '';
  let lines = 0;
  // From the first line that was drawn, clear to the end of the screen.
  const over = (): string => `${lines > 1 ? `\u001b[${lines - 1}A` : ''}\r\u001b[J`;
  const timer = setInterval(
    () => {
      const now = text();
      if (now === before) return;
      before = now;
      if (!live) {
        io.err(`${now}\n`);
        return;
      }
      // A line that wraps would be overwritten only in part.
      const fitting = now.split('\n').map((line) => line.slice(0, (io.columns ?? COLUMNS) - 1));
      io.err(over() + fitting.join('\n'));
      lines = fitting.length;
    },
    live ? LIVE_MS : PLAIN_MS,
  );
  return {
    say: (line) => {
      io.err(`${live && before !== '' ? over() : ''}${line}\n`);
      if (live) before = '';
      lines = 0;
    },
    stop: () => {
      clearInterval(timer);
      if (live && before !== '') io.err(over());
    },
  };
}
