/** What a capture shows of CWMP sessions. */
import type { DeviceId, Envelope } from '../../protocol/cwmp/messages.ts';
import type { ErrorCode, WireError } from '../../protocol/errors.ts';
import type { Noted, QuirkId } from '../../protocol/quirks/note.ts';
import type { HttpEvent, HttpMessage } from '../http/http.ts';

/** A session as far as it is known; it changes while the capture is read. */
export interface CwmpSession {
  /** 1, 2, ... in the order in which they began. */
  readonly number: number;
  /** Key of the device; `undefined` where the capture has no Inform of the session. */
  readonly device: string | undefined;
  readonly deviceId: DeviceId | undefined;
  readonly firmware: string | undefined;
  /** EventCodes of its Inform. */
  readonly events: readonly string[];
  /** Address of the CPE, without port. */
  readonly cpe: string;
  /** `address:port` of the ACS. */
  readonly acs: string;
  readonly began: bigint;
  readonly ended: bigint;
  readonly posts: number;
  /** TCP connections that it used. */
  readonly connections: number;
  readonly faults: number;
  /** Quirks noted, and how often. */
  readonly quirks: ReadonlyMap<QuirkId, number>;
  /** `ended`: the ACS had nothing more. `broken`: another one of the device took its place before. */
  readonly state: 'open' | 'ended' | 'broken';
}

/** The content of one HTTP message of a session. */
export type CwmpContent =
  | { readonly is: 'message'; readonly envelope: Envelope }
  | { readonly is: 'empty' }
  | { readonly is: 'unreadable'; readonly error: WireError }
  /** A response that is only a status: a challenge, a refusal, a redirection. */
  | { readonly is: 'status'; readonly status: number; readonly reason: string };

/** A rule of the session that a message breaks, by its code in the table of errors. */
export interface Breach {
  readonly id: ErrorCode;
  readonly detail: string;
}

export interface CwmpMessage {
  readonly is: 'cwmp';
  readonly http: HttpMessage;
  readonly session: CwmpSession;
  readonly from: 'CPE' | 'ACS';
  readonly content: CwmpContent;
  readonly notes: readonly Noted[];
  readonly breaches: readonly Breach[];
}

export type CwmpEvent = CwmpMessage | HttpEvent;
