/** The services of a modem beside its quirks, in the order in which they are called. */

import type { ModemService } from '../modem-context.ts';
import { connectionRequests } from './connection-request.ts';
import { deploymentUnits } from './deployment-units.ts';
import { diagnostics } from './diagnostics/diagnostics.ts';
import { notifications } from './notifications.ts';
import { scheduledInforms } from './scheduled-informs.ts';
import { udpConnectionRequests } from './stun.ts';
import { transferQueue } from './transfer-queue.ts';

export const SERVICES: readonly ModemService[] = [
  notifications,
  transferQueue,
  scheduledInforms,
  deploymentUnits,
  connectionRequests,
  diagnostics,
  udpConnectionRequests,
];
