/** What the ant's machine (ant-conversation.ts) is given and gives. */
import type { Endpoint } from '../ipv4.ts';
import type { Addressee, AntIdentity, AntResult } from './ant-replies.ts';
import type { AntSettings } from './settings.ts';

/** A running ant; settings and identity may differ from one step to the next. */
export interface Ant {
  readonly settings: AntSettings;
  readonly who: AntIdentity;
}

/** How a request arrived, and therefore where its reply goes. */
export interface Arrival {
  readonly from: Endpoint;
  /** Its destination was the group, rather than the ant's own address. */
  readonly byGroup: boolean;
  /**
   * Its source lies in the ant's own subnet: no other may search by the ant's address (the reply is eight
   * times as long).
   */
  readonly local: boolean;
}

export interface AntWork {
  readonly id: number;
  /** `undefined` for INFO. */
  readonly command: string | undefined;
  /** `undefined` if none are needed. A missing line counts as an empty text. */
  readonly credentials: Credentials | undefined;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export type AntEvent =
  | {
      readonly is: 'datagram';
      readonly bytes: Uint8Array;
      readonly arrival: Arrival;
      /** Milliseconds of any monotonic clock. */
      readonly now: number;
      /** In [0, 1): when a search is answered. */
      readonly random: number;
    }
  | { readonly is: 'ran'; readonly id: number; readonly result: AntResult; readonly now: number };

export type AntEffect =
  | {
      readonly do: 'send';
      readonly bytes: Uint8Array;
      readonly to: { readonly is: 'group' } | { readonly is: 'host'; readonly host: Endpoint };
      readonly afterMs: number;
    }
  | { readonly do: 'run'; readonly work: AntWork };

export interface AntState {
  /** By host and verb; at most LIMITS.mdapConversations. */
  readonly conversations: ReadonlyMap<string, AntConversation>;
  readonly ids: number;
  /** Wrong passwords in a row, and until when everybody is refused. */
  readonly failures: number;
  readonly lockedUntil: number;
}

/** One conversation, running or just over. */
export interface AntConversation {
  readonly id: number;
  readonly to: Addressee;
  readonly arrival: Arrival;
  readonly credentials: Credentials;
  /** Its first and its last request, as byte text. */
  readonly opening: string;
  readonly last: string;
  /** When the first one came last. */
  readonly openingAt: number;
  readonly lastAt: number;
  /** All replies; `undefined` while the command runs. */
  readonly replies: readonly Uint8Array[] | undefined;
  /** Replies that were sent once or more. */
  readonly sent: number;
}

export interface AntStep {
  readonly state: AntState;
  readonly effects: readonly AntEffect[];
}
