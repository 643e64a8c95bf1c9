/** An ACS on a free port for one test, in memory unless a folder is given. */
import type { Acs, AcsOptions } from '../../../acs/acs.ts';
import { startAcs } from '../../../acs/acs.ts';
import type { AcsEvent } from '../../../acs/acs-events.ts';
import { openQueue } from '../../../acs/queue/open.ts';
import type { TaskQueue } from '../../../acs/queue/queue.ts';
import { openStore } from '../../../acs/store/open.ts';
import type { DeviceStore } from '../../../acs/store/store.ts';

export interface TestAcs extends Pick<Acs, 'port' | 'url' | 'stop'> {
  readonly acs: Acs;
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  readonly seen: readonly AcsEvent[];
  /** Resolves with the first event, past or future, that fits. */
  until(fits: (event: AcsEvent) => boolean): Promise<AcsEvent>;
}

export async function runAcs(options: Partial<AcsOptions> = {}): Promise<TestAcs> {
  const data = options.data ?? {
    store: await openStore('memory', ''),
    queue: await openQueue('memory', '', { owner: 'test' }),
  };
  const seen: AcsEvent[] = [];
  const waiting = new Set<() => void>();
  const acs = await startAcs({
    host: '127.0.0.1',
    port: 0,
    graceMs: 0,
    ...options,
    data,
    onEvent: (event) => {
      seen.push(event);
      for (const wake of waiting) wake();
    },
  });
  const until = async (fits: (event: AcsEvent) => boolean): Promise<AcsEvent> => {
    for (let at = 0; ; ) {
      for (; at < seen.length; at++) {
        const event = seen[at];
        if (event !== undefined && fits(event)) return event;
      }
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
  };
  return { acs, ...data, port: acs.port, url: acs.url, seen, until, stop: () => acs.stop() };
}
