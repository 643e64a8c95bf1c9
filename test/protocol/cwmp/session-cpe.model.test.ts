/** The CPE's machine alone, against an ACS, a line and a device that do anything at any time. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { AcsMethod, Header, Message, Request } from '../../../protocol/cwmp/messages.ts';
import type { CpeEvent, CpeSettings, CpeState } from '../../../protocol/cwmp/session-cpe.ts';
import { following, initial, step } from '../../../protocol/cwmp/session-cpe.ts';
import {
  ACS_REQUESTS,
  ACS_RESPONSES,
  acsRequest,
  acsResponse,
  CPE_REQUESTS,
  CPE_RESPONSES,
  cpeRequest,
  cpeResponse,
  faultOf,
} from '../../support/each-rpc.ts';
import { CpeOracle } from '../../support/oracle/cpe-oracle.ts';
import { commandOptions, missingIn, reachingProperty, readTransitions } from '../../support/oracle/model.ts';

const NAMESPACE = 'urn:dslforum-org:cwmp-1-2';
const fromAcs = (message: Message, header: Header = {}, id: string | undefined = 'a-1'): CpeEvent => ({
  is: 'response',
  status: 200,
  envelope: { id, namespace: NAMESPACE, header, message },
});
const EMPTY: CpeEvent = { is: 'response', status: 204 };
const HOLD: Header = { HoldRequests: true };

interface Real {
  readonly settings: CpeSettings;
  state: CpeState;
}

const reached = new Set<string>();

/** States by name, and apart where the same event goes on otherwise. */
function nameState(state: CpeState): string {
  switch (state.at) {
    case 'asking':
      return state.request.rpc === 'Inform' ? 'informing' : 'asking';
    case 'waiting':
      return state.session.farewell
        ? 'farewell'
        : state.session.emptySent
          ? 'waiting'
          : 'waiting before empty';
    case 'ended':
      return state.ok ? 'ended well' : 'ended badly';
    case 'idle':
    case 'performing':
      return state.at;
  }
}

const pendingOf = (state: CpeState): readonly Request<AcsMethod>[] =>
  state.at === 'idle' || state.at === 'ended' ? state.pending : state.session.pending;

type Make = (model: CpeOracle) => readonly [string, CpeEvent] | undefined;

class Play implements fc.Command<CpeOracle, Real> {
  readonly #title: string;
  readonly #make: Make;

  constructor(title: string, make: Make) {
    this.#title = title;
    this.#make = make;
  }

  check(model: CpeOracle): boolean {
    return this.#make(model) !== undefined;
  }

  run(model: CpeOracle, real: Real): void {
    const made = this.#make(model);
    assert.ok(made !== undefined);
    const [name, event] = made;
    const before = real.state;
    const { state, effects } = step(real.settings, before, event);
    real.state = state;
    reached.add(`${nameState(before)}: ${name} > ${nameState(state)}`);
    model.see(event, effects, pendingOf(state));
  }

  toString(): string {
    return this.#title;
  }
}

const always = (name: string, event: CpeEvent): Play => new Play(name, () => [name, event]);

const inform = acsRequest('Inform');
const args = inform.rpc === 'Inform' ? inform.args : undefined;
const OWN = ACS_REQUESTS.filter(({ rpc }) => rpc !== 'Inform');
const begin = (count: number): CpeEvent => {
  assert.ok(args !== undefined);
  return { is: 'begin', inform: args, requests: OWN.slice(0, count) };
};

/** The right answer to what is out, with or without HoldRequests. */
const rightAnswer = (model: CpeOracle, header: Header): CpeEvent | undefined =>
  model.asked === undefined ? undefined : fromAcs(acsResponse(model.asked.request.rpc), header);

/** What an ACS and a device that keep to the rules do next. */
function sensible(model: CpeOracle, which: number): readonly [string, CpeEvent] {
  if (!model.begun) return ['begin', begin(which % 4)];
  if (model.owed !== undefined)
    return which % 4 === 1
      ? ['failed', { is: 'failed', fault: faultOf(9001) }]
      : ['performed', { is: 'performed', response: cpeResponse(model.owed.request.rpc) }];
  const header = which % 5 === 1 ? HOLD : {};
  const answer = rightAnswer(model, header);
  if (answer !== undefined) return ['response', answer];
  const request = CPE_REQUESTS[which % CPE_REQUESTS.length] ?? cpeRequest('Reboot');
  return which % 3 === 0 ? ['empty', EMPTY] : ['request', fromAcs(request, header)];
}

const sensibly = fc
  .nat({ max: 59 })
  .map(
    (which) =>
      new Play(`sensible(${which})`, (model) =>
        model.ended === undefined ? sensible(model, which) : undefined,
      ),
  );

const otherResponse = (message: Message): Play =>
  new Play('other response', (model) =>
    message.kind === 'response' && model.asked?.request.rpc === message.rpc
      ? undefined
      : ['other response', fromAcs(message)],
  );

const anything: fc.Arbitrary<fc.Command<CpeOracle, Real>>[] = [
  fc.nat({ max: 3 }).map((count) => always('begin', begin(count))),
  fc.constantFrom(200, 204).map((status) => always('empty', { is: 'response', status })),
  fc.constantFrom<Header>({}, HOLD, { UseCWMPVersion: '1.2' }).map(
    (header) =>
      new Play('response', (model) => {
        const event = rightAnswer(model, header);
        return event === undefined ? undefined : ['response', event];
      }),
  ),
  fc.constantFrom(...CPE_RESPONSES, ...ACS_RESPONSES).map(otherResponse),
  fc.constant(otherResponse({ kind: 'unknown', name: 'X_000E50_AskResponse' })),
  fc
    .constantFrom<Header>({}, HOLD)
    .map((header) => always('fault', fromAcs({ kind: 'fault', fault: faultOf(8003) }, header))),
  fc.constant(always('fault 8005', fromAcs({ kind: 'fault', fault: faultOf(8005) }))),
  fc
    .tuple(
      fc.constantFrom(...CPE_REQUESTS),
      fc.constantFrom<Header>({}, HOLD),
      fc.constantFrom('a-7', '', undefined),
    )
    .map(([request, header, id]) => always('request', fromAcs(request, header, id))),
  fc
    .constantFrom<Message>(acsRequest('Kicked'), { kind: 'unknown', name: 'X_000E50_Ask' })
    .map((message) => always('unsupported', fromAcs(message))),
  fc.constant(
    new Play('version not offered', (model) =>
      model.asked?.request.rpc === 'Inform'
        ? ['version not offered', fromAcs(acsResponse('Inform'), { UseCWMPVersion: '1.0' })]
        : undefined,
    ),
  ),
  fc.constantFrom(401, 404, 500, 302, 0).map((status) => always('HTTP error', { is: 'response', status })),
  fc.constantFrom(200, 503).map((status) => always('unreadable', { is: 'unreadable', status })),
  fc.constantFrom(...CPE_RESPONSES).map((response) => always('performed', { is: 'performed', response })),
  fc.constant(always('failed', { is: 'failed', fault: faultOf(9002) })),
  fc.constantFrom(...OWN).map((request) => always('enqueue', { is: 'enqueue', request })),
  fc.constantFrom('timeout' as const, 'lost' as const).map((is) => always(is, { is })),
];

/** Patience with an ACS that says "retry request" again and again. */
const retry = fc.constant(
  new Play('fault 8005', (model) =>
    model.asked === undefined ? undefined : ['fault 8005', fromAcs({ kind: 'fault', fault: faultOf(8005) })],
  ),
);
/** HoldRequests against a device that has requests of its own, and an ACS that then has nothing to ask. */
const held = fc.constant(
  new Play('response', (model) => {
    const event = rightAnswer(model, HOLD);
    return event === undefined ? undefined : ['response', event];
  }),
);

const settings: fc.Arbitrary<CpeSettings> = fc
  .tuple(fc.constantFrom('am1' as const, 'v1.0' as const), fc.constantFrom(0, 1, 3), fc.boolean())
  .map(([termination, maxRetries, echoes]) => ({
    namespace: NAMESPACE,
    id: (n) => String(n),
    answerId: (id, n) => (echoes ? id : `own-${n}`),
    informHeader: { SupportedCWMPVersions: ['1.2', '1.4'] },
    versions: ['1.2', '1.4'],
    termination,
    maxRetries,
  }));

/**
 * `informing` and `asking`: our Inform, or another request of ours, is out. `before empty`: the empty POST
 * that says we have nothing more to ask did not go out yet; `farewell`: the additional one of the v1.0 rule
 * did.
 */
const TRANSITIONS = `
  idle: HTTP error, empty, failed, fault 8005, fault, lost, other response, performed, request, timeout, unreadable, unsupported, enqueue > idle
  idle: begin > informing
  informing: HTTP error, empty, fault, lost, other response, request, timeout, unreadable, unsupported, version not offered > ended badly
  informing: begin, failed, performed, enqueue > informing
  informing: fault 8005 > ended badly or informing
  informing: response > asking or waiting or waiting before empty
  asking: HTTP error, empty, lost, other response, request, timeout, unreadable, unsupported > ended badly
  asking: begin, failed, performed, enqueue > asking
  asking: fault 8005 > asking or ended badly
  asking: fault, response > asking or waiting or waiting before empty
  waiting before empty: HTTP error, fault 8005, fault, lost, other response, timeout, unreadable > ended badly
  waiting before empty: begin, failed, performed, unsupported, enqueue > waiting before empty
  waiting before empty: empty > asking or waiting
  waiting before empty: request > performing
  waiting: HTTP error, fault 8005, fault, lost, other response, timeout, unreadable > ended badly
  waiting: begin, failed, performed, unsupported, enqueue > waiting
  waiting: empty > ended well or farewell
  waiting: request > performing
  farewell: HTTP error, fault 8005, fault, lost, other response, timeout, unreadable > ended badly
  farewell: begin, failed, performed, unsupported, enqueue > farewell
  farewell: empty > ended well
  farewell: request > performing
  performing: HTTP error, empty, fault 8005, fault, lost, other response, request, timeout, unreadable, unsupported > ended badly
  performing: begin, enqueue > performing
  performing: failed, performed > farewell or waiting or waiting before empty
  ended well: HTTP error, begin, empty, failed, fault 8005, fault, lost, other response, performed, request, timeout, unreadable, unsupported, enqueue > ended well
  ended badly: HTTP error, begin, empty, failed, fault 8005, fault, lost, other response, performed, request, timeout, unreadable, unsupported, enqueue > ended badly
`;

reachingProperty(
  t,
  'whatever an ACS, the line and the device do, the CPE keeps its promises, and comes to an end once they are sensible',
  fc.property(
    settings,
    fc.commands(
      [...anything, retry, retry, held, ...Array<typeof sensibly>(24).fill(sensibly)],
      commandOptions(32),
    ),
    (cpe, commands) => {
      const model = new CpeOracle(cpe);
      const real: Real = { settings: cpe, state: initial };
      fc.modelRun(() => ({ model, real }), commands);
      const left = pendingOf(real.state).length + 1;
      for (let steps = 0; model.ended === undefined; steps += 1) {
        assert.ok(steps < left + 8, 'the end comes within as many steps as there is to say');
        // Number 0: answers without HoldRequests, and nothing to ask.
        new Play('sensible(0)', () => sensible(model, 0)).run(model, real);
      }
      const next = following(real.state);
      assert.equal(next.at, 'idle');
      assert.deepEqual(pendingOf(next), pendingOf(real.state), 'what is left waits for the next session');
    },
  ),
  6000,
  () => missingIn(readTransitions(TRANSITIONS), reached),
);

t.test('no other transition is reached', async (t) => {
  t.strictSame(missingIn(reached, readTransitions(TRANSITIONS)), []);
});
