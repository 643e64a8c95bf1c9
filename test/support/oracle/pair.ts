/**
 * A CPE and an ACS in one process, joined by bytes: every envelope is encoded, carried and decoded. Nothing
 * goes by itself: a test moves each POST and each answer, or loses it, or carries it twice, and lets the
 * shells work when it likes. `move` and `settle` move all in order, as a good line would. Both machines are
 * watched by their oracles all the time.
 */
import assert from 'node:assert/strict';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encodeBytes } from '../../../protocol/cwmp/encode.ts';
import type {
  AcsMethod,
  CpeMethod,
  CwmpFault,
  Envelope,
  Inform,
  Request,
  Response,
} from '../../../protocol/cwmp/messages.ts';
import type {
  AcsEffect,
  AcsEvent,
  AcsSettings,
  AcsState,
  Outcome,
} from '../../../protocol/cwmp/session-acs.ts';
import * as acs from '../../../protocol/cwmp/session-acs.ts';
import type {
  CpeEffect,
  CpeEnd,
  CpeEvent,
  CpeSettings,
  CpeState,
} from '../../../protocol/cwmp/session-cpe.ts';
import * as cpe from '../../../protocol/cwmp/session-cpe.ts';
import type { Dialect } from '../../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import { AcsOracle } from './acs-oracle.ts';
import { CpeOracle } from './cpe-oracle.ts';

export interface PairOptions {
  readonly acs: AcsSettings;
  readonly cpe: CpeSettings;
  readonly inform: Inform;
  /** What the ACS asks next; `undefined`: nothing more. */
  readonly decide: () => Request<CpeMethod> | undefined;
  /** What the device does when asked. */
  readonly perform: (request: Request<CpeMethod>) => Response<CpeMethod> | CwmpFault;
  /** The fault with which the ACS's shell refuses to record; `undefined`: it records. */
  readonly refuse?: (request: Request<AcsMethod>) => CwmpFault | undefined;
  readonly dialect?: Dialect;
}

interface Post {
  readonly number: number;
  /** The session that its cookie names. */
  readonly cookie: number | undefined;
  readonly body: Uint8Array | undefined;
}

interface Answer {
  /** The POST that it answers. */
  readonly to: number;
  readonly status: number;
  readonly cookie: number;
  readonly body: Uint8Array | undefined;
}

/** One session of the ACS. */
interface Machine {
  state: AcsState;
  readonly oracle: AcsOracle;
  /** The POST that waits for the shell. */
  waiting: Post | undefined;
  work: 'record' | 'decide' | undefined;
  recording: Request<AcsMethod> | undefined;
}

const isFault = (done: Response<CpeMethod> | CwmpFault): done is CwmpFault => 'FaultCode' in done;

function titleOf(envelope: Envelope): string {
  const { message } = envelope;
  switch (message.kind) {
    case 'request':
      return message.rpc;
    case 'response':
      return `${message.rpc}Response`;
    case 'fault':
      return `Fault ${message.fault.FaultCode}`;
    case 'unknown':
      return message.name;
  }
}

function decoded(body: Uint8Array): Envelope {
  const result = decode(body);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value.envelope;
}

export class Pair {
  readonly options: PairOptions;
  cpe: CpeState = cpe.initial;
  readonly machines: Machine[] = [];
  readonly posts: Post[] = [];
  readonly answers: Answer[] = [];

  /** What was said, in order: `C> Inform`, `A> 204`. */
  readonly transcript: string[] = [];
  readonly recorded: Request<AcsMethod>[] = [];
  readonly settled: { readonly request: Request<CpeMethod>; readonly outcome: Outcome }[] = [];
  readonly performed: Request<CpeMethod>[] = [];
  readonly delivered: Request<AcsMethod>[] = [];
  readonly undelivered: Request<AcsMethod>[] = [];
  cpeEnd: CpeEnd | undefined;
  /** How each session of the CPE ended. */
  readonly ends: CpeEnd[] = [];
  /** Answers for which the CPE no longer waited. */
  late = 0;
  /** The session that the CPE takes part in, by the cookie that it was given. */
  cookie: number | undefined;
  #oracle: CpeOracle;
  #posted = 0;
  #decided = 0;
  #toPerform: Request<CpeMethod> | undefined;

  constructor(options: PairOptions) {
    this.options = options;
    this.#oracle = new CpeOracle(options.cpe);
  }

  /** The device begins a session; not while it has one. */
  begin(requests: readonly Request<AcsMethod>[] = []): void {
    const left = cpe.following(this.cpe);
    assert.ok(left.at === 'idle');
    this.#oracle = new CpeOracle(this.options.cpe);
    this.#oracle.enqueued.push(...left.pending);
    this.cpe = left;
    this.cookie = undefined;
    this.cpeEnd = undefined;
    this.#toPerform = undefined;
    this.#stepCpe({ is: 'begin', inform: this.options.inform, requests });
  }

  get isCpeOpen(): boolean {
    return this.cpe.at !== 'idle' && this.cpe.at !== 'ended';
  }

  enqueue(request: Request<AcsMethod>): void {
    this.#stepCpe({ is: 'enqueue', request });
  }

  /** The oldest POST reaches the ACS; `again`: it will do so once more. */
  carryPost(again = false): void {
    const post = again ? this.posts[0] : this.posts.shift();
    if (post === undefined) return;
    const envelope = post.body === undefined ? undefined : decoded(post.body);
    const event: AcsEvent = envelope === undefined ? { is: 'empty' } : { is: 'message', envelope };
    const known = post.cookie === undefined ? undefined : this.machines[post.cookie];
    this.#stepAcs(known ?? this.#open(envelope), event, post);
  }

  losePost(): void {
    this.posts.shift();
  }

  /** The oldest answer reaches the CPE, if it still waits for it. */
  carryAnswer(): void {
    const answer = this.answers.shift();
    if (answer === undefined) return;
    if (answer.to !== this.#posted || !this.#oracle.out) {
      this.late += 1;
      return;
    }
    this.cookie = answer.cookie;
    this.#stepCpe({
      is: 'response',
      status: answer.status,
      ...(answer.body === undefined ? {} : { envelope: decoded(answer.body) }),
    });
  }

  loseAnswer(): void {
    this.answers.shift();
  }

  /** The ACS's shell does the oldest thing that it was asked for. */
  work(): void {
    const machine = this.machines.find(({ work }) => work !== undefined);
    if (machine === undefined) return;
    const { work, recording } = machine;
    machine.work = undefined;
    if (work === 'record' && recording !== undefined) {
      const fault = this.options.refuse?.(recording);
      if (fault === undefined) this.recorded.push(recording);
      this.#stepAcs(machine, fault === undefined ? { is: 'recorded' } : { is: 'refused', fault });
      return;
    }
    const request = this.options.decide();
    this.#decided += 1;
    this.#stepAcs(
      machine,
      request === undefined ? { is: 'nothing-more' } : { is: 'decided', id: `a-${this.#decided}`, request },
    );
  }

  get hasWork(): boolean {
    return this.machines.some(({ work }) => work !== undefined);
  }

  /** The device does what it was asked for. */
  perform(): void {
    const request = this.#toPerform;
    if (request === undefined) return;
    this.#toPerform = undefined;
    this.performed.push(request);
    const done = this.options.perform(request);
    this.#stepCpe(isFault(done) ? { is: 'failed', fault: done } : { is: 'performed', response: done });
  }

  get hasToPerform(): boolean {
    return this.#toPerform !== undefined;
  }

  /** The CPE waited long enough, or its connection broke. */
  giveUp(why: 'timeout' | 'lost'): void {
    this.#stepCpe({ is: why });
  }

  /** The ACS waited long enough for the next POST of each session that is open. */
  timeOut(): void {
    for (const machine of this.machines)
      if (machine.oracle.ended === undefined) this.#stepAcs(machine, { is: 'timeout' });
  }

  /**
   * Moves what comes first, so many times, as a good line would; fewer when nothing is left. Gives the moves
   * made.
   */
  move(times: number): number {
    for (let moves = 0; moves < times; moves += 1) {
      if (this.posts.length > 0) this.carryPost();
      else if (this.hasWork) this.work();
      else if (this.answers.length > 0) this.carryAnswer();
      else if (this.hasToPerform) this.perform();
      else return moves;
    }
    return times;
  }

  /** Moves everything until nothing moves. Bounded, so that a loop is a failure. */
  settle(limit = 600): void {
    assert.ok(this.move(limit) < limit, `still going on after ${limit} moves`);
  }

  /** The device opens a new connection and does not return the cookie. */
  forgetCookie(): void {
    this.cookie = undefined;
  }

  /** A POST without a cookie that is known. An Inform ends older sessions of the device (Q-EV-08). */
  #open(envelope: Envelope | undefined): Machine {
    if (envelope?.message.kind === 'request' && envelope.message.rpc === 'Inform')
      for (const older of this.machines)
        if (older.oracle.ended === undefined) this.#stepAcs(older, { is: 'superseded' });
    const machine: Machine = {
      state: acs.initial,
      oracle: new AcsOracle(),
      waiting: undefined,
      work: undefined,
      recording: undefined,
    };
    this.machines.push(machine);
    return machine;
  }

  #stepAcs(machine: Machine, event: AcsEvent, post?: Post): void {
    const { state, effects } = acs.step(this.options.acs, machine.state, event);
    machine.state = state;
    machine.oracle.see(event, effects);
    for (const effect of effects) this.#doAcs(machine, effect, post);
  }

  #doAcs(machine: Machine, effect: AcsEffect, post: Post | undefined): void {
    switch (effect.do) {
      case 'record':
        machine.waiting = post;
        machine.work = 'record';
        machine.recording = effect.envelope.message;
        break;
      case 'decide':
        machine.waiting = post;
        machine.work = 'decide';
        break;
      case 'settle':
        this.settled.push({ request: effect.request, outcome: effect.outcome });
        break;
      case 'reply':
        this.#answer(machine, post, 200, effect.envelope);
        break;
      case 'reply-empty':
        this.#answer(machine, post, 204);
        break;
      case 'reject':
        this.#answer(machine, post, 400);
        break;
      case 'end':
        machine.work = undefined;
        break;
    }
  }

  /** An answer in the step of a POST is for that POST, any other for the one that waits. */
  #answer(machine: Machine, post: Post | undefined, status: number, envelope?: Envelope): void {
    const to = post ?? machine.waiting;
    assert.ok(to !== undefined, 'there is a POST to answer');
    if (post === undefined) machine.waiting = undefined;
    this.transcript.push(`A> ${envelope === undefined ? status : titleOf(envelope)}`);
    const body = envelope === undefined ? undefined : encodeBytes(envelope);
    this.answers.push({ to: to.number, status, cookie: this.machines.indexOf(machine), body });
  }

  #stepCpe(event: CpeEvent): void {
    const { state, effects } = cpe.step(this.options.cpe, this.cpe, event);
    this.cpe = state;
    const pending = state.at === 'idle' || state.at === 'ended' ? state.pending : state.session.pending;
    this.#oracle.see(event, effects, pending);
    for (const effect of effects) this.#doCpe(effect);
  }

  #doCpe(effect: CpeEffect): void {
    switch (effect.do) {
      case 'post':
        this.transcript.push(`C> ${titleOf(effect.envelope)}`);
        this.#post(encodeBytes(effect.envelope, this.options.dialect ?? CANONICAL));
        break;
      case 'post-empty':
        this.transcript.push('C> empty');
        this.#post(undefined);
        break;
      case 'perform':
        this.#toPerform = effect.request;
        break;
      case 'delivered':
        this.delivered.push(effect.request);
        break;
      case 'undelivered':
        this.undelivered.push(effect.request);
        break;
      case 'end':
        this.cpeEnd = effect.why;
        this.ends.push(effect.why);
        this.#toPerform = undefined;
        break;
    }
  }

  #post(body: Uint8Array | undefined): void {
    this.#posted += 1;
    this.posts.push({ number: this.#posted, cookie: this.cookie, body });
  }
}
