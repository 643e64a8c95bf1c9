/**
 * One recorded session of an ACS, played to a modem: what to ask it next, and how its messages differ. No
 * sockets.
 */
import type { CwmpMessage } from '../captures/conversation/cwmp-types.ts';
import { isAcsRequest, responseTo } from '../protocol/cwmp/acs-answers.ts';
import type { Message } from '../protocol/cwmp/messages.ts';
import type { Differences } from './differences.ts';
import type { Plan, RecordedRequest, RecordedSend } from './plan.ts';
import { contentName, requestIn, wantsAgain } from './plan.ts';
import type { PeerMessage } from './response.ts';
import { compareMessages, recordedMessage } from './response.ts';

/** The response of the ACS to a POST. */
export type AcsReply =
  /** As recorded, after the recorded delay; `echo`: with the ID of the POST. */
  | { readonly is: 'recorded'; readonly said: CwmpMessage; readonly to: CwmpMessage; readonly echo: boolean }
  /** Made for a request that the capture lacks. */
  | { readonly is: 'made'; readonly message: Message }
  | { readonly is: 'nothing' };

export class AcsSession {
  readonly plan: Plan;
  readonly #found: Differences;
  readonly #seen = new Map<RecordedSend, number>();
  #asked = 0;
  #outstanding: RecordedRequest | undefined;
  #repeats = false;
  #ended = false;

  constructor(plan: Plan, found: Differences) {
    this.plan = plan;
    this.#found = found;
  }

  /** The modem has to repeat its POST. */
  get repeats(): boolean {
    return this.#repeats;
  }

  /** The ACS has nothing more to ask. */
  get ended(): boolean {
    return this.#ended;
  }

  answer(said: PeerMessage): AcsReply {
    this.#repeats = false;
    const ask = this.#outstanding;
    if (ask !== undefined) {
      this.#outstanding = undefined;
      if (ask.answer !== undefined) this.#compare(ask.answer, said);
      return this.#next();
    }
    const name = contentName(said.content);
    const send = this.plan.own.find((own) => own.name === name && this.#waits(own));
    return send === undefined ? this.#unknown(name, said) : this.#own(send, said);
  }

  /** No more messages come: reports what is missing. */
  finish(why: string): void {
    const session = this.plan.number;
    const left = this.plan.requests.slice(this.#asked - (this.#outstanding === undefined ? 0 : 1));
    const [first] = left;
    if (first !== undefined) {
      const note = left.length === 1 ? undefined : `and ${left.length - 1} further requests`;
      this.#found.add({ kind: 'broken', session, path: `${first.name}.Answer`, live: why, note });
    }
    for (const own of this.plan.own)
      if (this.#waits(own) && own.name !== 'Empty')
        this.#found.add({ kind: 'missing', session, path: own.name, recorded: 'was sent' });
  }

  #waits(send: RecordedSend): boolean {
    return (this.#seen.get(send) ?? 0) < send.attempts.length;
  }

  #compare({ final }: RecordedSend, said: PeerMessage): void {
    compareMessages(this.#found, this.plan.number, recordedMessage(final.request), said);
  }

  #own(send: RecordedSend, said: PeerMessage): AcsReply {
    let attempt = this.#seen.get(send) ?? 0;
    const challenged = wantsAgain(send.attempts[attempt]?.response?.content) === 'challenge';
    // Its credentials cannot be checked.
    if (challenged && said.headers.has('authorization')) attempt = send.attempts.length - 1;
    this.#seen.set(send, attempt + 1);
    const exchange = send.attempts[attempt] ?? send.final;
    if (exchange === send.final) this.#compare(send, said);
    else this.#repeats = true;
    const { request, response } = exchange;
    const asksNext = send.name === 'Empty' || requestIn(response?.content) !== undefined;
    if (exchange === send.final && asksNext) return this.#next();
    if (response === undefined) return { is: 'nothing' };
    return { is: 'recorded', said: response, to: request, echo: true };
  }

  #unknown(name: string, said: PeerMessage): AcsReply {
    if (said.content.is === 'empty' && !this.#ended) return this.#next();
    this.#found.add({ kind: 'added', session: this.plan.number, path: name, live: 'was sent' });
    const message = said.content.is === 'message' ? said.content.envelope.message : undefined;
    if (message?.kind === 'request' && isAcsRequest(message))
      return { is: 'made', message: answerTo(message) };
    return this.#next();
  }

  /** The next request of the recorded ACS, or its last response. */
  #next(): AcsReply {
    const ask = this.plan.requests[this.#asked];
    const said = ask?.exchange.response;
    if (ask !== undefined && said !== undefined) {
      this.#asked += 1;
      this.#outstanding = ask;
      return { is: 'recorded', said, to: ask.exchange.request, echo: false };
    }
    this.#ended = true;
    const last = this.plan.recorded.exchanges.at(-1);
    if (last?.response === undefined || last.response.content.is === 'message') return { is: 'nothing' };
    return { is: 'recorded', said: last.response, to: last.request, echo: false };
  }
}

/** The answer that any ACS would give. */
const answerTo = (request: Parameters<typeof responseTo>[1]): Message =>
  responseTo({ versions: ['1.0'], methods: ['Inform', 'GetRPCMethods', 'TransferComplete'] }, request);
