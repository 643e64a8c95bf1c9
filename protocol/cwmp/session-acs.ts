/**
 * The ACS's side of one CWMP session (TR-069a6 section 3.7.2), pure: `step(state, event)` gives the next state and what
 * the shell has to do, in order. Time runs out as an event; ids and settings are arguments.
 */
import type { WireError } from '../errors.ts';
import type { AcsMethod, CpeMethod, CwmpFault, Envelope, Request, Response } from './messages.ts';

export interface AcsSettings {
  /** CWMP versions this ACS speaks, for SupportedCWMPVersions; newest last. */
  readonly versions: readonly string[];
  /** Methods it answers, for GetRPCMethods. */
  readonly methods: readonly AcsMethod[];
}

export type AcsEvent =
  /** One POST with one readable envelope. */
  | { readonly is: 'message'; readonly envelope: Envelope }
  /** A POST without content: the CPE hands over the turn. */
  | { readonly is: 'empty' }
  | { readonly is: 'unreadable'; readonly error: WireError }
  /** The shell did what `record` asked. */
  | { readonly is: 'recorded' }
  /** It could not (a full disk): the CPE gets this fault and will try again. */
  | { readonly is: 'refused'; readonly fault: CwmpFault }
  /** The shell's answer to `decide`: one request for the CPE, or nothing more. */
  | { readonly is: 'decided'; readonly id: string; readonly request: Request<CpeMethod> }
  | { readonly is: 'nothing-more' }
  /** No POST in time; or the connection that carried the session is gone; or the device began another session. */
  | { readonly is: 'timeout' }
  | { readonly is: 'superseded' };

export type Outcome =
  | { readonly is: 'response'; readonly response: Response }
  | { readonly is: 'fault'; readonly fault: CwmpFault }
  /** The CPE spoke, but not of it: an empty POST or another message instead of the answer (Q-HT-08). */
  | { readonly is: 'unanswered' }
  /** The session broke while it was outstanding. */
  | { readonly is: 'lost' };

export type AcsEffect =
  /** Keep what the CPE told (Inform, TransferComplete...), durably, then answer `recorded` or `refused`. */
  | { readonly do: 'record'; readonly envelope: Envelope<Request<AcsMethod>> }
  /** Answer the POST with this envelope in a 200. */
  | { readonly do: 'reply'; readonly envelope: Envelope }
  /** Answer the POST with 204. */
  | { readonly do: 'reply-empty' }
  /** Answer the POST with 400. */
  | { readonly do: 'reject'; readonly error: WireError }
  /** Ask what to send next; answer `decided` or `nothing-more`. */
  | { readonly do: 'decide' }
  /** What became of the request that was outstanding. */
  | { readonly do: 'settle'; readonly request: Request<CpeMethod>; readonly outcome: Outcome }
  | { readonly do: 'end'; readonly why: AcsEnd };

export type AcsEnd = 'done' | 'timeout' | 'superseded' | 'protocol-error' | 'refused';
