/**
 * What an observer may expect of the ACS's machine, by events and effects alone. It knows whose turn it is,
 * what is outstanding and whether the session is over, and nothing of the machine's states.
 */
import assert from 'node:assert/strict';
import type { Envelope, Request } from '../../../protocol/cwmp/messages.ts';
import type { AcsEffect, AcsEvent, Outcome, Sent } from '../../../protocol/cwmp/session-acs.ts';

const isPost = (event: AcsEvent): boolean => ['message', 'empty', 'unreadable'].includes(event.is);
const isAnswer = ({ do: what }: AcsEffect): boolean => ['reply', 'reply-empty', 'reject'].includes(what);

export class AcsOracle {
  /** Who has to act: the CPE (no POST waits), or the shell, by what it was asked. */
  turn: 'cpe' | 'record' | 'decide' = 'cpe';
  outstanding: Sent | undefined;
  ended: string | undefined;
  posts = 0;
  answers = 0;
  sent = 0;
  settled = 0;
  readonly #settledIds = new Set<string>();
  #recording: Envelope<Request> | undefined;
  #emptyAfterEnd = 0;
  #namespace: string | undefined;

  /** Throws when the effects are not what the event allows. */
  see(event: AcsEvent, effects: readonly AcsEffect[]): void {
    const waited = this.turn !== 'cpe';
    const answers = effects.filter(isAnswer);
    if (isPost(event)) this.posts += 1;
    this.answers += answers.length;
    if (this.ended !== undefined) {
      this.#seeAfterEnd(event, effects);
    } else if (isPost(event) && waited) {
      assert.deepEqual(
        effects.map((effect) => effect.do),
        ['reject'],
        'a second POST at once is rejected, and nothing else happens',
      );
    } else {
      this.#countAnswers(event, effects, answers.length, waited);
      for (const effect of effects) this.#seeEffect(event, effect, effects);
    }
    // Every POST was answered or waits for the shell.
    assert.equal(this.posts, this.answers + (this.turn === 'cpe' ? 0 : 1));
    if (this.ended !== undefined)
      assert.equal(this.outstanding, undefined, 'the end settles what is outstanding');
    assert.equal(this.sent, this.settled + (this.outstanding === undefined ? 0 : 1));
  }

  #seeAfterEnd(event: AcsEvent, effects: readonly AcsEffect[]): void {
    if (!isPost(event)) {
      assert.deepEqual(effects, [], 'nothing happens after the end');
      return;
    }
    assert.equal(effects.length, 1);
    if (effects[0]?.do === 'reply-empty') {
      assert.equal(event.is, 'empty');
      this.#emptyAfterEnd += 1;
      assert.ok(this.#emptyAfterEnd <= 1, 'only one more empty POST gets a 204');
    } else assert.equal(effects[0]?.do, 'reject');
  }

  #countAnswers(event: AcsEvent, effects: readonly AcsEffect[], answers: number, waited: boolean): void {
    const asks = effects.filter((effect) => effect.do === 'record' || effect.do === 'decide').length;
    switch (event.is) {
      case 'message':
      case 'empty':
      case 'unreadable':
        assert.equal(answers + asks, 1, 'a POST is answered, or the shell is asked');
        break;
      case 'timeout':
      case 'superseded':
        assert.equal(answers, waited ? 1 : 0);
        assert.ok(effects.some((effect) => effect.do === 'end' && effect.why === event.is));
        break;
      default: {
        const wanted = event.is === 'recorded' || event.is === 'refused' ? 'record' : 'decide';
        if (this.turn !== wanted) assert.deepEqual(effects, [], 'what was not asked has no effect');
        else assert.deepEqual([answers, asks], [1, 0]);
      }
    }
    if (answers > 0) this.turn = 'cpe';
  }

  #seeEffect(event: AcsEvent, effect: AcsEffect, effects: readonly AcsEffect[]): void {
    switch (effect.do) {
      case 'record':
        assert.ok(event.is === 'message');
        assert.deepEqual(effect.envelope, event.envelope);
        this.turn = 'record';
        this.#recording = effect.envelope;
        break;
      case 'decide':
        assert.equal(this.outstanding, undefined, 'it is settled before the next one is decided');
        this.turn = 'decide';
        break;
      case 'settle':
        assert.ok(this.outstanding !== undefined, 'nothing is settled twice');
        assert.equal(effect.request, this.outstanding.request, 'what is settled is what is outstanding');
        this.#seeOutcome(event, effect.outcome, effects);
        this.#settledIds.add(this.outstanding.id);
        this.outstanding = undefined;
        this.settled += 1;
        break;
      case 'reply':
        this.#seeReply(event, effect.envelope);
        break;
      case 'end':
        this.ended = effect.why;
        break;
      case 'reply-empty':
      case 'reject':
        break;
    }
  }

  #seeOutcome(event: AcsEvent, outcome: Outcome, effects: readonly AcsEffect[]): void {
    const message = event.is === 'message' ? event.envelope.message : undefined;
    if (outcome.is === 'response' || outcome.is === 'fault') {
      const id = event.is === 'message' ? event.envelope.id : undefined;
      assert.ok(
        id === undefined || id === this.outstanding?.id || !this.#settledIds.has(id),
        'a late answer is none',
      );
    }
    switch (outcome.is) {
      case 'response':
        assert.equal(outcome.response, message, 'the answer is what the CPE said');
        assert.equal(outcome.response.rpc, this.outstanding?.request.rpc, 'the answer is to what was asked');
        break;
      case 'fault':
        assert.ok(message?.kind === 'fault' && message.fault === outcome.fault);
        break;
      case 'unanswered':
        assert.ok(event.is === 'empty' || message?.kind === 'response' || message?.kind === 'unknown');
        break;
      case 'lost':
        assert.ok(effects.some((effect) => effect.do === 'end'));
    }
  }

  #seeReply(event: AcsEvent, { id, namespace, message, header }: Envelope): void {
    assert.equal(header.UseCWMPVersion === undefined || message.kind === 'response', true);
    if (message.kind === 'request') {
      assert.ok(event.is === 'decided' && event.request === message && event.id === id);
      assert.equal(this.outstanding, undefined, 'never two requests outstanding');
      assert.equal(namespace, this.#namespace, 'the session keeps to one namespace');
      this.outstanding = { id, request: event.request };
      this.sent += 1;
      return;
    }
    const asked = event.is === 'message' ? event.envelope : this.#recording;
    assert.equal(id, asked?.id, 'the ID is echoed');
    if (message.kind === 'response') {
      if (message.rpc === 'Inform') this.#namespace = namespace;
      assert.equal(event.is, 'recorded', 'what the CPE tells is recorded before it is answered');
      assert.equal(message.rpc, this.#recording?.message.rpc);
      return;
    }
    assert.ok(message.kind === 'fault');
    if (event.is === 'refused') assert.equal(message.fault, event.fault);
    else {
      assert.ok(
        asked?.message.kind === 'request' || asked?.message.kind === 'unknown',
        'a fault answers a request',
      );
      assert.ok([8000, 8006].includes(message.fault.FaultCode));
    }
  }
}
