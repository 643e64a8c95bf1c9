/** How quirks change a session: what is sent, understood, executed. A hook is called only if it exists. */
import type { AcsMethod, CpeMethod, Envelope, Request } from '../../protocol/cwmp/messages.ts';
import type { Noted } from '../../protocol/quirks/note.ts';
import type { QuirkKey } from '../../protocol/quirks.ts';
import type { Performed } from '../device/rpc/dispatch.ts';

/** A message of the ACS as received. */
export interface Heard {
  readonly text: string;
  readonly envelope: Envelope;
  readonly notes: readonly Noted[];
}

export type Plain = (request: Request<CpeMethod>) => Performed | 'hang-up';
export type Odd = (request: Request<CpeMethod>, plain: Plain) => Performed | 'hang-up';

export interface SessionHabits {
  /** Quirks of its messages, written by applyQuirks. */
  readonly messages?: readonly QuirkKey[];
  /** Sends an empty POST before its Inform. */
  readonly emptyFirst?: true;
  /** Sends its Inform over two connections, the second one while the first session is open. */
  readonly twice?: true;
  /** Requests of its own after the Inform. */
  readonly requests?: () => readonly Request<AcsMethod>[];
  /** A message of its own before it is written. */
  readonly say?: (envelope: Envelope) => Envelope;
  /** What happens instead of sending it: an empty POST; or nothing, and this response is assumed. */
  readonly instead?: (
    envelope: Envelope,
  ) => 'empty-post' | { readonly assumedResponse: Envelope } | undefined;
  /** Whether it understands a message of the ACS: `unreadable` ends the session, `ignored` skips it. */
  readonly hear?: (heard: Heard) => 'unreadable' | 'ignored' | undefined;
  /**
   * Executes a request, or has it executed as it should be. hang-up: no answer, and the connection is closed.
   */
  readonly perform?: Odd;
  /** Whether it disappears as soon as the ACS has answered this request of its own. */
  readonly goesAway?: (request: Request<AcsMethod>) => boolean;
}
