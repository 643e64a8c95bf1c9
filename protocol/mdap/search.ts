/**
 * The host's search: the same question several times, since answers are lost where many come at once, and the
 * answers merged by ANT-ID. An IP address tells no ant from another: fresh from the factory all have the
 * same. Pure: `step(settings, state, event)`.
 */
import { LIMITS } from '../limits.ts';
import { assertNever } from '../result.ts';
import type { ReplyAntSearch } from './messages.ts';
import { encodeMessage } from './messages.ts';
import type { HostSettings } from './settings.ts';

export interface FoundAnt {
  readonly antId: string;
  /** The first answer of it. */
  readonly reply: ReplyAntSearch;
  /** IPv4 address that the answer came from. */
  readonly source: string;
  /** Every ANT-MAC seen with this ANT-ID, in that order; two or more are two ants. */
  readonly macs: readonly string[];
}

export interface SearchState {
  readonly at: 'idle' | 'searching' | 'ended';
  /** Rounds that were sent. */
  readonly rounds: number;
  readonly found: ReadonlyMap<string, FoundAnt>;
  /** End when this many are found; without it, when the time is over. */
  readonly enough: number | undefined;
}

export type SearchEvent =
  | { readonly is: 'begin' }
  | { readonly is: 'reply'; readonly message: ReplyAntSearch; readonly source: string }
  /** The time of `timer` is over. */
  | { readonly is: 'timeout' }
  | { readonly is: 'cancel' };

export type SearchEffect =
  | { readonly do: 'send'; readonly bytes: Uint8Array; readonly legacy: boolean }
  | { readonly do: 'timer'; readonly ms: number }
  /** An ant that was not found before, or one more MAC address under its ANT-ID. */
  | { readonly do: 'found'; readonly ant: FoundAnt }
  | { readonly do: 'end'; readonly ants: readonly FoundAnt[] };

export interface SearchStep {
  readonly state: SearchState;
  readonly effects: readonly SearchEffect[];
}

export const initial = (enough?: number): SearchState => ({
  at: 'idle',
  rounds: 0,
  found: new Map(),
  enough,
});

/** The search as it is sent. */
export const searchBytes = (version: string): Uint8Array =>
  encodeMessage({ kind: 'ANT-SEARCH', version, extra: [], body: undefined });

/** Handles one event. Total: any event in any state returns a state and effects, and never throws. */
export function step(settings: HostSettings, state: SearchState, event: SearchEvent): SearchStep {
  if (state.at === 'ended') return { state, effects: [] };
  switch (event.is) {
    case 'begin':
      return state.at === 'idle' ? round(settings, state) : { state, effects: [] };
    case 'cancel':
      return end(state);
    case 'timeout':
      if (state.at === 'idle') return { state, effects: [] };
      return state.rounds < settings.search.rounds ? round(settings, state) : end(state);
    case 'reply':
      return state.at === 'idle' ? { state, effects: [] } : onReply(state, event.message, event.source);
    default:
      return assertNever(event);
  }
}

function round({ search, searchVersion, legacy10 }: HostSettings, state: SearchState): SearchStep {
  const rounds = state.rounds + 1;
  return {
    state: { ...state, at: 'searching', rounds },
    effects: [
      { do: 'send', bytes: searchBytes(searchVersion), legacy: false },
      ...(legacy10 ? [{ do: 'send', bytes: searchBytes('1.0'), legacy: true } as const] : []),
      { do: 'timer', ms: rounds < search.rounds ? search.interval : search.wait },
    ],
  };
}

function onReply(state: SearchState, reply: ReplyAntSearch, source: string): SearchStep {
  const { antId } = reply;
  if (antId === undefined || antId === '') return { state, effects: [] };
  const mac = (reply.antMac ?? '').toUpperCase();
  const known = state.found.get(antId);
  if (known?.macs.includes(mac) === true || (known?.macs.length ?? 0) >= LIMITS.mdapMacs)
    return { state, effects: [] };
  if (known === undefined && state.found.size >= LIMITS.mdapAnts) return { state, effects: [] };
  const ant: FoundAnt =
    known === undefined ? { antId, reply, source, macs: [mac] } : { ...known, macs: [...known.macs, mac] };
  const next = { ...state, found: new Map(state.found).set(antId, ant) };
  const news = { do: 'found', ant } as const;
  if (state.enough === undefined || next.found.size < state.enough) return { state: next, effects: [news] };
  const ended = end(next);
  return { ...ended, effects: [news, ...ended.effects] };
}

const end = (state: SearchState): SearchStep => ({
  state: { ...state, at: 'ended' },
  effects: [{ do: 'end', ants: [...state.found.values()] }],
});
