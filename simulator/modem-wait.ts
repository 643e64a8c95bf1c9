/** Waits for an event of a modem. */
import type { EventEmitter } from 'node:events';
import { ModemlabError } from '../protocol/errors.ts';
import type { ModemEvents, Wait } from './modem-types.ts';
import { TIMEOUT_MS } from './modem-types.ts';

/** The arguments of the next event for which `where` is true. Rejects with ModemlabError E_TIMEOUT. */
export function nextEvent<K extends keyof ModemEvents>(
  events: EventEmitter<ModemEvents>,
  event: K,
  { where, timeoutMs = TIMEOUT_MS }: Wait<K>,
): Promise<ModemEvents[K]> {
  // A generic emitter accepts only listeners of the base type.
  const emitter: EventEmitter = events;
  return new Promise((resolve, reject) => {
    const hear = (...args: ModemEvents[K]): void => {
      if (where !== undefined && !where(...args)) return;
      end();
      resolve(args);
    };
    const timer = setTimeout(() => {
      end();
      reject(new ModemlabError('E_TIMEOUT', `no ${event} within ${timeoutMs} ms`));
    }, timeoutMs);
    const end = (): void => {
      clearTimeout(timer);
      emitter.off(event, hear);
    };
    emitter.on(event, hear);
  });
}
