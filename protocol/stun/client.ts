/**
 * The modem's side of STUN (TR-069 Annex G, G.2.1), pure: `stepStun(settings, state, event)` gives the next
 * state and what the shell has to do. It learns under which address the modem is seen from outside, tells the
 * server of each change, keeps the binding of a NAT alive, and finds out how long that lives without traffic.
 *
 * What always holds: one transaction is open at a time, and while none is, exactly one `wait` is; every
 * answer that is not the open transaction's changes nothing.
 */
import { assertNever } from '../result.ts';
import type { Endpoint, Hmac, ReadStun, StunMessage } from './message.ts';
import { isGenuine, readStun, writeStun } from './message.ts';

/** The port at which connection requests are taken, or the second one that is only for the search. */
export type StunPort = 'primary' | 'secondary';

export interface StunSettings {
  /** Address of the primary port as the modem itself sees it. */
  readonly local: Endpoint;
  /** STUNMinimumKeepAlivePeriod and STUNMaximumKeepAlivePeriod in seconds; -1: no maximum. */
  readonly minimum: number;
  readonly maximum: number;
  /** STUNUsername and STUNPassword; empty: none. */
  readonly username: Uint8Array;
  readonly password: Uint8Array;
  /** 16 unpredictable bytes for the n-th request. */
  readonly transactionId: (n: number) => Uint8Array;
  readonly hmac: Hmac;
}

/** Ends of what is known of the life of a binding, in seconds. */
interface Search {
  /** It lives this long. */
  readonly low: number;
  /** It does not live this long; `undefined` if that is not known. */
  readonly high: number | undefined;
  /** No keep-alive may be longer. */
  readonly limit: number;
}

interface Transaction {
  readonly for: 'binding' | 'change' | 'search';
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signed: boolean;
  readonly tries: number;
}

export interface StunState {
  readonly ids: number;
  /** The address that the server saw last. */
  readonly mapped: Endpoint | undefined;
  readonly open: Transaction | undefined;
  /** `undefined` when the period is found. */
  readonly search: Search | undefined;
  /** Seconds of silence after which the binding is looked at; only after the server has answered. */
  readonly trial: number | undefined;
  /** Seconds after which no answer came through, until the server proves that it still answers at all. */
  readonly doubtful: number | undefined;
  /** Seconds between two keep-alives. */
  readonly period: number;
  /** Changes of the address one right after another. */
  readonly changes: number;
}

export type StunEvent =
  | { readonly is: 'start' }
  | { readonly is: 'datagram'; readonly on: StunPort; readonly bytes: Uint8Array }
  /** The time of `retry` is over. */
  | { readonly is: 'unanswered' }
  /** The time of `wait` is over. */
  | { readonly is: 'due' };

export type StunEffect =
  | { readonly do: 'send'; readonly from: StunPort; readonly bytes: Uint8Array }
  /**
   * Pass in `unanswered` after this many steps of the retry time, in real time, unless `settled` comes first.
   */
  | { readonly do: 'retry'; readonly steps: number }
  /** The open transaction is over. */
  | { readonly do: 'settled' }
  /** Pass in `due` after this many seconds of the modem's time. */
  | { readonly do: 'wait'; readonly seconds: number }
  /** The modem is seen as this from outside: another address than before. */
  | { readonly do: 'mapped'; readonly endpoint: Endpoint; readonly translated: boolean }
  /** Keep-alives are sent at this period from now on. */
  | { readonly do: 'found'; readonly seconds: number };

export interface StunStep {
  readonly state: StunState;
  readonly effects: readonly StunEffect[];
}

/** RFC 3489 9.3: nine times, after 100 ms, then twice as long each time up to 1.6 s. */
const MAX_TRIES = 9;
const MAX_STEPS = 16;
/**
 * Changes that are followed at once; a server that tells another address each time is asked again after the
 * period.
 */
const MAX_CHANGES = 3;
/** Seconds beyond which the life of a binding is of no interest. */
const LONGEST = 3600;

/** Real milliseconds of one step of the retry time (RFC 3489 9.3). */
export const STUN_STEP_MS = 100;

export function initialStun({ minimum, maximum }: StunSettings): StunState {
  const period = Math.max(1, minimum);
  return {
    ids: 0,
    changes: 0,
    period,
    search: searchFrom(period, maximum),
    mapped: undefined,
    open: undefined,
    trial: undefined,
    doubtful: undefined,
  };
}

/** One event. Total: any event in any state gives a state and effects, never a throw. */
export function stepStun(settings: StunSettings, state: StunState, event: StunEvent): StunStep {
  switch (event.is) {
    case 'start':
      return state.open === undefined ? ask(settings, state, 'binding') : { state, effects: [] };
    case 'due':
      if (state.open !== undefined) return { state, effects: [] };
      return ask(settings, { ...state, changes: 0 }, state.trial === undefined ? 'binding' : 'search');
    case 'unanswered':
      return onSilence(settings, state);
    case 'datagram':
      return onDatagram(settings, state, event);
    default:
      return assertNever(event);
  }
}

function ask(settings: StunSettings, state: StunState, why: Transaction['for'], signed = false): StunStep {
  const ids = state.ids + 1;
  const id = settings.transactionId(ids);
  const bytes = writeStun(
    why === 'search' ? searching(id, state.mapped) : binding(id, why, settings.username),
    signed ? { key: settings.password, hmac: settings.hmac } : undefined,
  );
  return {
    state: { ...state, ids, open: { for: why, id, bytes, signed, tries: 1 } },
    effects: [
      { do: 'send', from: portOf(why), bytes },
      { do: 'retry', steps: 1 },
    ],
  };
}

const portOf = (why: Transaction['for']): StunPort => (why === 'search' ? 'secondary' : 'primary');

function searching(id: Uint8Array, mapped: Endpoint | undefined): StunMessage {
  return { kind: 'request', id, ...(mapped === undefined ? {} : { responseAddress: mapped }) };
}

function binding(id: Uint8Array, why: Transaction['for'], username: Uint8Array): StunMessage {
  return {
    kind: 'request',
    id,
    connectionRequestBinding: true,
    ...(why === 'change' ? { bindingChange: true } : {}),
    ...(username.length > 0 ? { username } : {}),
  };
}

function onSilence(settings: StunSettings, state: StunState): StunStep {
  const { open } = state;
  if (open === undefined) return { state, effects: [] };
  const { tries, bytes } = open;
  if (tries < MAX_TRIES)
    return {
      state: { ...state, open: { ...open, tries: tries + 1 } },
      effects: [
        { do: 'send', from: portOf(open.for), bytes },
        { do: 'retry', steps: Math.min(2 ** tries, MAX_STEPS) },
      ],
    };
  if (open.for !== 'search') return fail(state);
  // Nothing came through to the primary port: the binding is gone, or the server is. The next answer tells
  // which.
  const doubtful = { ...state, open: undefined, trial: undefined, doubtful: state.trial };
  return after([SETTLED], ask(settings, doubtful, 'binding'));
}

function onDatagram(
  settings: StunSettings,
  state: StunState,
  { on, bytes }: Extract<StunEvent, { is: 'datagram' }>,
): StunStep {
  const { open } = state;
  const read = readStun(bytes);
  if (open === undefined || !read.ok) return { state, effects: [] };
  const { message } = read.value;
  if (message.kind === 'request' || !isSame(message.id, open.id)) return { state, effects: [] };
  if (open.for === 'search') return onFound(settings, state, on, message);
  if (on === 'secondary') return { state, effects: [] };
  if (message.kind === 'error') return onError(settings, state, open, message);
  // What is not signed as our request was may come from anybody.
  if (open.signed && !isGenuine(bytes, read.value, settings.password, settings.hmac))
    return { state, effects: [] };
  return onAnswer(settings, state, read.value);
}

/** An answer to the request from the second port. */
function onFound(settings: StunSettings, state: StunState, on: StunPort, message: StunMessage): StunStep {
  const { search, trial } = state;
  const idle: StunState = { ...state, open: undefined, trial: undefined };
  // A server that answers to nowhere else leaves nothing to find out: the shortest period is safe.
  if (on === 'secondary') {
    const found: StunEffect = { do: 'found', seconds: state.period };
    return after([SETTLED, found], ask(settings, { ...idle, search: undefined }, 'binding'));
  }
  if (message.kind !== 'response' || search === undefined || trial === undefined)
    return { state, effects: [] };
  const { state: known, effects } = learn(idle, { ...search, low: trial });
  // It came through to the primary port: so long does the binding live. The next trial begins with a new
  // packet.
  return after([SETTLED, ...effects], ask(settings, known, 'binding'));
}

function onError(
  settings: StunSettings,
  state: StunState,
  open: Transaction,
  { error }: StunMessage,
): StunStep {
  const knows = settings.username.length > 0 && settings.password.length > 0;
  if (error?.code !== 401 || open.signed || !knows) return fail(state);
  return after([SETTLED], ask(settings, { ...state, open: undefined }, open.for, true));
}

function onAnswer(settings: StunSettings, state: StunState, { message, notUnderstood }: ReadStun): StunStep {
  const { mappedAddress: mapped } = message;
  // RFC 3489 9.4: an answer with something that must be understood and is not counts as none.
  if (mapped === undefined || notUnderstood.length > 0) return fail(state);
  const answered: StunState = { ...state, open: undefined };
  if (state.mapped !== undefined && isEqual(mapped, state.mapped)) return succeed(answered);
  const mapping: StunEffect = {
    do: 'mapped',
    endpoint: mapped,
    translated: !isEqual(mapped, settings.local),
  };
  const changed: StunState = {
    ...answered,
    mapped,
    changes: state.changes + 1,
    ...outdated(settings, state),
  };
  if (changed.changes > MAX_CHANGES) return after([mapping], succeed(changed));
  return after([SETTLED, mapping], ask(settings, changed, 'change'));
}

/**
 * A binding that was lost within the period that was found lives shorter now: the search begins again below
 * it.
 */
function outdated(settings: StunSettings, { mapped, search, period }: StunState): Partial<StunState> {
  const shortest = Math.max(1, settings.minimum);
  if (mapped === undefined || search !== undefined || period <= shortest) return {};
  return { period: shortest, search: { low: shortest, high: period, limit: period } };
}

/**
 * The server has answered: what was doubtful is certain, and the next wait is a trial as long as one
 * searches.
 */
function succeed(state: StunState): StunStep {
  const { search, doubtful } = state;
  const { state: known, effects } =
    search === undefined || doubtful === undefined
      ? { state, effects: [] }
      : learn(state, { ...search, high: doubtful });
  const trial = known.search === undefined ? undefined : trialOf(known.search);
  return {
    state: { ...known, doubtful: undefined, trial },
    effects: [SETTLED, ...effects, { do: 'wait', seconds: trial ?? known.period }],
  };
}

/** No answer of use: the next keep-alive tries again. */
function fail(state: StunState): StunStep {
  return {
    state: { ...state, open: undefined, trial: undefined, doubtful: undefined },
    effects: [SETTLED, { do: 'wait', seconds: state.period }],
  };
}

/** Ends the search when the remaining interval is small compared to the period. */
function learn(state: StunState, search: Search): StunStep {
  const { low, high, limit } = search;
  const open = high === undefined ? low < limit : high - low > Math.max(1, low / 10);
  if (open) return { state: { ...state, search }, effects: [] };
  return { state: { ...state, search: undefined, period: low }, effects: [{ do: 'found', seconds: low }] };
}

function searchFrom(low: number, maximum: number): Search | undefined {
  const limit = maximum < 0 ? LONGEST : maximum;
  return limit > low ? { low, high: undefined, limit } : undefined;
}

/** Twice as long each time, so that a binding is not lost for long; then halfway. */
function trialOf({ low, high, limit }: Search): number {
  return high === undefined ? Math.min(2 * low, limit) : Math.max(low + 1, Math.floor((low + high) / 2));
}

const SETTLED: StunEffect = { do: 'settled' };

const after = (first: readonly StunEffect[], { state, effects }: StunStep): StunStep => ({
  state,
  effects: [...first, ...effects],
});

const isEqual = (a: Endpoint, b: Endpoint): boolean => a.address === b.address && a.port === b.port;

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);
