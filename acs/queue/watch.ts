/**
 * Waits for changes in folders: the system reports them where it can, and they are looked for now and then
 * anyway.
 */
import { type FSWatcher, watch } from 'node:fs';

/**
 * How often to look where the system reports changes (it may miss one), and where it does not (over a
 * network).
 */
const LOOK_MS = { watched: 2000, unwatched: 250 };

export interface Changes {
  /**
   * Resolves when something may have changed since the last call, when it is time to look, or after
   * `withinMs`.
   */
  next(withinMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function untilChanged(folders: readonly string[], local: boolean): Changes {
  let moved = false;
  let wake = (): void => {};
  const onChange = (): void => {
    moved = true;
    wake();
  };
  const watchers = local ? folders.map((folder) => tryWatch(folder, onChange)) : [];
  const watched = local && watchers.every((watcher) => watcher !== undefined);
  return {
    next: (withinMs, signal) =>
      new Promise((resolve) => {
        const finish = (): void => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          wake = () => {};
          moved = false;
          resolve();
        };
        const timer = setTimeout(
          finish,
          Math.max(1, Math.min(withinMs, watched ? LOOK_MS.watched : LOOK_MS.unwatched)),
        );
        signal.addEventListener('abort', finish);
        wake = finish;
        if (moved || signal.aborted) finish();
      }),
    close: () => {
      for (const watcher of watchers) watcher?.close();
    },
  };
}

/** `undefined` if the folder is missing, or the system allows no more watches. */
function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onChange).on('error', onChange);
  } catch {
    return undefined;
  }
}
