/**
 * The ACS's side of one CWMP session (TR-069a6 section 3.7.2), pure: `step(settings, state, event)` gives the
 * next state and what the shell has to do, in order. Time runs out as an event; ids and settings are
 * arguments.
 *
 * What always holds:
 * - Every POST (`message`, `empty`, `unreadable`) gets exactly one answer (`reply`, `reply-empty`, `reject`):
 *   either in the step of the POST, or, after `record` or `decide`, in the step of the shell's answer to that
 *   effect. A POST that comes while another one waits for the shell is rejected in its own step; an answer in
 *   any other step is for the POST that waits. When the session is torn down meanwhile, the waiting POST is
 *   rejected in that step.
 * - At most one request of ours is outstanding, and each that was sent is settled exactly once.
 * - What the CPE says is taken for an answer only while a request of ours is outstanding.
 * - `end` is given exactly once. After it a POST is rejected, but for one more empty one, which gets a 204
 *   again.
 * - A request `decided` too late (the session ended meanwhile) is not sent: the step then has no `reply` with
 *   it.
 */
import type { WireError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { assertNever } from '../result.ts';
import { answers, isAcsRequest, responseTo } from './acs-answers.ts';
import type { AcsMethod, CwmpFault, Envelope, Header, Request } from './messages.ts';
import type {
  AcsEffect,
  AcsEvent,
  AcsSession,
  AcsSettings,
  AcsState,
  AcsStep,
  Outcome,
  Sent,
} from './session-acs-types.ts';
import { chooseVersion } from './version.ts';

export type * from './session-acs-types.ts';

export const initial: AcsState = { at: 'idle', retries: 0 };

const ENDED: AcsState = { at: 'ended' };
const OUT_OF_ORDER: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_OUT_OF_ORDER', at: 0 } };
const UNKNOWN_SESSION: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_UNKNOWN', at: 0 } };
const BROKEN: AcsEffect = { do: 'reject', error: { code: 'E_SESSION_LOST', at: 0 } };

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
      return onInform(settings, { retries: state.retries, asked: 0 }, envelope);
    case 'recording':
    case 'deciding':
      return { state, effects: [OUT_OF_ORDER] };
    case 'listening':
    case 'awaiting':
      return onNext(settings, state, envelope);
    case 'ending':
    case 'ended':
      return { state, effects: [UNKNOWN_SESSION] };
    default:
      return assertNever(state);
  }
}

/** An Inform, or what came in its place: only Inform begins a session (3.7.1.1). */
function onInform(
  settings: AcsSettings,
  before: Pick<AcsSession, 'retries' | 'asked'>,
  envelope: Envelope,
): AcsStep {
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
    asked: before.asked,
    retries: before.retries,
    settled: [],
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
      if (state.session.asked >= LIMITS.requestsPerSession) return fail(sentOf(state), OUT_OF_ORDER);
      if (message.rpc !== 'Inform') return onRequest(settings, state, envelope, message);
      // Inform occurs once. Before anything else was said it is the first one sent again, perhaps with
      // another ID or body (Q-ID-07); later it is a new session, for which the shell opens a machine of its
      // own.
      return state.session.progress
        ? fail(sentOf(state), OUT_OF_ORDER)
        : onInform(settings, state.session, envelope);
    case 'unknown':
      // A method with a response's name asks for nothing, so that no fault may answer it (3.5).
      return message.name.endsWith('Response')
        ? onAnswer(state, envelope.id, { is: 'unanswered' })
        : unsupported(state, envelope, message.name);
    case 'response': {
      const fits = state.at === 'awaiting' && message.rpc === state.sent.request.rpc;
      return onAnswer(
        state,
        envelope.id,
        fits ? { is: 'response', response: message } : { is: 'unanswered' },
      );
    }
    case 'fault':
      return onAnswer(state, envelope.id, { is: 'fault', fault: message.fault });
    default:
      return assertNever(message);
  }
}

/**
 * A request of the CPE. It must not come while ours is outstanding (3.7.1.2), but the way on is plain: it is
 * answered, and ours stays outstanding, to be answered in the next POST or settled as unanswered by it.
 */
function onRequest(settings: AcsSettings, state: Open, envelope: Envelope, message: Request): AcsStep {
  if (!isAcsRequest(message) || !answers(settings, message.rpc))
    return unsupported(state, envelope, message.rpc);
  return record({ ...state.session, progress: true }, { ...envelope, message }, sentOf(state));
}

/** An unsupported RPC gets fault 8000 in a 200, not a 400 (3.7.2.4). */
function unsupported(state: Open, envelope: Envelope, name: string): AcsStep {
  const session = { ...state.session, progress: true, asked: state.session.asked + 1 };
  if (session.asked > LIMITS.requestsPerSession) return fail(sentOf(state), OUT_OF_ORDER);
  const FaultString = `Method not supported: ${name.slice(0, 64)}`;
  const fault: CwmpFault = { FaultCode: 8000, FaultString, SetParameterValuesFault: [] };
  return {
    state: { ...state, session },
    effects: [{ do: 'reply', envelope: answer(session, envelope, { kind: 'fault', fault }, {}) }],
  };
}

/**
 * A response or fault. It is about the request that is outstanding whatever ID it has (Q-ID-02, Q-ID-06),
 * unless it has the ID of an earlier one of ours: then it is a repeated or late POST, and taking it for the
 * answer would be wrong.
 */
function onAnswer(state: Open, id: string | undefined, outcome: Outcome): AcsStep {
  // With nothing outstanding there is nothing that it could answer.
  if (state.at === 'listening') return fail(undefined, OUT_OF_ORDER);
  const { session, sent } = state;
  if (id !== undefined && id !== sent.id && session.settled.includes(id))
    return { state, effects: [OUT_OF_ORDER] };
  return settleThenDecide(session, sent, outcome);
}

function onEmpty(state: AcsState): AcsStep {
  switch (state.at) {
    case 'idle':
      // Q-HT-07: the end of a session that we no longer know, by a CPE that wants to hear 204. No device, no
      // session.
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
      return { state, effects: [reject] };
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
  // "Retry request": the CPE sends the same Inform again in its next POST, and no session has begun yet
  // (3.7.1.6).
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
  const settled = [sent.id, ...session.settled].slice(0, LIMITS.settledIds);
  return {
    state: { at: 'deciding', session: { ...session, settled } },
    effects: [...settle(sent, outcome), { do: 'decide' }],
  };
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
