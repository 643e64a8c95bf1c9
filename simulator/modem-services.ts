/** The services of a modem, in the order in which they are called. */
import type { AcsMethod, Request } from '../protocol/cwmp/messages.ts';
import type { Aftermath, Done, Performed } from './device/rpc/dispatch.ts';
import type { ModemContext, ModemService, RestartCause } from './modem-context.ts';
import type { SessionReport } from './modem-types.ts';
import { quirkService } from './quirks/life.ts';
import { connectionRequests } from './services/connection-request.ts';
import { deploymentUnits } from './services/deployment-units.ts';
import { diagnostics } from './services/diagnostics/diagnostics.ts';
import { notifications } from './services/notifications.ts';
import { scheduledInforms } from './services/scheduled-informs.ts';
import { udpConnectionRequests } from './services/stun.ts';
import { transferQueue } from './services/transfer-queue.ts';

const SERVICES: readonly ModemService[] = [
  notifications,
  transferQueue,
  scheduledInforms,
  deploymentUnits,
  connectionRequests,
  diagnostics,
  udpConnectionRequests,
  quirkService,
];

/** Each call goes to all services; `ModemService` says what it means. */
export const services = {
  booted(modem: ModemContext): void {
    for (const service of SERVICES) service.booted?.(modem);
  },

  down(modem: ModemContext, cause: RestartCause | 'off'): void {
    for (const service of SERVICES) service.down?.(modem, cause);
  },

  written(modem: ModemContext, changes: readonly { readonly name: string; readonly value: string }[]): void {
    for (const service of SERVICES) service.written?.(modem, changes);
  },

  /** The answer of the first service that has one, else the request's own. */
  answer(modem: ModemContext, performed: Done): Promise<Performed> {
    for (const service of SERVICES) {
      const answer = service.answer?.(modem, performed);
      if (answer !== undefined) return answer;
    }
    return Promise.resolve(performed);
  },

  /** Stops at the first service that does the task. */
  afterwards(modem: ModemContext, task: Aftermath): void {
    SERVICES.some((service) => service.afterwards?.(modem, task) === true);
  },

  delivered(modem: ModemContext, request: Request<AcsMethod>): void {
    for (const service of SERVICES) service.delivered?.(modem, request);
  },

  sessionEnded(modem: ModemContext, report: SessionReport): void {
    for (const service of SERVICES) service.sessionEnded?.(modem, report);
  },

  /** The ends of everything that is running. */
  stop(modem: ModemContext): readonly Promise<void>[] {
    return SERVICES.flatMap((service) => service.stop?.(modem) ?? []);
  },
};
