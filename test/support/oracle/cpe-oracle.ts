/**
 * What an observer may expect of the CPE's machine, by events and effects alone: which POST is out, what each
 * side owes the other, and that no request of the device is forgotten.
 */
import assert from 'node:assert/strict';
import type { AcsMethod, CpeMethod, CwmpFault, Envelope, Request } from '../../../protocol/cwmp/messages.ts';
import type { CpeEffect, CpeEvent, CpeSettings } from '../../../protocol/cwmp/session-cpe.ts';

export class CpeOracle {
  readonly settings: CpeSettings;
  begun = false;
  ended: 'ok' | 'failed' | undefined;
  /** A POST is out, and no response came yet. */
  out = false;
  /** Our request that is out. */
  asked: { readonly envelope: Envelope; readonly request: Request } | undefined;
  /** The request of the ACS that the device carries out. */
  owed: { readonly request: Request<CpeMethod>; readonly id: string | undefined } | undefined;
  /** A request of the ACS was refused by the machine itself; the fault must be what goes out. */
  #refused: { readonly id: string | undefined } | undefined;
  #held = false;
  #doneAsking = false;
  posts = 0;
  #own = 0;
  #asksOfAcs = 0;
  #holds = 0;
  readonly #retries = new Map<Envelope, number>();
  /** Requests of the device, and what became of them. */
  readonly enqueued: Request<AcsMethod>[] = [];
  readonly sent: Request<AcsMethod>[] = [];

  constructor(settings: CpeSettings) {
    this.settings = settings;
  }

  /** Throws when the effects are not what the event allows. `pending`: what the machine still keeps. */
  see(event: CpeEvent, effects: readonly CpeEffect[], pending: readonly Request<AcsMethod>[]): void {
    if (event.is === 'enqueue') this.enqueued.push(event.request);
    if (event.is === 'begin' && !this.begun) this.enqueued.push(...event.requests);
    if (!this.#expectsEffects(event)) assert.deepEqual(effects, [], 'what is not waited for has no effect');
    else this.#seeEffects(event, effects);
    if (event.is === 'begin') this.begun = true;
    this.#countWishes(pending);
    assert.ok(
      this.posts <= this.#own + this.#asksOfAcs + this.#holds + 3,
      'POSTs are bounded by what there is to say',
    );
  }

  #expectsEffects(event: CpeEvent): boolean {
    if (this.ended !== undefined || event.is === 'enqueue') return false;
    if (!this.begun) return event.is === 'begin';
    if (event.is === 'begin') return false;
    return event.is === 'performed' || event.is === 'failed' ? this.owed !== undefined : true;
  }

  #seeEffects(event: CpeEvent, effects: readonly CpeEffect[]): void {
    const wasOut = this.out;
    this.out = false;
    if (event.is === 'response') {
      assert.ok(
        wasOut || effects.some((effect) => effect.do === 'end'),
        'a response to no POST ends the session',
      );
      this.#refused = undefined;
      this.#held = event.envelope?.header.HoldRequests === true;
      const message = event.envelope?.message;
      if (message?.kind === 'request' || message?.kind === 'unknown') {
        this.#asksOfAcs += 1;
        this.#refused = { id: event.envelope?.id };
      }
      if (this.#held) this.#holds += 1;
    }
    const turns = effects.filter((effect) => effect.do !== 'delivered' && effect.do !== 'undelivered');
    assert.equal(turns.length, 1, 'exactly one thing is next: a POST, work for the device, or the end');
    assert.equal(effects.at(-1), turns[0]);
    for (const effect of effects) this.#seeEffect(event, effect);
  }

  #seeEffect(event: CpeEvent, effect: CpeEffect): void {
    switch (effect.do) {
      case 'post':
        this.#seePost(event, effect.envelope);
        break;
      case 'post-empty':
        assert.equal(this.asked, undefined, 'no empty POST while an answer is due');
        assert.equal(this.owed, undefined);
        if (!this.#held) this.#doneAsking = true;
        this.#goesOut();
        break;
      case 'perform':
        assert.ok(event.is === 'response' && event.envelope?.message === effect.request);
        assert.equal(this.asked, undefined);
        this.owed = { request: effect.request, id: event.envelope.id };
        break;
      case 'delivered':
        assert.ok(event.is === 'response' && event.envelope?.message === effect.response);
        assert.equal(effect.response.rpc, effect.request.rpc, 'delivered is what was asked');
        this.#settles(effect.request);
        break;
      case 'undelivered':
        assert.ok(event.is === 'response' && event.envelope?.message.kind === 'fault');
        assert.equal(event.envelope.message.fault, effect.fault);
        assert.notEqual(effect.fault.FaultCode, 8005);
        this.#settles(effect.request);
        break;
      case 'end':
        assert.equal(effect.ok, effect.why === 'done');
        if (effect.ok) {
          assert.ok(event.is === 'response' && event.envelope === undefined, 'the last response is empty');
          assert.ok(this.#doneAsking, 'an empty POST went out before the good end');
          assert.equal(this.asked, undefined);
          assert.equal(this.owed, undefined);
        }
        this.ended = effect.ok ? 'ok' : 'failed';
        this.owed = undefined;
        this.asked = undefined;
        break;
    }
  }

  #settles(request: Request<AcsMethod>): void {
    assert.equal(request, this.asked?.request, 'what is answered is what was asked');
    this.asked = undefined;
    if (request.rpc !== 'Inform') this.sent.push(request);
  }

  #goesOut(): void {
    assert.equal(this.out, false, 'one POST at a time');
    this.out = true;
    this.posts += 1;
  }

  #seePost(event: CpeEvent, envelope: Envelope): void {
    this.#goesOut();
    const { message, id } = envelope;
    if (message.kind === 'request') this.#seeRequest(event, envelope, message);
    else {
      const to = this.owed ?? this.#refused;
      assert.ok(to !== undefined, 'nothing is answered that was not asked');
      assert.equal(id, this.settings.answerId(to.id, -1) === to.id ? to.id : id);
      if (message.kind === 'response') assert.equal(message.rpc, this.owed?.request.rpc);
      else assert.ok(message.kind === 'fault' && this.#mayFault(event, message.fault));
      this.owed = undefined;
      this.#refused = undefined;
    }
  }

  #mayFault(event: CpeEvent, fault: CwmpFault): boolean {
    if (event.is === 'failed') return fault === event.fault;
    return fault.FaultCode === (event.is === 'performed' ? 9002 : 9000);
  }

  #seeRequest(event: CpeEvent, envelope: Envelope, request: Request): void {
    if (this.asked !== undefined) {
      assert.equal(
        envelope,
        this.asked.envelope,
        'never two requests outstanding: this is the same once more',
      );
      assert.ok(event.is === 'response' && event.envelope?.message.kind === 'fault');
      assert.equal(event.envelope.message.fault.FaultCode, 8005);
      const retries = (this.#retries.get(envelope) ?? 0) + 1;
      this.#retries.set(envelope, retries);
      assert.ok(retries <= this.settings.maxRetries);
    } else {
      assert.equal(request.rpc === 'Inform', !this.begun, 'Inform is the first request and no other');
      assert.ok(!this.#held, 'HoldRequests is obeyed');
      assert.ok(!this.#doneAsking, 'no request after the empty POST');
      this.asked = { envelope, request };
    }
    this.#own += 1;
  }

  #countWishes(pending: readonly Request<AcsMethod>[]): void {
    const out = this.asked !== undefined && this.asked.request.rpc !== 'Inform' ? 1 : 0;
    assert.equal(this.enqueued.length, this.sent.length + pending.length + out, 'no request is lost');
  }
}
