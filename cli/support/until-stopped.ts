/** How a server that runs until it is stopped ends: gracefully at the first signal, at once at the second. */
import type { Io } from './io.ts';

/** What a shell reports for a process that was ended by SIGINT. */
const INTERRUPTED = 130;

/** Resolves when a signal has arrived or `over` has settled, and `stop` is done. */
export async function untilStopped(
  io: Io,
  stop: () => Promise<void>,
  over: Promise<void> = new Promise(() => undefined),
): Promise<void> {
  let signals = 0;
  let first: (() => void) | undefined;
  const signalled = new Promise<void>((resolve) => {
    first = resolve;
  });
  const forget = io.onSignal(() => {
    signals += 1;
    if (signals === 1) first?.();
    else io.abort(INTERRUPTED);
  });
  try {
    await Promise.race([signalled, over]);
    await stop();
  } finally {
    forget();
  }
}
