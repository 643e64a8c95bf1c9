/**
 * Both machines joined by bytes: the usual journeys, and any order of loss, delay, repetition and
 * reconnection.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { AcsMethod, CpeMethod, CwmpFault, Request, Response } from '../../../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS } from '../../../protocol/cwmp/messages.ts';
import type { CpeSettings } from '../../../protocol/cwmp/session-cpe.ts';
import { faultOf } from '../../support/each-rpc.ts';
import { commandOptions, missingIn, reachingProperty } from '../../support/oracle/model.ts';
import type { PairOptions } from '../../support/oracle/pair.ts';
import { Pair } from '../../support/oracle/pair.ts';

const INFORM: PairOptions['inform'] = {
  DeviceId: {
    Manufacturer: 'THOMSON',
    OUI: '00147F',
    ProductClass: 'SpeedTouch 780',
    SerialNumber: 'CP0623JT4GB',
  },
  Event: [{ EventCode: '2 PERIODIC', CommandKey: '' }],
  MaxEnvelopes: 1,
  CurrentTime: '2007-03-01T09:30:00',
  RetryCount: 0,
  ParameterList: [
    { Name: 'InternetGatewayDevice.DeviceInfo.SoftwareVersion', Value: '6.2.29.2', Type: 'string' },
  ],
};

const ACS: PairOptions['acs'] = {
  versions: CWMP_VERSIONS,
  methods: ['Inform', 'GetRPCMethods', 'TransferComplete', 'AutonomousTransferComplete', 'Kicked'],
};

const CPE: CpeSettings = {
  namespace: 'urn:dslforum-org:cwmp-1-0',
  id: (n) => String(n),
  answerId: (id) => id,
  informHeader: {},
  versions: [],
  termination: 'am1',
  maxRetries: 3,
};

/** The request number n, and an answer by which one can see to which request it belongs. */
const get = (n: number): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'GetParameterValues',
  args: { ParameterNames: [`InternetGatewayDevice.Layer3Forwarding.Forwarding.${n}.Enable`] },
});
const add = (n: number): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'AddObject',
  args: { ObjectName: `InternetGatewayDevice.Services.${n}.`, ParameterKey: '' },
});
const set = (n: number): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'SetParameterValues',
  args: { ParameterList: [{ Name: `No.${n}`, Value: '1', Type: 'boolean' }], ParameterKey: String(n) },
});

function numberOf(request: Request<CpeMethod>): number {
  const digits = /\.(\d+)\b/.exec(JSON.stringify(request.args))?.[1];
  return Number(digits);
}

/** Reads succeed, objects are added, and nothing can be set. */
function perform(request: Request<CpeMethod>): Response<CpeMethod> | CwmpFault {
  switch (request.rpc) {
    case 'GetParameterValues':
      return {
        kind: 'response',
        rpc: 'GetParameterValues',
        args: {
          ParameterList: request.args.ParameterNames.map((Name) => ({ Name, Value: '1', Type: 'boolean' })),
        },
      };
    case 'AddObject':
      return { kind: 'response', rpc: 'AddObject', args: { InstanceNumber: numberOf(request), Status: 0 } };
    case 'Download':
      return {
        kind: 'response',
        rpc: 'Download',
        args: { Status: 1, StartTime: '0001-01-01T00:00:00Z', CompleteTime: '0001-01-01T00:00:00Z' },
      };
    case 'SetParameterValues':
      return faultOf(9003, `number .${numberOf(request)}`);
    default:
      return faultOf(9000);
  }
}

const transferComplete = (CommandKey: string): Request<AcsMethod> => ({
  kind: 'request',
  rpc: 'TransferComplete',
  args: {
    CommandKey,
    FaultStruct: { FaultCode: 0, FaultString: '' },
    StartTime: '2007-03-01T09:00:00Z',
    CompleteTime: '2007-03-01T09:01:00Z',
  },
});
const getRpcMethods: Request<AcsMethod> = { kind: 'request', rpc: 'GetRPCMethods', args: {} };

function pairOf(tasks: readonly Request<CpeMethod>[], change: Partial<PairOptions> = {}): Pair {
  const left = [...tasks];
  return new Pair({ acs: ACS, cpe: CPE, inform: INFORM, decide: () => left.shift(), perform, ...change });
}

t.test(
  'a periodic session in which the ACS reads values ends on the first empty answer after them',
  async (t) => {
    const pair = pairOf([get(1)]);
    pair.begin();
    pair.settle();
    t.strictSame(pair.transcript, [
      'C> Inform',
      'A> InformResponse',
      'C> empty',
      'A> GetParameterValues',
      'C> GetParameterValuesResponse',
      'A> 204',
    ]);
    t.strictSame([pair.cpeEnd, pair.machines[0]?.oracle.ended], ['done', 'done']);
    t.equal(pair.settled[0]?.outcome.is, 'response');
  },
);

t.test('a fault to SetParameterValues ends neither the session nor the work', async (t) => {
  const pair = pairOf([set(1), get(2)]);
  pair.begin();
  pair.settle();
  t.strictSame(pair.transcript.slice(3), [
    'A> SetParameterValues',
    'C> Fault 9003',
    'A> GetParameterValues',
    'C> GetParameterValuesResponse',
    'A> 204',
  ]);
  t.strictSame(
    pair.settled.map(({ outcome }) => outcome.is),
    ['fault', 'response'],
  );
});

t.test('a download is accepted in one session and reported in the next, before the empty POST', async (t) => {
  const args = {
    CommandKey: 'fw-2',
    FileType: '1 Firmware Upgrade Image',
    URL: 'http://192.0.2.1/fw.bin',
    Username: '',
    Password: '',
    FileSize: 0,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
  };
  const pair = pairOf([{ kind: 'request', rpc: 'Download', args }]);
  pair.begin();
  pair.settle();
  t.equal(pair.cpeEnd, 'done');
  pair.begin([transferComplete('fw-2')]);
  pair.settle();
  t.strictSame(pair.transcript.slice(6), [
    'C> Inform',
    'A> InformResponse',
    'C> TransferComplete',
    'A> TransferCompleteResponse',
    'C> empty',
    'A> 204',
  ]);
  t.strictSame(
    pair.delivered.map(({ rpc }) => rpc),
    ['Inform', 'Inform', 'TransferComplete'],
  );
});

t.test('with HoldRequests a TransferComplete can be sent in the session of its own download', async (t) => {
  const pair = pairOf([get(1)], { acs: { ...ACS, holdRequests: true } });
  pair.begin([getRpcMethods]);
  pair.move(5);
  pair.enqueue(transferComplete('fw-3'));
  pair.settle();
  t.strictSame(pair.transcript, [
    'C> Inform',
    'A> InformResponse',
    'C> empty',
    'A> GetParameterValues',
    'C> GetParameterValuesResponse',
    'A> 204',
    'C> GetRPCMethods',
    'A> GetRPCMethodsResponse',
    'C> TransferComplete',
    'A> TransferCompleteResponse',
    'C> empty',
    'A> 204',
  ]);
  t.strictSame([pair.cpeEnd, pair.machines[0]?.oracle.ended], ['done', 'done']);
});

t.test('a device of the v1.0 rule gets its one more 204', async (t) => {
  const pair = pairOf([get(1)], { cpe: { ...CPE, termination: 'v1.0' } });
  pair.begin();
  pair.settle();
  t.strictSame(pair.transcript.slice(-4), ['C> GetParameterValuesResponse', 'A> 204', 'C> empty', 'A> 204']);
  t.equal(pair.cpeEnd, 'done');
});

t.test('a device that answers with IDs of its own is understood', async (t) => {
  const pair = pairOf([get(1), set(2), add(3)], {
    cpe: { ...CPE, answerId: (_, n) => `THOM_CPE_ALC_ID_${n}` },
  });
  pair.begin();
  pair.settle();
  t.strictSame(
    pair.settled.map(({ outcome }) => outcome.is),
    ['response', 'fault', 'response'],
  );
});

t.test('CWMP 1.4 is agreed upon by headers', async (t) => {
  const versions = ['1.0', '1.2', '1.4'];
  const cpe = {
    ...CPE,
    namespace: 'urn:dslforum-org:cwmp-1-2',
    versions,
    informHeader: { SupportedCWMPVersions: versions },
  };
  const pair = pairOf([], { cpe });
  pair.begin();
  pair.settle();
  t.equal(pair.cpe.at === 'ended' && pair.cpe.version, '1.4');
});

t.test('a version that both speak is found, or the Inform is refused', async (t) => {
  const cpe = (versions: readonly string[]): CpeSettings => ({
    ...CPE,
    namespace: 'urn:dslforum-org:cwmp-1-2',
    versions,
    informHeader: { SupportedCWMPVersions: versions },
  });
  const common = pairOf([], { acs: { ...ACS, versions: ['1.2', '1.4'] }, cpe: cpe(['1.0', '1.1', '1.2']) });
  common.begin();
  common.settle();
  t.equal(common.cpe.at === 'ended' && common.cpe.version, '1.2');
  const none = pairOf([], { acs: { ...ACS, versions: ['1.4'] }, cpe: cpe(['1.0']) });
  none.begin();
  none.settle();
  t.strictSame(none.transcript, ['C> Inform', 'A> Fault 8006']);
  t.strictSame([none.cpeEnd, none.machines[0]?.oracle.ended], ['inform-refused', 'refused']);
});

t.test('an ACS of CWMP 1.0 draws a newer CPE down to its namespace', async (t) => {
  const versions = ['1.0', '1.2', '1.4'];
  const cpe = {
    ...CPE,
    namespace: 'urn:dslforum-org:cwmp-1-2',
    versions,
    informHeader: { SupportedCWMPVersions: versions },
  };
  const pair = pairOf([get(1)], { acs: { ...ACS, versions: ['1.0'] }, cpe });
  pair.begin();
  pair.settle();
  t.equal(pair.cpeEnd, 'done');
  t.equal(pair.cpe.at === 'ended' && pair.cpe.version, '1.0');
});

t.test('"retry request" is followed three times, and the fourth ends the session', async (t) => {
  let refusals = 3;
  const patient = pairOf([], { refuse: () => (refusals-- > 0 ? faultOf(8005) : undefined) });
  patient.begin([transferComplete('k')]);
  patient.settle();
  t.equal(patient.cpeEnd, 'done');
  t.equal(patient.transcript.filter((line) => line === 'A> Fault 8005').length, 3);
  const stubborn = pairOf([], { refuse: () => faultOf(8005) });
  stubborn.begin([transferComplete('k')]);
  stubborn.settle();
  t.equal(stubborn.cpeEnd, 'too-many-retries');
  t.strictSame(stubborn.cpe.at === 'ended' && stubborn.cpe.pending, [transferComplete('k')], 'it is kept');
});

t.test('a request that the ACS refuses is not repeated, and the session goes on', async (t) => {
  const pair = pairOf([get(1)], {
    refuse: ({ rpc }) => (rpc === 'TransferComplete' ? faultOf(8002) : undefined),
  });
  pair.begin([
    transferComplete('k'),
    { kind: 'request', rpc: 'RequestDownload', args: { FileType: '1', FileTypeArg: [] } },
  ]);
  pair.settle();
  t.strictSame(pair.transcript.slice(2, 7), [
    'C> TransferComplete',
    'A> Fault 8002',
    'C> RequestDownload',
    'A> Fault 8000',
    'C> empty',
  ]);
  t.strictSame([pair.cpeEnd, pair.undelivered.length], ['done', 2]);
});

/** What the random sessions were seen to go through; each must be. */
const situations = new Set<string>();
const SITUATIONS = new Set([
  ...['response', 'fault', 'unanswered', 'lost'].map((is) => `settled ${is}`),
  ...['done', 'timeout', 'superseded', 'protocol-error', 'refused'].map((why) => `ACS ${why}`),
  ...['done', 'timeout', 'lost', 'http-status', 'inform-refused', 'too-many-retries'].map(
    (why) => `CPE ${why}`,
  ),
  'a POST came twice',
  'an answer came too late',
  'a cookie was forgotten',
  'the device started again while its old session was open',
  'the ACS refused',
]);

class Move implements fc.Command<{ open: boolean }, Pair> {
  readonly #name: string;
  readonly #can: (pair: Pair) => boolean;
  readonly #do: (pair: Pair) => void;

  constructor(name: string, can: (pair: Pair) => boolean, move: (pair: Pair) => void) {
    this.#name = name;
    this.#can = can;
    this.#do = move;
  }

  check(): boolean {
    return true;
  }

  run(_: { open: boolean }, pair: Pair): void {
    if (this.#can(pair)) this.#do(pair);
  }

  toString(): string {
    return this.#name;
  }
}

const move = (name: string, can: (pair: Pair) => boolean, run: (pair: Pair) => void): fc.Arbitrary<Move> =>
  fc.constant(new Move(name, can, run));
const saw = (what: string): void => {
  situations.add(what);
};

const goOn = fc.integer({ min: 1, max: 12 }).map(
  (steps) =>
    new Move(
      `go on ${steps}`,
      () => true,
      (pair) => pair.move(steps),
    ),
);
const begin = fc.nat({ max: 3 }).map(
  (count) =>
    new Move(
      `begin with ${count}`,
      (pair) => !pair.isCpeOpen,
      (pair) => {
        if (pair.machines.some(({ oracle }) => oracle.ended === undefined))
          saw('the device started again while its old session was open');
        pair.begin([...Array(count).keys()].map((n) => transferComplete(`b${n}`)));
      },
    ),
);
const losses = [
  move(
    'lose the POST',
    (pair) => pair.posts.length > 0,
    (pair) => pair.losePost(),
  ),
  move(
    'lose the answer',
    (pair) => pair.answers.length > 0,
    (pair) => pair.loseAnswer(),
  ),
  move(
    'the connection breaks',
    (pair) => pair.isCpeOpen,
    (pair) => pair.giveUp('lost'),
  ),
  move(
    'the CPE waits no longer',
    (pair) => pair.isCpeOpen,
    (pair) => pair.giveUp('timeout'),
  ),
  move(
    'the ACS waits no longer',
    () => true,
    (pair) => pair.timeOut(),
  ),
  move(
    'forget the cookie',
    (pair) => pair.cookie !== undefined,
    (pair) => {
      saw('a cookie was forgotten');
      pair.forgetCookie();
    },
  ),
];
const repetitions = [
  move(
    'the POST comes twice at once',
    (pair) => pair.posts.length > 0,
    (pair) => {
      saw('a POST came twice');
      pair.carryPost(true);
    },
  ),
  move(
    'the next empty POST comes again after it was answered',
    (pair) => pair.isCpeOpen,
    (pair) => {
      const isEmpty = (): boolean => pair.posts[0] !== undefined && pair.posts[0].body === undefined;
      for (let moves = 0; moves < 20 && !isEmpty(); moves += 1) pair.move(1);
      if (pair.posts.length === 0) return;
      saw('a POST came twice');
      pair.carryPost(true);
      pair.work();
      pair.carryPost();
    },
  ),
];
const delays = [
  move(
    'carry the POST',
    (pair) => pair.posts.length > 0,
    (pair) => pair.carryPost(),
  ),
  move(
    'carry the answer',
    (pair) => pair.answers.length > 0,
    (pair) => pair.carryAnswer(),
  ),
  move(
    'the shell works',
    (pair) => pair.hasWork,
    (pair) => pair.work(),
  ),
  move(
    'the device works',
    (pair) => pair.hasToPerform,
    (pair) => pair.perform(),
  ),
  move(
    'the device enqueues a request',
    () => true,
    (pair) => pair.enqueue(getRpcMethods),
  ),
];

function check(pair: Pair): void {
  const performed = new Set(pair.performed.map(numberOf));
  const settled = new Set<number>();
  for (const { request, outcome } of pair.settled) {
    const number = numberOf(request);
    saw(`settled ${outcome.is}`);
    assert.ok(!settled.has(number), 'each request is settled once');
    settled.add(number);
    if (outcome.is === 'response' || outcome.is === 'fault')
      assert.ok(performed.has(number), 'what is answered was done');
    if (outcome.is === 'response')
      assert.deepEqual(outcome.response, perform(request), 'the answer is to this request and no other');
    if (outcome.is === 'fault')
      assert.deepEqual(outcome.fault, perform(request), 'the fault is to this request and no other');
  }
  const recorded = new Set(pair.recorded.map((request) => JSON.stringify(request)));
  for (const delivered of pair.delivered)
    assert.ok(recorded.has(JSON.stringify(delivered)), 'what the CPE takes for delivered was recorded');
  for (const { oracle } of pair.machines) if (oracle.ended !== undefined) saw(`ACS ${oracle.ended}`);
  if (pair.late > 0) saw('an answer came too late');
}

const TASKS = [...Array(40).keys()].map((n) => [get, add, set].map((make) => make(n))[n % 3] ?? get(n));

const scene = fc.record(
  {
    echoes: fc.boolean(),
    holds: fc.boolean(),
    termination: fc.constantFrom('am1' as const, 'v1.0' as const),
    // Of each ten requests of the CPE, those that the ACS refuses with "retry request" or for good.
    retries: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 6 }),
    refuses: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], { maxLength: 2 }),
    idle: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  },
  { noNullPrototype: true },
);

const script = (echoes: boolean) =>
  fc.commands(
    [
      ...Array<typeof goOn>(8).fill(goOn),
      begin,
      begin,
      ...losses,
      ...delays,
      // An answer that comes twice and does not echo an ID cannot be distinguished from the next one of the
      // same RPC.
      ...(echoes ? repetitions : []),
    ],
    commandOptions(30),
  );

reachingProperty(
  t,
  'loss, delay, repetition, reconnection and timeouts mix up no answers, and a good line always ends the session well',
  fc.property(
    scene.chain((made) => fc.tuple(fc.constant(made), script(made.echoes))),
    ([{ echoes, holds, termination, retries, refuses, idle }, commands]) => {
      const tasks = [...TASKS];
      let asked = 0;
      let decisions = 0;
      let strict = true;
      const pair = new Pair({
        acs: { ...ACS, holdRequests: holds },
        cpe: { ...CPE, termination, answerId: (id, n) => (echoes ? id : `own-${n}`) },
        inform: INFORM,
        decide: () => {
          decisions += 1;
          return idle[decisions % 3] === true ? undefined : tasks.shift();
        },
        perform,
        refuse: () => {
          asked += 1;
          if (!strict) return undefined;
          const fault = retries.includes(asked % 10) ? 8005 : refuses.includes(asked % 10) ? 8001 : undefined;
          if (fault !== undefined) saw('the ACS refused');
          return fault === undefined ? undefined : faultOf(fault);
        },
      });
      pair.begin([transferComplete('first')]);
      fc.modelRun(() => ({ model: { open: true }, real: pair }), commands);
      // The line is good again. What was under way comes to an end, and the next session is a good one.
      pair.settle();
      if (pair.isCpeOpen) pair.giveUp('timeout');
      pair.timeOut();
      pair.settle();
      for (const why of pair.ends) saw(`CPE ${why}`);
      strict = false;
      pair.begin();
      pair.settle();
      assert.equal(pair.cpeEnd, 'done');
      assert.equal(pair.machines.at(-1)?.oracle.ended, 'done');
      assert.ok(
        pair.machines.every(({ oracle }) => oracle.ended !== undefined && oracle.posts === oracle.answers),
      );
      check(pair);
    },
  ),
  500,
  () => missingIn(SITUATIONS, situations),
);
