/** One recorded session of a modem, replayed to an ACS. */
import type { Envelope, Message } from '../protocol/cwmp/messages.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { ComparableRequest } from './aligned.ts';
import { align } from './aligned.ts';
import type { ModemClientInput, Next } from './modem-client.ts';
import { ModemClient } from './modem-client.ts';
import type { Plan, RecordedRequest, RecordedSend } from './plan.ts';
import { comparableOf, requestIn } from './plan.ts';
import type { AnswerSource, RecordedAnswers } from './recorded-answers.ts';
import type { PeerMessage } from './response.ts';
import { compareEnvelopes, compareMessages, recordedMessage } from './response.ts';

export interface SessionInput extends ModemClientInput {
  readonly answers: RecordedAnswers;
  /** Called with where an answer came from. */
  readonly onAnswer: (from: AnswerSource) => void;
}

interface LiveRequest extends ComparableRequest {
  readonly envelope: Envelope;
  readonly said: PeerMessage;
  readonly from: AnswerSource;
}

export async function playSession(input: SessionInput): Promise<void> {
  const session = new ModemSession(input);
  await session.play();
  if (input.settings.signal?.aborted !== true) session.compare();
}

class ModemSession {
  readonly #input: SessionInput;
  readonly #requests: LiveRequest[] = [];
  /** How many of the modem's own messages were sent. */
  #own = 0;
  #last: PeerMessage | undefined;
  #isLastCompared = false;

  constructor(input: SessionInput) {
    this.#input = input;
  }

  async play(): Promise<void> {
    const { found, plan } = this.#input;
    const client = new ModemClient(this.#input);
    const limit = Math.max(LIMITS.requestsPerSession, 2 * plan.recorded.exchanges.length);
    try {
      let next = ownAt(plan, 0);
      for (let count = 0; next !== undefined; count += 1) {
        if (count > limit) {
          const live = `more than ${limit} requests`;
          found.add({ kind: 'broken', session: plan.number, path: 'Session', live });
          return;
        }
        const said = await client.send(next);
        if (said === undefined) return;
        next = this.#after(next, said);
      }
    } finally {
      client.close();
    }
  }

  /** Adds how this session differs from the recorded one. */
  compare(): void {
    compareRequests(this.#input, this.#requests);
    if (this.#last !== undefined && !this.#isLastCompared) compareEnd(this.#input, this.#last);
  }

  /** What the modem sends next; `undefined`: its session is over. */
  #after(sent: Next, said: PeerMessage): Next | undefined {
    const { plan } = this.#input;
    this.#last = said;
    const request = requestIn(said.content);
    this.#isLastCompared = sent.is === 'own' && compareOwn(this.#input, sent.send, said);
    if (request !== undefined) return this.#answer(request, said);
    this.#own += goesOn(plan, this.#own, sent, said) ? 1 : plan.own.length;
    return ownAt(plan, this.#own);
  }

  #answer(request: Envelope, said: PeerMessage): Next | undefined {
    const { answers, found, onAnswer } = this.#input;
    const comparable = comparableOf(request, found.ignores);
    const answer = answers.answer(request.message, comparable);
    const from = answer.from === 'silence' ? 'capture' : answer.from;
    this.#requests.push({ ...comparable, envelope: request, said, from });
    if (answer.from === 'silence') return undefined;
    onAnswer(answer.from);
    return { is: 'answer', answer, id: request.id };
  }
}

function ownAt({ own }: Plan, index: number): Next | undefined {
  const send = own[index];
  return send === undefined ? undefined : { is: 'own', send };
}

/**
 * Whether the modem goes on after a response without a request: a session ends when neither side has anything
 * more.
 */
function goesOn({ own }: Plan, index: number, next: Next, { content }: PeerMessage): boolean {
  if (content.is === 'message') return true;
  if (own[index + 1] === undefined) return false;
  // A modem that went on after an error or an empty response had its own reasons.
  return sentIn(next)?.final.response?.content.is === content.is;
}

function sentIn(next: Next): RecordedSend | undefined {
  if (next.is === 'own') return next.send;
  return next.answer.from === 'capture' ? next.answer.send : undefined;
}

/**
 * Compares the response to one of the modem's own messages. False: it holds a request; all requests are
 * compared at the end.
 */
function compareOwn({ found, plan }: SessionInput, send: RecordedSend, said: PeerMessage): boolean {
  const { request, response } = send.final;
  if (response === undefined) return false;
  const asks = [response.content, said.content].map((content) => requestIn(content) !== undefined);
  // A request is the expected response to an empty POST; in place of an answer it is a difference.
  if (asks.every(Boolean) || (request.content.is === 'empty' && asks.some(Boolean))) return false;
  compareMessages(found, plan.number, recordedMessage(response), said);
  return true;
}

function compareRequests({ found, plan }: SessionInput, requests: readonly LiveRequest[]): void {
  const session = plan.number;
  const { added, missing, order, pairs } = align<RecordedRequest, LiveRequest>(plan.requests, requests);
  for (const { live, recorded } of pairs) {
    const { response } = recorded.exchange;
    if (response !== undefined) compareMessages(found, session, recordedMessage(response), live.said);
    else compareEnvelopes(found, session, recorded.name, recorded.envelope, live.envelope);
    if (live.from === 'nobody')
      found.add({ kind: 'field', session, path: `${live.name}.Answer`, note: NO_ANSWER });
  }
  if (order !== undefined)
    found.add({
      kind: 'order',
      session,
      path: 'Requests.order',
      recorded: order.recorded.join(', '),
      live: order.live.join(', '),
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

/** A request in one line of bounded length. */
export function summary(message: Message): string {
  const text = message.kind === 'request' ? JSON.stringify(message.args) : '';
  return text.length > SUMMARY ? `${text.slice(0, SUMMARY - 1)}…` : text;
}

const SUMMARY = 200;

/** Compares how the session ended: with an empty response, or with an error. */
function compareEnd({ found, plan }: SessionInput, last: PeerMessage): void {
  if (plan.end === undefined || last.content.is === 'message' || plan.end.content.is === 'message') return;
  compareMessages(found, plan.number, recordedMessage(plan.end), last);
}
