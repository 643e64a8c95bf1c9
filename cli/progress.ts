/** How far long work is: one line that changes on a terminal, a plain line now and then elsewhere. */
import type { Io } from './io.ts';

const LIVE_MS = 250;
const PLAIN_MS = 5000;

/** Writes what `text` says until `stop`, to standard error. Says nothing about work that ends before the first time. */
export function createProgress(io: Io, text: () => string): { readonly stop: () => void } {
  // Colours are borne by terminals alone, and what bears colours bears to be written over.
  const live = io.colours.err;
  let before = '';
  const timer = setInterval(
    () => {
      const now = text();
      if (now === before) return;
      before = now;
      io.err(live ? `\r\u001b[K${now}` : `${now}\n`);
    },
    live ? LIVE_MS : PLAIN_MS,
  );
  return {
    stop: () => {
      clearInterval(timer);
      if (live && before !== '') io.err('\r\u001b[K');
    },
  };
}
