/**
 * What the POSTs of one session show together: the quirks that no single message and no single request has.
 * Pure, like the session machine; the shell passes in each POST and keeps the state.
 */
import type { Noted, QuirkId } from '../quirks/note.ts';
import type { Envelope } from './messages.ts';

/** One POST of a session. */
export interface SeenPost {
  /** Its envelope, if any. */
  readonly envelope: Envelope | undefined;
  /** Whether a session cookie of ours came with it. */
  readonly cookie: boolean;
}

export interface SeenTurn extends SeenPost {
  /** Our request that it should answer, if one was out. */
  readonly awaited?: { readonly id: string | undefined } | undefined;
  /** Whether it came over the connection of the POST before. */
  readonly sameConnection: boolean;
  /** Whether the session had ended with our empty answer. */
  readonly over: boolean;
}

/** What is remembered of a session from one POST to the next. */
export interface SeenSession {
  readonly namespace: string;
  /** IDs of the modem's own requests; a session has a handful, and no more are kept. */
  readonly ids: readonly string[];
}

export interface Seen {
  readonly session: SeenSession;
  readonly notes: readonly Noted[];
}

const IDS_KEPT = 16;

const noted = (id: QuirkId, detail?: string): Noted =>
  detail === undefined ? { id, at: -1 } : { id, at: -1, detail: detail.slice(0, 48) };

/**
 * The Inform that begins a session. `older`: the device has another one that has not ended; broken when the
 * modem has closed the connection of that one, as it does when it starts again.
 */
export function seeInform(inform: Envelope, cookie: boolean, older?: 'open' | 'broken'): Seen {
  const notes: Noted[] = [];
  if (older === 'open') notes.push(noted('Q-EV-08'));
  // While a session is open its cookie is no leftover, but a sign of the same client.
  else if (cookie && older === undefined) notes.push(noted('Q-CK-07'));
  const ids = inform.id === undefined || inform.id === '' ? [] : [inform.id];
  return { session: { namespace: inform.namespace, ids }, notes };
}

/** Each POST after the Inform. */
export function seeTurn(session: SeenSession, turn: SeenTurn): Seen {
  const notes: Noted[] = [];
  const { envelope, awaited } = turn;
  if (!turn.cookie) notes.push(noted('Q-CK-08'));
  if (!turn.sameConnection) notes.push(noted('Q-HT-09'));
  if (envelope === undefined) {
    if (turn.over) notes.push(noted('Q-EV-11'));
    else if (awaited !== undefined) notes.push(noted('Q-HT-08'));
    return { session, notes };
  }
  if (envelope.namespace !== session.namespace) notes.push(noted('Q-NS-07', envelope.namespace));
  const { kind } = envelope.message;
  if (kind === 'response' || kind === 'fault') {
    if (awaited?.id !== undefined) notes.push(...answerNotes(session, envelope.id, awaited.id));
    return { session, notes };
  }
  const { id } = envelope;
  if (id === undefined || id === '') return { session, notes };
  if (session.ids.includes(id)) notes.push(noted('Q-ID-11', id));
  const ids = session.ids.length < IDS_KEPT ? [...session.ids, id] : session.ids;
  return { session: { ...session, ids }, notes };
}

/**
 * An ID that differs in white space alone is a quirk of its own (Q-ID-04), and so is an empty one (Q-ID-03).
 */
function answerNotes({ ids }: SeenSession, id: string | undefined, awaited: string): readonly Noted[] {
  if (id === undefined) return [noted('Q-ID-02')];
  if (id === '' || id.trim() === awaited.trim()) return [];
  return [noted(ids.includes(id) ? 'Q-ID-05' : 'Q-ID-06', id)];
}
