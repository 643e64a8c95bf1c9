/**
 * What goes into the CPE's session machine, what comes out, and its states. The machine itself is
 * session-cpe.ts.
 */
import type {
  AcsMethod,
  Args,
  CpeMethod,
  CwmpFault,
  CwmpVersion,
  Envelope,
  Header,
  Request,
  Response,
} from './messages.ts';

export interface CpeSettings {
  readonly namespace: string;
  /** The n-th cwmp:ID of this device; `undefined` if it sends none. */
  readonly id: (n: number) => string | undefined;
  /**
   * cwmp:ID of an answer to a request that had this one. Echoes by the standard; Thomson 5.4 does not
   * (Q-ID-06).
   */
  readonly answerId: (id: string | undefined, n: number) => string | undefined;
  /** Header elements of Inform: SessionTimeout, SupportedCWMPVersions. */
  readonly informHeader: Header;
  /** Versions it accepts in UseCWMPVersion; empty when it sends no list. */
  readonly versions: readonly string[];
  /**
   * The newest version it speaks: in a session of an older one it neither sends nor answers what that does
   * not have (TR-069a6 3.7.1.1). Absent: whatever comes.
   */
  readonly newest?: CwmpVersion;
  /** am1: ends on the first empty response. v1.0: needs one more empty exchange (Q-EV-11). */
  readonly termination: 'am1' | 'v1.0';
  /** Retries of one request after fault 8005 in one session. */
  readonly maxRetries: number;
}

export type CpeEvent =
  /** Begin: connect and send Inform, then these requests. */
  | {
      readonly is: 'begin';
      readonly inform: Args<'Inform'>;
      readonly requests: readonly Request<AcsMethod>[];
    }
  /** The HTTP response to the last POST. */
  | { readonly is: 'response'; readonly status: number; readonly envelope?: Envelope }
  /** Its body is not an envelope. */
  | { readonly is: 'unreadable'; readonly status: number }
  /** The device carried out the request of `perform`. */
  | { readonly is: 'performed'; readonly response: Response<CpeMethod> }
  | { readonly is: 'failed'; readonly fault: CwmpFault }
  /** The device has a request of its own to send, in this session if it still may. */
  | { readonly is: 'enqueue'; readonly request: Request<AcsMethod> }
  /** No HTTP response in time (at least 30 s); no connection, or one that broke before the response. */
  | { readonly is: 'timeout' }
  | { readonly is: 'lost' };

export type CpeEffect =
  | { readonly do: 'post'; readonly envelope: Envelope }
  | { readonly do: 'post-empty' }
  /** Carry out a request of the ACS; answer `performed` or `failed`. */
  | { readonly do: 'perform'; readonly request: Request<CpeMethod> }
  /** The ACS has answered this request of ours: its events count as delivered (Inform: InformResponse). */
  | { readonly do: 'delivered'; readonly request: Request<AcsMethod>; readonly response: Response<AcsMethod> }
  /** The ACS refused it with a fault; it is not repeated in this session. */
  | { readonly do: 'undelivered'; readonly request: Request<AcsMethod>; readonly fault: CwmpFault }
  /** Close the connection. Failed sessions are retried (retry-ladder.ts). */
  | { readonly do: 'end'; readonly ok: boolean; readonly why: CpeEnd };

export type CpeEnd =
  | 'done'
  | 'timeout'
  | 'lost'
  | 'unreadable'
  | 'http-status'
  | 'inform-refused'
  | 'version'
  | 'too-many-retries'
  | 'protocol-error';

/** The state of an open session. */
export interface CpeSession {
  /** Own cwmp:IDs used so far by this device. */
  readonly ids: number;
  /** Own requests that are still to be sent, oldest first. */
  readonly pending: readonly Request<AcsMethod>[];
  /** The namespace that we write in. */
  readonly namespace: string;
  /** Agreed by InformResponse. */
  readonly version: CwmpVersion | undefined;
  /** HoldRequests of the last envelope; an empty response resets it (3.7.1.3). */
  readonly held: boolean;
  /**
   * An empty POST went out while HoldRequests was false: no further requests of ours in this session
   * (3.7.1.3).
   */
  readonly emptySent: boolean;
  /** The additional empty POST of the v1.0 rule went out (Q-EV-11). */
  readonly farewell: boolean;
}

/** A request of the ACS that waits for its answer. */
export interface Owed {
  readonly id: string | undefined;
  readonly request: Request<CpeMethod>;
}

export type CpeState =
  | { readonly at: 'idle'; readonly ids: number; readonly pending: readonly Request<AcsMethod>[] }
  /** A request of ours is out, Inform first. */
  | {
      readonly at: 'asking';
      readonly session: CpeSession;
      readonly request: Request<AcsMethod>;
      readonly envelope: Envelope;
      /** Times it was repeated after fault 8005. */
      readonly retries: number;
    }
  /** An answer of ours or an empty POST is out. */
  | { readonly at: 'waiting'; readonly session: CpeSession }
  /** The device carries out a request of the ACS; no POST is out. */
  | { readonly at: 'performing'; readonly session: CpeSession; readonly owed: Owed }
  | {
      readonly at: 'ended';
      readonly ok: boolean;
      readonly ids: number;
      readonly pending: readonly Request<AcsMethod>[];
      readonly version: CwmpVersion | undefined;
    };

export interface CpeStep {
  readonly state: CpeState;
  readonly effects: readonly CpeEffect[];
}
