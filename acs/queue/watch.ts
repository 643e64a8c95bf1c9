/** Waiting for something to move in folders: told by the system where that works, looked at now and then anywhere. */
import { type FSWatcher, watch } from 'node:fs';

/** How often one looks where changes are told (a message may be lost) and where they are not (network file systems). */
const LOOK_MS = { told: 2000, untold: 250 };

export interface Changes {
  /** Resolves when something may have moved since the last call, when it is time to look, or after `withinMs`. */
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
  const told = local && watchers.every((watcher) => watcher !== undefined);
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
          Math.max(1, Math.min(withinMs, told ? LOOK_MS.told : LOOK_MS.untold)),
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

/** No watch is an answer too: the folder is missing, or the system has no more watches to give. */
function tryWatch(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, { persistent: false }, onChange).on('error', onChange);
  } catch {
    return undefined;
  }
}
