/** How far long work is: lines that change on a terminal, plain lines now and then elsewhere. */
import type { Io } from './io.ts';

const LIVE_MS = 250;
const PLAIN_MS = 5000;

/** Columns of a terminal that does not say. */
const COLUMNS = 80;

export interface Progress {
  /** Writes a line of its own; what is drawn makes room for it. */
  readonly say: (line: string) => void;
  readonly stop: () => void;
}

/** Writes what `text` says until `stop`, to standard error. Says nothing about work that ends before the first time. */
export function createProgress(io: Io, text: () => string): Progress {
  // Colours are borne by terminals alone, and what bears colours bears to be written over.
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
      // A line that wraps would be drawn over in part only.
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
