/**
 * The CPE's side of one CWMP session (TR-069a6 section 3.7.1), pure: `step(settings, state, event)` gives the
 * next state and what the shell has to do, in order. HTTP authentication and redirects are the shell's (it
 * repeats the POST itself and steps with the last response); time, ids and randomness are arguments.
 *
 * What always holds:
 * - One POST is out at a time: the next one is given only by the step of the response to the last, or by
 *   `performed` and `failed`, which answer a `perform`.
 * - At most one request of ours is outstanding; `delivered` or `undelivered` is given at most once for each.
 * - A request of the ACS is answered in the next POST (3.7.1.2), and nothing else is.
 * - `end` is given exactly once; later events have no effect.
 * - Requests of ours that were not answered stay in `pending`, also after the end: `following` takes them,
 *   and the count of ids, into the next session.
 */
import { assertNever } from '../result.ts';
import type {
  AcsMethod,
  CpeMethod,
  CwmpFault,
  Envelope,
  Message,
  Request,
  Response,
  RpcName,
} from './messages.ts';
import { isCpeRequest, RPCS } from './messages.ts';
import type {
  CpeEffect,
  CpeEnd,
  CpeEvent,
  CpeSession,
  CpeSettings,
  CpeState,
  CpeStep,
} from './session-cpe-types.ts';
import { concludeVersion, speaks } from './version.ts';

export type * from './session-cpe-types.ts';

export const initial: CpeState = { at: 'idle', ids: 0, pending: [] };

/**
 * The state in which the next session of the same device begins: ids continue, and unsent requests stay
 * queued.
 */
export function following(state: CpeState): CpeState {
  switch (state.at) {
    case 'idle':
    case 'ended':
      return { at: 'idle', ids: state.ids, pending: state.pending };
    case 'asking':
    case 'waiting':
    case 'performing':
      return { at: 'idle', ids: state.session.ids, pending: unanswered(state) };
    default:
      return assertNever(state);
  }
}

type Open = Extract<CpeState, { readonly session: CpeSession }>;

/** Handles one event. Total: any event in any state returns a state and effects, and never throws. */
export function step(settings: CpeSettings, state: CpeState, event: CpeEvent): CpeStep {
  if (event.is === 'enqueue') return { state: withPending(state, event.request), effects: [] };
  switch (state.at) {
    case 'idle':
      return event.is === 'begin' ? begin(settings, state, event) : { state, effects: [] };
    case 'ended':
      return { state, effects: [] };
    case 'asking':
    case 'waiting':
    case 'performing':
      return onOpen(settings, state, event);
    default:
      return assertNever(state);
  }
}

function withPending(state: CpeState, request: Request<AcsMethod>): CpeState {
  switch (state.at) {
    case 'idle':
    case 'ended':
      return { ...state, pending: [...state.pending, request] };
    case 'asking':
    case 'waiting':
    case 'performing':
      return { ...state, session: { ...state.session, pending: [...state.session.pending, request] } };
    default:
      return assertNever(state);
  }
}

function begin(
  settings: CpeSettings,
  state: Extract<CpeState, { at: 'idle' }>,
  { inform, requests }: Extract<CpeEvent, { is: 'begin' }>,
): CpeStep {
  const session: CpeSession = {
    ids: state.ids,
    pending: [...state.pending, ...requests],
    namespace: settings.namespace,
    version: undefined,
    held: false,
    emptySent: false,
    farewell: false,
  };
  return ask(settings, session, { kind: 'request', rpc: 'Inform', args: inform });
}

function onOpen(settings: CpeSettings, state: Open, event: Exclude<CpeEvent, { is: 'enqueue' }>): CpeStep {
  switch (event.is) {
    case 'begin':
      return { state, effects: [] };
    case 'timeout':
      return end(state, 'timeout');
    case 'lost':
      return end(state, 'lost');
    case 'unreadable':
      // An HTTP error often comes with a page for people; then the status counts.
      return end(state, isSuccess(event.status) ? 'unreadable' : 'http-status');
    case 'response':
      return onResponse(settings, state, event.status, event.envelope);
    case 'performed':
      return state.at === 'performing'
        ? onPerformed(settings, state, event.response)
        : { state, effects: [] };
    case 'failed':
      return state.at === 'performing'
        ? reply(settings, state.session, state.owed.id, { kind: 'fault', fault: event.fault })
        : { state, effects: [] };
    default:
      return assertNever(event);
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status < 300;

function onResponse(
  settings: CpeSettings,
  state: Open,
  status: number,
  envelope: Envelope | undefined,
): CpeStep {
  if (!isSuccess(status)) return end(state, 'http-status');
  switch (state.at) {
    case 'performing':
      // We have no POST outstanding.
      return end(state, 'protocol-error');
    case 'asking':
      // A request that is not answered in the response to it is never answered (3.7.2.2).
      return envelope === undefined ? end(state, 'protocol-error') : onAnswer(settings, state, envelope);
    case 'waiting':
      return envelope === undefined ? onEmpty(settings, state) : onRequest(settings, state, envelope);
    default:
      return assertNever(state);
  }
}

type Asking = Extract<CpeState, { at: 'asking' }>;
type Waiting = Extract<CpeState, { at: 'waiting' }>;
type Performing = Extract<CpeState, { at: 'performing' }>;

/**
 * The answer to our request. Its ID is ignored: only one request is outstanding, so it cannot answer another.
 */
function onAnswer(settings: CpeSettings, state: Asking, envelope: Envelope): CpeStep {
  const { message } = envelope;
  const { request } = state;
  switch (message.kind) {
    case 'request':
    case 'unknown':
      // The ACS owes an answer and must not ask (3.7.2.3).
      return end(state, 'protocol-error');
    case 'fault':
      return onFault(settings, state, envelope, message.fault);
    case 'response': {
      if (message.rpc !== request.rpc || !isAcsResponse(message)) return end(state, 'protocol-error');
      const delivered: CpeEffect = { do: 'delivered', request, response: message };
      const session = { ...state.session, held: envelope.header.HoldRequests === true };
      if (request.rpc !== 'Inform') return after(delivered, next(settings, session));
      const agreed = concludeVersion(settings.versions, settings.namespace, envelope);
      if (!agreed.ok) return end(state, 'version');
      const { version, namespace } = agreed;
      return after(delivered, next(settings, { ...session, version, namespace }));
    }
    default:
      return assertNever(message);
  }
}

function onFault(settings: CpeSettings, state: Asking, envelope: Envelope, fault: CwmpFault): CpeStep {
  const { request, retries, session } = state;
  if (fault.FaultCode === 8005) {
    // The identical request, Inform included, in the next POST (3.7.1.6).
    if (retries >= settings.maxRetries) return end(state, 'too-many-retries');
    return {
      state: { ...state, retries: retries + 1 },
      effects: [{ do: 'post', envelope: state.envelope }],
    };
  }
  const undelivered: CpeEffect = { do: 'undelivered', request, fault };
  if (request.rpc === 'Inform') return after(undelivered, end(state, 'inform-refused'));
  return after(undelivered, next(settings, { ...session, held: envelope.header.HoldRequests === true }));
}

/** An envelope while none of ours is outstanding: it can only be a request of the ACS. */
function onRequest(settings: CpeSettings, state: Waiting, envelope: Envelope): CpeStep {
  const { message, id } = envelope;
  const session = { ...state.session, held: envelope.header.HoldRequests === true };
  switch (message.kind) {
    case 'response':
    case 'fault':
      return end(state, 'protocol-error');
    case 'unknown':
      return message.name.endsWith('Response')
        ? end(state, 'protocol-error')
        : unsupported(settings, session, id, message.name);
    case 'request':
      if (!isCpeRequest(message) || isTooNew(settings, session, message.rpc))
        return unsupported(settings, session, id, message.rpc);
      return {
        state: { at: 'performing', session, owed: { id, request: message } },
        effects: [{ do: 'perform', request: message }],
      };
    default:
      return assertNever(message);
  }
}

function isAcsResponse(response: Response): response is Response<AcsMethod> {
  return RPCS[response.rpc].by !== 'CPE';
}

/**
 * A method that is in no schema, or that only an ACS answers. Others that a device lacks are reported with
 * `failed`.
 */
function unsupported(
  settings: CpeSettings,
  session: CpeSession,
  id: string | undefined,
  name: string,
): CpeStep {
  const FaultString = `Method not supported: ${name.slice(0, 64)}`;
  const fault: CwmpFault = { FaultCode: 9000, FaultString, SetParameterValuesFault: [] };
  return reply(settings, session, id, { kind: 'fault', fault });
}

function onPerformed(settings: CpeSettings, state: Performing, response: Response<CpeMethod>): CpeStep {
  const { session, owed } = state;
  if (response.rpc === owed.request.rpc) return reply(settings, session, owed.id, response);
  // If a device answers something other than what was requested, that must not go on the wire.
  const fault: CwmpFault = { FaultCode: 9002, FaultString: 'Internal error', SetParameterValuesFault: [] };
  return reply(settings, session, owed.id, { kind: 'fault', fault });
}

/** An empty response: HoldRequests is false, and the ACS has nothing to ask now (3.7.1.3, 3.7.1.4). */
function onEmpty(settings: CpeSettings, state: Waiting): CpeStep {
  const session = { ...state.session, held: false };
  if (!session.emptySent) return next(settings, session);
  if (settings.termination === 'am1' || session.farewell) return end({ ...state, session }, 'done');
  return {
    state: { at: 'waiting', session: { ...session, farewell: true } },
    effects: [{ do: 'post-empty' }],
  };
}

/**
 * What is sent when no answer is owed to the ACS. After our empty POST, no more requests (3.7.1.3 Table 7).
 */
function next(settings: CpeSettings, session: CpeSession): CpeStep {
  const first = session.pending.findIndex(({ rpc }) => !isTooNew(settings, session, rpc));
  const request = session.pending[first];
  if (request !== undefined && !session.held) {
    const pending = session.pending.toSpliced(first, 1);
    return ask(settings, { ...session, pending }, request);
  }
  return {
    state: { at: 'waiting', session: { ...session, emptySent: !session.held } },
    effects: [{ do: 'post-empty' }],
  };
}

/** Whether the version that both sides agreed on is too old for an RPC that this device supports. */
function isTooNew({ newest }: CpeSettings, { version }: CpeSession, rpc: RpcName): boolean {
  return newest !== undefined && version !== undefined && version !== newest && !speaks(version, rpc);
}

function ask(settings: CpeSettings, session: CpeSession, request: Request<AcsMethod>): CpeStep {
  const ids = session.ids + 1;
  const header = request.rpc === 'Inform' ? settings.informHeader : {};
  const envelope: Envelope = { id: settings.id(ids), namespace: session.namespace, header, message: request };
  return {
    state: { at: 'asking', session: { ...session, ids }, request, envelope, retries: 0 },
    effects: [{ do: 'post', envelope }],
  };
}

function reply(
  settings: CpeSettings,
  session: CpeSession,
  to: string | undefined,
  message: Message,
): CpeStep {
  const id = settings.answerId(to, session.ids + 1);
  // Only a device that does not echo uses up an id of its own (Q-ID-06).
  const ids = id === to ? session.ids : session.ids + 1;
  return {
    state: { at: 'waiting', session: { ...session, ids } },
    effects: [{ do: 'post', envelope: { id, namespace: session.namespace, header: {}, message } }],
  };
}

const after = (first: CpeEffect, { state, effects }: CpeStep): CpeStep => ({
  state,
  effects: [first, ...effects],
});

/** Our requests that the ACS has not answered; each session has an Inform of its own. */
function unanswered(state: Open): readonly Request<AcsMethod>[] {
  const { pending } = state.session;
  return state.at === 'asking' && state.request.rpc !== 'Inform' ? [state.request, ...pending] : pending;
}

function end(state: Open, why: CpeEnd): CpeStep {
  const { ids, version } = state.session;
  const ok = why === 'done';
  return {
    state: { at: 'ended', ok, ids, pending: unanswered(state), version },
    effects: [{ do: 'end', ok, why }],
  };
}
