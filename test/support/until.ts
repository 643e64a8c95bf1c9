/**
 * Waiting for what nobody announces, such as a file that another process writes. An event is better where
 * there is one.
 */

/** Milliseconds between two looks. */
const PAUSE_MS = 5;
/** Milliseconds after which it will not happen any more, however busy the machine is. */
const LIMIT_MS = 120_000;

/** Resolves when it holds. Rejects with `what` when it never does. */
export async function until(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await holds())) {
    if (performance.now() > limit) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
