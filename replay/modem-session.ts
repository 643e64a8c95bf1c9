/** One recorded session of a modem, played again to an ACS. */
import type { Envelope, Message } from '../protocol/cwmp/messages.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Asked } from './aligned.ts';
import { align } from './aligned.ts';
import type { Next, TalkPlay } from './modem-client.ts';
import { Talk } from './modem-client.ts';
import type { Plan, RecordedAsk, Send } from './plan.ts';
import { askedOf, requestIn } from './plan.ts';
import type { AnswerSource, HeldAnswers } from './recorded-answers.ts';
import type { Said } from './response.ts';
import { compareEnvelopes, compareSaid, saidThen } from './response.ts';

export interface SessionPlay extends TalkPlay {
  readonly held: HeldAnswers;
  /** Counts where answers came from. */
  readonly answered: (from: AnswerSource) => void;
}

interface LiveAsk extends Asked {
  readonly envelope: Envelope;
  readonly said: Said;
  readonly from: AnswerSource;
}

export async function playSession(play: SessionPlay): Promise<void> {
  const { found, held, plan, settings } = play;
  const talk = new Talk(play);
  const asked: LiveAsk[] = [];
  const most = Math.max(LIMITS.requestsPerSession, 2 * plan.recorded.turns.length);
  let own = 0;
  let next: Next | undefined = ownAt(plan, own);
  let last: Said | undefined;
  let compared = false;
  try {
    for (let count = 0; next !== undefined; count += 1) {
      if (count > most) {
        const path = 'Session';
        found.add({ kind: 'broken', session: plan.number, path, live: `more than ${most} requests` });
        break;
      }
      const said = await talk.say(next);
      if (said === undefined) break;
      last = said;
      const request = requestIn(said.content);
      compared = next.is === 'own' && compareOwn(play, next.send, said);
      if (request !== undefined) {
        const one = askedOf(request, found.ignores);
        const answer = held.answer(request.message, one);
        const from = answer.from === 'silence' ? 'capture' : answer.from;
        asked.push({ ...one, envelope: request, said, from });
        if (answer.from === 'silence') break;
        play.answered(answer.from);
        next = { is: 'answer', answer, id: request.id };
      } else {
        own += goesOn(plan, own, next, said) ? 1 : plan.own.length;
        next = ownAt(plan, own);
      }
    }
  } finally {
    talk.close();
  }
  if (settings.signal?.aborted === true) return;
  compareAsked(play, asked);
  if (last !== undefined && !compared) compareEnd(play, last);
}

function ownAt({ own }: Plan, index: number): Next | undefined {
  const send = own[index];
  return send === undefined ? undefined : { is: 'own', send };
}

/** Whether the modem goes on after what was no request: a session is over when the ACS has nothing and nor has the modem. */
function goesOn({ own }: Plan, index: number, next: Next, { content }: Said): boolean {
  if (content.is === 'message') return true;
  if (own[index + 1] === undefined) return false;
  // One that went on over an error or an empty answer did so for reasons of its own.
  return sentIn(next)?.final.response?.content.is === content.is;
}

function sentIn(next: Next): Send | undefined {
  if (next.is === 'own') return next.send;
  return next.answer.from === 'capture' ? next.answer.send : undefined;
}

/** What the ACS says to a word of the modem; its requests are compared all together. False: it was left for later. */
function compareOwn({ found, plan }: SessionPlay, send: Send, said: Said): boolean {
  const { request, response } = send.final;
  if (response === undefined) return false;
  const asks = [response.content, said.content].map((content) => requestIn(content) !== undefined);
  // An empty POST gives the ACS the turn; that it asks something in the place of an answer is odd.
  if (asks.every(Boolean) || (request.content.is === 'empty' && asks.some(Boolean))) return false;
  compareSaid(found, plan.number, saidThen(response), said);
  return true;
}

function compareAsked({ found, plan }: SessionPlay, asked: readonly LiveAsk[]): void {
  const session = plan.number;
  const { added, missing, order, pairs } = align<RecordedAsk, LiveAsk>(plan.asks, asked);
  for (const { live, recorded } of pairs) {
    const { response } = recorded.turn;
    if (response !== undefined) compareSaid(found, session, saidThen(response), live.said);
    else compareEnvelopes(found, session, recorded.name, recorded.envelope, live.envelope);
    if (live.from === 'nobody')
      found.add({ kind: 'field', session, path: `${live.name}.Answer`, note: NO_ANSWER });
  }
  if (order !== undefined)
    found.add({
      ...{ kind: 'order', session, path: 'Requests.order' },
      ...{ recorded: order.recorded.join(', '), live: order.live.join(', ') },
    });
  for (const { envelope, name } of missing)
    found.add({ kind: 'missing', session, path: name, recorded: summary(envelope.message) });
  for (const { envelope, from, name } of added) {
    const live = summary(envelope.message);
    found.add({ kind: 'added', session, path: name, live, note: ANSWERED[from] });
  }
}

const NO_ANSWER = 'the capture holds no answer: a fault was sent';
const ANSWERED: Readonly<Record<AnswerSource, string>> = {
  capture: 'answered from the capture',
  values: 'answered from recorded values',
  clone: 'answered by the clone',
  profile: 'answered by the profile',
  nobody: NO_ANSWER,
};

/** A request in a line of bounded length. */
export function summary(message: Message): string {
  const text = message.kind === 'request' ? JSON.stringify(message.args) : '';
  return text.length > SUMMARY ? `${text.slice(0, SUMMARY - 1)}…` : text;
}

const SUMMARY = 200;

/** How the session ended: with nothing to say, or with an error. */
function compareEnd({ found, plan }: SessionPlay, last: Said): void {
  if (plan.end === undefined || last.content.is === 'message' || plan.end.content.is === 'message') return;
  compareSaid(found, plan.number, saidThen(plan.end), last);
}
