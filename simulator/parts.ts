/** Everything with a life of its own that a modem has, in the order in which they are called. */
import { connectionRequests } from './connection-request.ts';
import type { Part } from './inside.ts';
import { transferQueue } from './transfer-queue.ts';

export const PARTS: readonly Part[] = [transferQueue, connectionRequests];
