/**
 * What goes into the ACS's session machine, what comes out, and its states. The machine itself is
 * session-acs.ts.
 */
import type { WireError } from '../errors.ts';
import type {
  AcsMethod,
  CpeMethod,
  CwmpFault,
  CwmpVersion,
  Envelope,
  Request,
  Response,
} from './messages.ts';

export interface AcsSettings {
  /** CWMP versions this ACS speaks, for SupportedCWMPVersions; newest last. */
  readonly versions: readonly string[];
  /** Methods it answers, for GetRPCMethods. */
  readonly methods: readonly AcsMethod[];
  /**
   * Lets the CPE hold its own requests back until we have nothing more to send (HoldRequests, deprecated in
   * A6 and never sent unless this is true). For trying out modems, which must support it.
   */
  readonly holdRequests?: boolean;
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
  /**
   * No POST in time; or the connection that carried the session is gone; or the device began another session.
   */
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
  /**
   * Store what the CPE reported (Inform, TransferComplete...) durably, then answer `recorded` or `refused`.
   */
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

/** A request of ours that was sent and is not settled. */
export interface Sent {
  readonly id: string;
  readonly request: Request<CpeMethod>;
}

/** What an accepted Inform began. */
export interface AcsSession {
  /** The namespace that we answer in. */
  readonly namespace: string;
  readonly version: CwmpVersion;
  /** Whether InformResponse carries UseCWMPVersion. */
  readonly tellVersion: boolean;
  /** Whether the CPE said anything but Inform yet. Until then a second Inform is the first one sent again. */
  readonly progress: boolean;
  /** An empty POST came while HoldRequests was false: the CPE has nothing more to ask (3.7.2.4). */
  readonly cpeDone: boolean;
  /** Whether what we send carries HoldRequests; over with our first empty answer. */
  readonly hold: boolean;
  /** Requests of the CPE so far. */
  readonly asked: number;
  /** Informs of it that were answered with "retry request". */
  readonly retries: number;
  /**
   * IDs of the last requests of ours that are settled, newest first: an answer with one of them is a stale
   * one.
   */
  readonly settled: readonly string[];
}

export type AcsState =
  /** No Inform was accepted yet; `retries` Informs were answered with "retry request". */
  | { readonly at: 'idle'; readonly retries: number }
  /** A request of the CPE is being recorded; its POST waits. Ours may still be outstanding. */
  | {
      readonly at: 'recording';
      readonly session: AcsSession;
      readonly envelope: Envelope<Request<AcsMethod>>;
      readonly sent: Sent | undefined;
    }
  /** The shell decides what to send; a POST waits. */
  | { readonly at: 'deciding'; readonly session: AcsSession }
  /** It is the CPE's turn, and none of ours is outstanding. */
  | { readonly at: 'listening'; readonly session: AcsSession }
  /** It is the CPE's turn to answer our request. */
  | { readonly at: 'awaiting'; readonly session: AcsSession; readonly sent: Sent }
  /** Done on our side; a v1.0 CPE still sends one more empty POST (Q-EV-11). */
  | { readonly at: 'ending' }
  | { readonly at: 'ended' };

export interface AcsStep {
  readonly state: AcsState;
  readonly effects: readonly AcsEffect[];
}
