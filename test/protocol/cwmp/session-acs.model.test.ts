/** The ACS's machine alone, against a CPE and a shell that do anything at any time. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { AcsMethod, Envelope, Header, Message } from '../../../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS } from '../../../protocol/cwmp/messages.ts';
import type { AcsEvent, AcsSettings, AcsState } from '../../../protocol/cwmp/session-acs.ts';
import { initial, step } from '../../../protocol/cwmp/session-acs.ts';
import {
  ACS_REQUESTS,
  acsRequest,
  CPE_REQUESTS,
  CPE_RESPONSES,
  cpeRequest,
  cpeResponse,
  faultOf,
} from '../../support/each-rpc.ts';
import { AcsOracle } from '../../support/oracle/acs-oracle.ts';
import { commandOptions, missingIn, reachingProperty, readTransitions } from '../../support/oracle/model.ts';

const METHODS: readonly AcsMethod[] = ACS_REQUESTS.map(({ rpc }) => rpc).filter(
  (rpc) => rpc !== 'RequestDownload',
);

const fromCpe = (message: Message, id: string | undefined, header: Header = {}): AcsEvent => {
  const envelope: Envelope = { id, namespace: 'urn:dslforum-org:cwmp-1-2', header, message };
  return { is: 'message', envelope };
};

interface Real {
  readonly settings: AcsSettings;
  state: AcsState;
}

const reached = new Set<string>();

/** States by name, and apart where the same event goes on otherwise. */
function nameState(state: AcsState): string {
  if (state.at === 'listening') return state.session.progress ? 'listening' : 'informed';
  if (state.at === 'recording') return state.sent === undefined ? 'recording' : 'recording beside ours';
  if (state.at === 'deciding') return state.session.cpeDone ? 'deciding' : 'deciding while held';
  return state.at;
}

class Play implements fc.Command<AcsOracle, Real> {
  readonly name: string;
  readonly #make: (model: AcsOracle) => AcsEvent | undefined;

  constructor(name: string, make: (model: AcsOracle) => AcsEvent | undefined) {
    this.name = name;
    this.#make = make;
  }

  check(model: AcsOracle): boolean {
    return this.#make(model) !== undefined;
  }

  run(model: AcsOracle, real: Real): void {
    const event = this.#make(model);
    assert.ok(event !== undefined);
    const before = real.state;
    const { state, effects } = step(real.settings, before, event);
    real.state = state;
    reached.add(`${nameState(before)}: ${this.name} > ${nameState(state)}`);
    model.see(event, effects);
  }

  toString(): string {
    return this.name;
  }
}

const always = (name: string, event: AcsEvent): Play => new Play(name, () => event);
const inform = acsRequest('Inform');
const decided = (model: AcsOracle, which: number): AcsEvent => {
  const request = CPE_REQUESTS[which % CPE_REQUESTS.length] ?? cpeRequest('Reboot');
  return { is: 'decided', id: `a-${model.sent + 1}`, request };
};

/** IDs of an answer: the right one, none, an empty one, the device's own. */
const answerId = (model: AcsOracle, which: number): string | undefined =>
  [model.outstanding?.id, model.outstanding?.id, undefined, '', '4711'][which % 5];

function rightAnswer(model: AcsOracle, which: number): AcsEvent | undefined {
  const asked = model.outstanding;
  return asked === undefined ? undefined : fromCpe(cpeResponse(asked.request.rpc), answerId(model, which));
}

/** What a CPE and a shell that keep to the rules do next; there is no other way to get far. */
function sensible(model: AcsOracle, which: number): [string, AcsEvent] {
  if (model.turn === 'record') return ['recorded', { is: 'recorded' }];
  if (model.turn === 'decide')
    return which % 3 === 0 ? ['nothing-more', { is: 'nothing-more' }] : ['decided', decided(model, which)];
  const answer = rightAnswer(model, 0);
  if (answer !== undefined) return ['response', answer];
  return model.posts === 0 ? ['Inform', fromCpe(inform, '1')] : ['empty', { is: 'empty' }];
}

/** Like Play, with its name known only when it runs. */
class Sensible implements fc.Command<AcsOracle, Real> {
  readonly #which: number;
  constructor(which: number) {
    this.#which = which;
  }
  check = (model: AcsOracle): boolean => model.ended === undefined;
  run(model: AcsOracle, real: Real): void {
    const [name, event] = sensible(model, this.#which);
    new Play(name, () => event).run(model, real);
  }
  toString = (): string => `sensible(${this.#which})`;
}

/** A request instead of the answer that is due: what follows is reached by nothing else. */
const rude = ACS_REQUESTS.filter(({ rpc }) => rpc === 'TransferComplete' || rpc === 'GetRPCMethods').map(
  (request) =>
    fc.constant(
      new Play('request', (model) =>
        model.outstanding !== undefined && model.turn === 'cpe' ? fromCpe(request, '5') : undefined,
      ),
    ),
);

const number = fc.nat({ max: 59 });
const sensibly = number.map((which) => new Sensible(which));
const anything: fc.Arbitrary<fc.Command<AcsOracle, Real>>[] = [
  fc.constantFrom('1', undefined, '').map((id) => always('Inform', fromCpe(inform, id))),
  fc.constant(always('Inform 8006', fromCpe(inform, '1', { SupportedCWMPVersions: ['2.0'] }))),
  fc
    .constantFrom(...ACS_REQUESTS.filter(({ rpc }) => rpc !== 'Inform' && rpc !== 'RequestDownload'))
    .map((request) => always('request', fromCpe(request, '2'))),
  fc
    .constantFrom<Message>(acsRequest('RequestDownload'), cpeRequest('Reboot'), {
      kind: 'unknown',
      name: 'X_000E50_Ask',
    })
    .map((message) => always('unsupported', fromCpe(message, '3'))),
  number.map((which) => new Play('response', (model) => rightAnswer(model, which))),
  fc
    .constantFrom(...CPE_RESPONSES)
    .map(
      (response) =>
        new Play('other response', (model) =>
          model.outstanding?.request.rpc === response.rpc
            ? undefined
            : fromCpe(response, model.outstanding?.id),
        ),
    ),
  fc.constant(
    new Play('other response', (model) =>
      fromCpe({ kind: 'unknown', name: 'X_000E50_AskResponse' }, model.outstanding?.id),
    ),
  ),
  fc.constant(
    new Play('late response', (model) =>
      model.outstanding === undefined || model.sent < 2
        ? undefined
        : fromCpe(cpeResponse(model.outstanding.request.rpc), `a-${model.sent - 1}`),
    ),
  ),
  number.map(
    (which) =>
      new Play('fault', (model) => fromCpe({ kind: 'fault', fault: faultOf(9002) }, answerId(model, which))),
  ),
  fc.constant(always('empty', { is: 'empty' })),
  fc.constant(always('unreadable', { is: 'unreadable', error: { code: 'E_XML_TRUNCATED', at: 7 } })),
  fc.constant(always('recorded', { is: 'recorded' })),
  fc.constant(always('refused', { is: 'refused', fault: faultOf(8002) })),
  fc.constant(always('refused 8005', { is: 'refused', fault: faultOf(8005) })),
  number.map((which) => new Play('decided', (model) => decided(model, which))),
  fc.constant(always('nothing-more', { is: 'nothing-more' })),
  fc.constantFrom('timeout' as const, 'superseded' as const).map((is) => always(is, { is })),
];

const settings = fc.record(
  { versions: fc.constant(CWMP_VERSIONS), methods: fc.constant(METHODS), holdRequests: fc.boolean() },
  { noNullPrototype: true },
);

/**
 * `informed`: nothing but Inform was said yet. `while held`: the CPE holds requests of its own back. `beside
 * ours`: the CPE asked something instead of answering. Events that come when nobody waits for them go on in
 * the same state.
 */
const TRANSITIONS = `
  idle: Inform 8006, empty, fault, other response, request, superseded, timeout, unreadable, unsupported > ended
  idle: Inform > recording
  idle: decided, nothing-more, recorded, refused 8005, refused > idle
  recording: Inform 8006, Inform, decided, empty, fault, nothing-more, other response, request, unreadable, unsupported > recording
  recording: recorded > informed or listening
  recording: refused 8005 > idle or listening
  recording: refused > ended or listening
  recording: superseded, timeout > ended
  informed: Inform 8006, fault, other response, superseded, timeout, unreadable > ended
  informed: Inform, request > recording
  informed: decided, nothing-more, recorded, refused 8005, refused > informed
  informed: empty > deciding or deciding while held
  informed: unsupported > listening
  listening: Inform 8006, Inform, fault, other response, superseded, timeout, unreadable > ended
  listening: decided, nothing-more, recorded, refused 8005, refused, unsupported > listening
  listening: empty > deciding or deciding while held
  listening: request > recording
  deciding: Inform 8006, Inform, empty, fault, other response, recorded, refused 8005, refused, request, unreadable, unsupported > deciding
  deciding: decided > awaiting
  deciding: nothing-more > ending
  deciding: superseded, timeout > ended
  deciding while held: Inform 8006, Inform, empty, fault, other response, recorded, refused 8005, refused, request, unreadable, unsupported > deciding while held
  deciding while held: decided > awaiting
  deciding while held: nothing-more > listening
  deciding while held: superseded, timeout > ended
  awaiting: Inform 8006, Inform, superseded, timeout, unreadable > ended
  awaiting: decided, late response, nothing-more, recorded, refused 8005, refused, unsupported > awaiting
  awaiting: empty, fault, other response, response > deciding or deciding while held
  awaiting: request > recording beside ours
  recording beside ours: late response, Inform 8006, Inform, decided, empty, fault, nothing-more, other response, request, response, unreadable, unsupported > recording beside ours
  recording beside ours: recorded, refused 8005, refused > awaiting
  recording beside ours: superseded, timeout > ended
  ending: Inform 8006, Inform, decided, fault, nothing-more, other response, recorded, refused 8005, refused, request, unreadable, unsupported > ending
  ending: empty, superseded, timeout > ended
  ended: Inform 8006, Inform, decided, empty, fault, nothing-more, other response, recorded, refused 8005, refused, request, superseded, timeout, unreadable, unsupported > ended
`;

reachingProperty(
  t,
  'whatever a CPE and the shell do, the ACS keeps its promises, and comes to an end once they are sensible',
  fc.property(
    settings,
    fc.commands(
      [...anything, ...rude, ...rude, ...rude, ...Array<typeof sensibly>(20).fill(sensibly)],
      commandOptions(32),
    ),
    (acs, commands) => {
      const model = new AcsOracle();
      const real: Real = { settings: acs, state: initial };
      fc.modelRun(() => ({ model, real }), commands);
      for (let steps = 0; model.ended === undefined; steps += 1) {
        assert.ok(steps < 10, 'the end comes within ten steps');
        // Number 0 decides that there is nothing more.
        new Sensible(0).run(model, real);
      }
      assert.equal(model.posts, model.answers);
      assert.equal(model.sent, model.settled);
    },
  ),
  6000,
  () => missingIn(readTransitions(TRANSITIONS), reached),
);

t.test('no other transition is reached', async (t) => {
  t.strictSame(missingIn(reached, readTransitions(TRANSITIONS)), []);
});
