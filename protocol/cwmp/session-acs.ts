/**
 * The ACS's side of one CWMP session (TR-069a6 section 3.7.2), pure: `step(settings, state, event)` gives the next state
 * and what the shell has to do, in order. Time runs out as an event; ids and settings are arguments.
 *
 * What always holds:
 * - Every POST (`message`, `empty`, `unreadable`) gets exactly one answer (`reply`, `reply-empty`, `reject`): either in
 *   the step of the POST, or, after `record` or `decide`, in the step of the shell's answer to that effect. A POST that
 *   comes while another one waits for the shell is rejected in its own step; an answer in any other step is for the POST
 *   that waits. When the session is torn down meanwhile, the waiting POST is rejected in that step.
 * - At most one request of ours is outstanding, and each that was sent is settled exactly once.
 * - What the CPE says is taken for an answer only while a request of ours is outstanding.
 * - `end` is given exactly once. After it a POST is rejected, but for one more empty one, which gets a 204 again.
 * - A request `decided` too late (the session ended meanwhile) is not sent: the step then has no `reply` with it.
 */
import type { WireError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { assertNever } from '../result.ts';
import type {
  AcsMethod,
  CpeMethod,
  CwmpFault,
  CwmpVersion,
  Envelope,
  Header,
  Request,
  Response,
} from './messages.ts';
import { RPCS } from './messages.ts';
import { chooseVersion } from './version.ts';

export interface AcsSettings {
  /** CWMP versions this ACS speaks, for SupportedCWMPVersions; newest last. */
  readonly versions: readonly string[];
  /** Methods it answers, for GetRPCMethods. */
  readonly methods: readonly AcsMethod[];
  /**
   * Lets the CPE hold its own requests back until we have nothing more to send (HoldRequests, deprecated in A6 and
   * never sent unless this is true). For trying out modems, which must support it.
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
}

export type AcsState =
  /** No Inform was accepted yet; so many were answered with "retry request". */
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

export const initial: AcsState = { at: 'idle', retries: 0 };

const ENDED: AcsState = { at: 'ended' };
const OUT_OF_ORDER: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_OUT_OF_ORDER', at: 0 } };
const UNKNOWN_SESSION: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_UNKNOWN', at: 0 } };
const BROKEN: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_LOST', at: 0 } };

const faultOf = (FaultCode: number, FaultString: string): CwmpFault => ({
  FaultCode,
  FaultString,
  SetParameterValuesFault: [],
});

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function step(settings: AcsSettings, state: AcsState, event: AcsEvent): AcsStep {
  switch (event.is) {
    case 'message':
      return onMessage(settings, state, event.envelope);
    case 'empty':
      return onEmpty(state);
    case 'unreadable':
      return onUnreadable(state, event.error);
    case 'recorded':
      return onRecorded(settings, state);
    case 'refused':
      return onRefused(state, event.fault);
    case 'decided':
      return onDecided(state, { id: event.id, request: event.request });
    case 'nothing-more':
      return onNothingMore(state);
    case 'timeout':
    case 'superseded':
      return onBreak(state, event.is);
    default:
      return assertNever(event);
  }
}

function onMessage(settings: AcsSettings, state: AcsState, envelope: Envelope): AcsStep {
  switch (state.at) {
    case 'idle':
      return onFirst(settings, state.retries, envelope);
    case 'recording':
    case 'deciding':
      return { state, effects: [OUT_OF_ORDER] };
    case 'listening':
    case 'awaiting':
      return onNext(settings, state, envelope);
    case 'ending':
    case 'ended':
      return { state: ENDED, effects: [UNKNOWN_SESSION] };
    default:
      return assertNever(state);
  }
}

/** Only Inform begins a session (3.7.1.1). */
function onFirst(settings: AcsSettings, retries: number, envelope: Envelope): AcsStep {
  const { message, header, namespace, id } = envelope;
  if (message.kind !== 'request' || message.rpc !== 'Inform')
    return { state: ENDED, effects: [UNKNOWN_SESSION, { do: 'end', why: 'protocol-error' }] };
  const choice = chooseVersion(settings.versions, header, namespace);
  if (!choice.ok) {
    const reply = { id, namespace, header: {}, message: { kind: 'fault', fault: choice.fault } } as const;
    return {
      state: ENDED,
      effects: [
        { do: 'reply', envelope: reply },
        { do: 'end', why: 'refused' },
      ],
    };
  }
  const session: AcsSession = {
    namespace: choice.namespace,
    version: choice.version,
    tellVersion: choice.tell,
    progress: false,
    cpeDone: false,
    hold: settings.holdRequests === true,
    asked: 0,
    retries,
  };
  return record(session, { ...envelope, message }, undefined);
}

type Open = Extract<AcsState, { at: 'listening' | 'awaiting' }>;

const sentOf = (state: Open): Sent | undefined => (state.at === 'awaiting' ? state.sent : undefined);

/** A message in a session that is open. */
function onNext(settings: AcsSettings, state: Open, envelope: Envelope): AcsStep {
  const { message } = envelope;
  switch (message.kind) {
    case 'request':
      return message.rpc === 'Inform' && state.session.progress
        ? fail(sentOf(state), OUT_OF_ORDER)
        : onRequest(settings, state, envelope, message);
    case 'unknown':
      // A method with a response's name asks for nothing, so that no fault may answer it (3.5).
      return message.name.endsWith('Response')
        ? onAnswer(state, { is: 'unanswered' })
        : unsupported(state, envelope, message.name);
    case 'response':
      return onAnswer(
        state,
        state.at === 'awaiting' && message.rpc === state.sent.request.rpc
          ? { is: 'response', response: message }
          : { is: 'unanswered' },
      );
    case 'fault':
      return onAnswer(state, { is: 'fault', fault: message.fault });
    default:
      return assertNever(message);
  }
}

/**
 * A request of the CPE. It must not come while ours is outstanding (3.7.1.2), but the way on is plain: it is answered,
 * and ours stays outstanding, to be answered in the next POST or settled as unanswered by it.
 */
function onRequest(settings: AcsSettings, state: Open, envelope: Envelope, message: Request): AcsStep {
  if (state.session.asked >= LIMITS.requestsPerSession) return fail(sentOf(state), OUT_OF_ORDER);
  if (!isAcsRequest(message) || !answers(settings, message.rpc))
    return unsupported(state, envelope, message.rpc);
  const progress = state.session.progress || message.rpc !== 'Inform';
  return record({ ...state.session, progress }, { ...envelope, message }, sentOf(state));
}

/** Inform and GetRPCMethods are answered whatever the settings say: every ACS must (3.6 Table 5). */
const answers = (settings: AcsSettings, rpc: AcsMethod): boolean =>
  rpc === 'Inform' || rpc === 'GetRPCMethods' || settings.methods.includes(rpc);

function isAcsRequest(request: Request): request is Request<AcsMethod> {
  return RPCS[request.rpc].by !== 'CPE';
}

/** An unsupported RPC gets fault 8000 in a 200, not a 400 (3.7.2.4). */
function unsupported(state: Open, envelope: Envelope, name: string): AcsStep {
  const session = { ...state.session, progress: true, asked: state.session.asked + 1 };
  if (session.asked > LIMITS.requestsPerSession) return fail(sentOf(state), OUT_OF_ORDER);
  const fault = faultOf(8000, `Method not supported: ${name.slice(0, 64)}`);
  return {
    state: { ...state, session },
    effects: [{ do: 'reply', envelope: answer(session, envelope, { kind: 'fault', fault }, {}) }],
  };
}

/** A response or fault. Whatever ID it has: one request is outstanding, and this is about it (Q-ID-02, Q-ID-06). */
function onAnswer(state: Open, outcome: Outcome): AcsStep {
  // With nothing outstanding there is nothing that it could answer.
  if (state.at === 'listening') return fail(undefined, OUT_OF_ORDER);
  return settleThenDecide({ ...state.session, progress: true }, state.sent, outcome);
}

function onEmpty(state: AcsState): AcsStep {
  switch (state.at) {
    case 'idle':
      // Q-HT-07: the end of a session that we no longer know, by a CPE that wants to hear 204. No device, no session.
      return { state: ENDED, effects: [{ do: 'reply-empty' }, { do: 'end', why: 'protocol-error' }] };
    case 'recording':
    case 'deciding':
      return { state, effects: [OUT_OF_ORDER] };
    case 'listening':
      return { state: { at: 'deciding', session: handedOver(state.session) }, effects: [{ do: 'decide' }] };
    case 'awaiting':
      return settleThenDecide(handedOver(state.session), state.sent, { is: 'unanswered' });
    case 'ending':
      return { state: ENDED, effects: [{ do: 'reply-empty' }] };
    case 'ended':
      return { state, effects: [UNKNOWN_SESSION] };
    default:
      return assertNever(state);
  }
}

const handedOver = (session: AcsSession): AcsSession => ({
  ...session,
  progress: true,
  cpeDone: session.cpeDone || !session.hold,
});

function onUnreadable(state: AcsState, error: WireError): AcsStep {
  const reject: AcsEffect = { do: 'reject', error };
  switch (state.at) {
    case 'idle':
      return fail(undefined, reject);
    case 'recording':
    case 'deciding':
      return { state, effects: [reject] };
    case 'listening':
    case 'awaiting':
      return fail(sentOf(state), reject);
    case 'ending':
    case 'ended':
      return { state: ENDED, effects: [reject] };
    default:
      return assertNever(state);
  }
}

function onRecorded(settings: AcsSettings, state: AcsState): AcsStep {
  if (state.at !== 'recording') return { state, effects: [] };
  const { session, envelope, sent } = state;
  const { message } = envelope;
  const header: Header =
    message.rpc === 'Inform' && session.tellVersion ? { UseCWMPVersion: session.version } : {};
  const reply = answer(session, envelope, responseTo(settings, message), header);
  return { state: resume(session, sent), effects: [{ do: 'reply', envelope: reply }] };
}

function onRefused(state: AcsState, fault: CwmpFault): AcsStep {
  if (state.at !== 'recording') return { state, effects: [] };
  const { session, envelope, sent } = state;
  const reply: AcsEffect = { do: 'reply', envelope: answer(session, envelope, { kind: 'fault', fault }, {}) };
  if (envelope.message.rpc !== 'Inform') return { state: resume(session, sent), effects: [reply] };
  // "Retry request": the CPE sends the same Inform again in its next POST, and no session has begun yet (3.7.1.6).
  const { retries } = session;
  if (fault.FaultCode === 8005 && retries < LIMITS.informRetries)
    return { state: { at: 'idle', retries: retries + 1 }, effects: [reply] };
  return { state: ENDED, effects: [reply, { do: 'end', why: 'refused' }] };
}

function onDecided(state: AcsState, sent: Sent): AcsStep {
  if (state.at !== 'deciding') return { state, effects: [] };
  const { session } = state;
  const envelope: Envelope = {
    id: sent.id,
    namespace: session.namespace,
    header: session.hold ? { HoldRequests: true } : {},
    message: sent.request,
  };
  return { state: { at: 'awaiting', session, sent }, effects: [{ do: 'reply', envelope }] };
}

function onNothingMore(state: AcsState): AcsStep {
  if (state.at !== 'deciding') return { state, effects: [] };
  // An empty answer is HoldRequests false (3.7.1.3): a CPE that held requests back sends them now.
  if (!state.session.cpeDone)
    return {
      state: { at: 'listening', session: { ...state.session, hold: false } },
      effects: [{ do: 'reply-empty' }],
    };
  return { state: { at: 'ending' }, effects: [{ do: 'reply-empty' }, { do: 'end', why: 'done' }] };
}

function onBreak(state: AcsState, why: 'timeout' | 'superseded'): AcsStep {
  const end: AcsEffect = { do: 'end', why };
  switch (state.at) {
    case 'idle':
    case 'listening':
      return { state: ENDED, effects: [end] };
    case 'deciding':
      return { state: ENDED, effects: [BROKEN, end] };
    case 'recording':
      return { state: ENDED, effects: [...settle(state.sent, { is: 'lost' }), BROKEN, end] };
    case 'awaiting':
      return { state: ENDED, effects: [...settle(state.sent, { is: 'lost' }), end] };
    case 'ending':
    case 'ended':
      return { state: ENDED, effects: [] };
    default:
      return assertNever(state);
  }
}

function record(
  session: AcsSession,
  envelope: Envelope<Request<AcsMethod>>,
  sent: Sent | undefined,
): AcsStep {
  const counted = { ...session, asked: session.asked + 1 };
  return {
    state: { at: 'recording', session: counted, envelope, sent },
    effects: [{ do: 'record', envelope }],
  };
}

const resume = (session: AcsSession, sent: Sent | undefined): AcsState =>
  sent === undefined ? { at: 'listening', session } : { at: 'awaiting', session, sent };

const settle = (sent: Sent | undefined, outcome: Outcome): readonly AcsEffect[] =>
  sent === undefined ? [] : [{ do: 'settle', request: sent.request, outcome }];

function settleThenDecide(session: AcsSession, sent: Sent, outcome: Outcome): AcsStep {
  return { state: { at: 'deciding', session }, effects: [...settle(sent, outcome), { do: 'decide' }] };
}

/** A violation by the CPE: 400 without SOAP, and the session has failed (3.7.2.4). */
function fail(sent: Sent | undefined, reject: AcsEffect): AcsStep {
  return {
    state: ENDED,
    effects: [...settle(sent, { is: 'lost' }), reject, { do: 'end', why: 'protocol-error' }],
  };
}

/** An answer to a request of the CPE: its ID byte for byte (3.5 Table 4, Q-ID-03, Q-ID-04). */
function answer(session: AcsSession, to: Envelope, message: Envelope['message'], header: Header): Envelope {
  const held: Header = session.hold ? { ...header, HoldRequests: true } : header;
  return { id: to.id, namespace: session.namespace, header: held, message };
}

function responseTo(settings: AcsSettings, request: Request<AcsMethod>): Response<AcsMethod> {
  switch (request.rpc) {
    case 'Inform':
      return { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } };
    case 'GetRPCMethods':
      return { kind: 'response', rpc: 'GetRPCMethods', args: { MethodList: settings.methods } };
    case 'Kicked':
      // NextURL is where the browser goes on: what the CPE itself proposed (A.4.2.1).
      return { kind: 'response', rpc: 'Kicked', args: { NextURL: request.args.Next } };
    case 'TransferComplete':
      return { kind: 'response', rpc: 'TransferComplete', args: {} };
    case 'AutonomousTransferComplete':
      return { kind: 'response', rpc: 'AutonomousTransferComplete', args: {} };
    case 'RequestDownload':
      return { kind: 'response', rpc: 'RequestDownload', args: {} };
    case 'DUStateChangeComplete':
      return { kind: 'response', rpc: 'DUStateChangeComplete', args: {} };
    case 'AutonomousDUStateChangeComplete':
      return { kind: 'response', rpc: 'AutonomousDUStateChangeComplete', args: {} };
    default:
      return assertNever(request);
  }
}
