/** What `AcsOptions.onEvent` receives: the lab's live view and tests follow an ACS by it. */
import type { CpeMethod } from '../protocol/cwmp/messages.ts';
import type { AcsEnd } from '../protocol/cwmp/session-acs.ts';
import type { Task } from './queue/queue.ts';

export type AcsEvent =
  | { readonly is: 'session-began'; readonly device: string; readonly events: readonly string[] }
  | { readonly is: 'request'; readonly device: string; readonly rpc: CpeMethod }
  | {
      readonly is: 'session-ended';
      readonly device: string;
      readonly why: AcsEnd;
      readonly posts: number;
      readonly requests: number;
      readonly ms: number;
    }
  | { readonly is: 'task'; readonly task: Task };
