import t from 'tap';
import type { AcsMethod, Envelope, Header, Message, Request } from '../../../protocol/cwmp/messages.ts';
import type { CpeEffect, CpeEvent, CpeSettings, CpeState } from '../../../protocol/cwmp/session-cpe.ts';
import { following, initial, step } from '../../../protocol/cwmp/session-cpe.ts';
import { acsRequest, acsResponse, cpeRequest, cpeResponse, faultOf } from '../../support/each-rpc.ts';

const SETTINGS: CpeSettings = {
  namespace: 'urn:dslforum-org:cwmp-1-2',
  id: (n) => `c-${n}`,
  answerId: (id) => id,
  informHeader: { SessionTimeout: 40 },
  versions: [],
  termination: 'am1',
  maxRetries: 3,
};

const inform = acsRequest('Inform');
const begin = (...requests: Request<AcsMethod>[]): CpeEvent => {
  if (inform.rpc !== 'Inform') throw new Error('no Inform');
  return { is: 'begin', inform: inform.args, requests };
};
const got = (message: Message, header: Header = {}, id: string | undefined = 'a-1'): CpeEvent => ({
  is: 'response',
  status: 200,
  envelope: { id, namespace: SETTINGS.namespace, header, message },
});
const EMPTY: CpeEvent = { is: 'response', status: 204 };
const INFORMED = got(acsResponse('Inform'));
const HOLD: Header = { HoldRequests: true };
const retry = got({ kind: 'fault', fault: faultOf(8005) });
const performed: CpeEvent = { is: 'performed', response: cpeResponse('Reboot') };
const kicked = acsRequest('Kicked');
const transferComplete = acsRequest('TransferComplete');

function play(events: readonly CpeEvent[], change: Partial<CpeSettings> = {}, start: CpeState = initial) {
  let state = start;
  const all: (readonly CpeEffect[])[] = [];
  for (const event of events) {
    const next = step({ ...SETTINGS, ...change }, state, event);
    state = next.state;
    all.push(next.effects);
  }
  return { state, all };
}

function tell(effect: CpeEffect): string {
  switch (effect.do) {
    case 'post': {
      const { message, id } = effect.envelope;
      const what =
        message.kind === 'fault' ? message.fault.FaultCode : 'rpc' in message ? message.rpc : message.name;
      return `${message.kind} ${what} ${id}`;
    }
    case 'perform':
    case 'delivered':
    case 'undelivered':
      return `${effect.do} ${effect.request.rpc}`;
    case 'end':
      return `end ${effect.why}`;
    default:
      return effect.do;
  }
}

const stepsOf = (events: readonly CpeEvent[], change?: Partial<CpeSettings>): string[][] =>
  play(events, change).all.map((effects) => effects.map(tell));
const last = (events: readonly CpeEvent[], change?: Partial<CpeSettings>): string[] =>
  stepsOf(events, change).at(-1) ?? [];
const posted = (events: readonly CpeEvent[], change?: Partial<CpeSettings>): Envelope | undefined => {
  const effect = play(events, change)
    .all.at(-1)
    ?.find((one) => one.do === 'post');
  return effect?.do === 'post' ? effect.envelope : undefined;
};
const pending = (state: CpeState): readonly string[] =>
  (state.at === 'idle' || state.at === 'ended' ? state.pending : state.session.pending).map(({ rpc }) => rpc);

t.test(
  'own requests go before the empty POST, answers at once, and an empty response ends the session',
  async (t) => {
    t.strictSame(
      stepsOf([
        begin(transferComplete, kicked),
        INFORMED,
        got(acsResponse('TransferComplete')),
        got(acsResponse('Kicked')),
        got(cpeRequest('Reboot'), {}, 'a-5'),
        performed,
        got(cpeRequest('GetParameterNames'), {}, 'a-6'),
        { is: 'failed', fault: faultOf(9005) },
        EMPTY,
        EMPTY,
      ]),
      [
        ['request Inform c-1'],
        ['delivered Inform', 'request TransferComplete c-2'],
        ['delivered TransferComplete', 'request Kicked c-3'],
        ['delivered Kicked', 'post-empty'],
        ['perform Reboot'],
        ['response Reboot a-5'],
        ['perform GetParameterNames'],
        ['fault 9005 a-6'],
        ['end done'],
        [],
      ],
    );
  },
);

t.test('an empty 200 is as good as a 204', async (t) => {
  t.strictSame(last([begin(), INFORMED, { is: 'response', status: 200 }]), ['end done']);
});

t.test('the header of Inform is on Inform only', async (t) => {
  t.strictSame(posted([begin()])?.header, { SessionTimeout: 40 });
  t.strictSame(posted([begin(kicked), INFORMED])?.header, {});
});

t.test('while HoldRequests is true the CPE keeps its requests, and sends them when it is over', async (t) => {
  t.strictSame(
    stepsOf([
      begin(kicked),
      got(acsResponse('Inform'), HOLD),
      got(cpeRequest('Reboot'), HOLD),
      performed,
      EMPTY,
      got(acsResponse('Kicked')),
      EMPTY,
    ]).slice(1),
    [
      ['delivered Inform', 'post-empty'],
      ['perform Reboot'],
      ['response Reboot a-1'],
      ['request Kicked c-2'],
      ['delivered Kicked', 'post-empty'],
      ['end done'],
    ],
  );
  t.strictSame(
    last([begin(), got(acsResponse('Inform'), HOLD), EMPTY]),
    ['post-empty'],
    'the empty POST is owed still',
  );
});

t.test(
  '"retry request" repeats the identical request, and not more often than the settings say',
  async (t) => {
    const { all } = play([begin(), retry, retry, retry, retry]);
    const envelopes = all
      .slice(0, 4)
      .map(([effect]) => (effect?.do === 'post' ? effect.envelope : undefined));
    t.equal(new Set(envelopes).size, 1);
    t.strictSame(all.at(-1)?.map(tell), ['end too-many-retries']);
    const kept = play([begin(kicked, transferComplete), INFORMED, retry], { maxRetries: 0 }).state;
    t.strictSame(pending(kept), ['Kicked', 'TransferComplete'], 'what was not answered is kept, in order');
  },
);

t.test('a fault ends the session if it is to Inform, and only then', async (t) => {
  const fault = got({ kind: 'fault', fault: faultOf(8003) });
  t.strictSame(last([begin(kicked), fault]), ['undelivered Inform', 'end inform-refused']);
  t.strictSame(stepsOf([begin(kicked), INFORMED, fault, EMPTY]).slice(2), [
    ['undelivered Kicked', 'post-empty'],
    ['end done'],
  ]);
  t.strictSame(pending(play([begin(kicked), fault]).state), ['Kicked']);
});

t.test('UseCWMPVersion must be one that was offered; a CPE that offers none does not know it', async (t) => {
  const use = (version: string): CpeEvent => got(acsResponse('Inform'), { UseCWMPVersion: version });
  const offers = { versions: ['1.2', '1.4'] };
  t.strictSame(last([begin(), use('1.1')], offers), ['end version']);
  t.strictSame(last([begin(), use('1.2')], offers), ['delivered Inform', 'post-empty']);
  t.strictSame(last([begin(), use('1.1')]), ['delivered Inform', 'post-empty']);
});

t.test('what no CPE answers gets fault 9000, and the session goes on', async (t) => {
  for (const message of [acsRequest('Kicked'), { kind: 'unknown', name: 'X_Hello' } as const])
    t.strictSame(stepsOf([begin(), INFORMED, got(message), EMPTY]).slice(2), [
      ['fault 9000 a-1'],
      ['end done'],
    ]);
});

t.test('a device that answers something else than it was asked sends fault 9002', async (t) => {
  t.strictSame(last([begin(), INFORMED, got(cpeRequest('Download')), performed]), ['fault 9002 a-1']);
});

t.test('anything out of place ends the session', async (t) => {
  const informed = [begin(), INFORMED];
  t.strictSame(last([begin(), EMPTY]), ['end protocol-error'], 'no answer to Inform');
  t.strictSame(
    last([begin(), got(cpeRequest('Reboot'))]),
    ['end protocol-error'],
    'a request instead of the answer',
  );
  t.strictSame(last([begin(), got(acsResponse('Kicked'))]), ['end protocol-error'], 'another answer');
  t.strictSame(last([...informed, INFORMED]), ['end protocol-error'], 'an answer to nothing');
  t.strictSame(last([...informed, retry]), ['end protocol-error'], 'a fault to nothing');
  t.strictSame(last([...informed, { is: 'unreadable', status: 200 }]), ['end unreadable']);
  t.strictSame(last([...informed, { is: 'unreadable', status: 502 }]), ['end http-status']);
  t.strictSame(last([...informed, { is: 'response', status: 401 }]), ['end http-status']);
  t.strictSame(last([...informed, { is: 'timeout' }]), ['end timeout']);
  t.strictSame(last([...informed, { is: 'lost' }]), ['end lost']);
});

t.test(
  'a request that is enqueued is sent in this session if it still may be, and otherwise kept for the next',
  async (t) => {
    const enqueue: CpeEvent = { is: 'enqueue', request: kicked };
    t.strictSame(last([begin(), enqueue, INFORMED]), ['delivered Inform', 'request Kicked c-2']);
    const late = play([begin(), INFORMED, enqueue, EMPTY]);
    t.strictSame(late.all.at(-1)?.map(tell), ['end done']);
    t.strictSame(pending(late.state), ['Kicked']);
    const next = play(
      [begin(transferComplete), INFORMED, got(acsResponse('Kicked'))],
      {},
      following(late.state),
    );
    t.strictSame(
      next.all.map((effects) => effects.map(tell)),
      [
        ['request Inform c-2'],
        ['delivered Inform', 'request Kicked c-3'],
        ['delivered Kicked', 'request TransferComplete c-4'],
      ],
      'it goes first, and the IDs go on',
    );
  },
);

t.test('the v1.0 rule asks for one more empty exchange, in which the ACS may still ask', async (t) => {
  const change = { termination: 'v1.0' } as const;
  t.strictSame(stepsOf([begin(), INFORMED, EMPTY, EMPTY], change).slice(2), [['post-empty'], ['end done']]);
  t.strictSame(last([begin(), INFORMED, EMPTY, got(cpeRequest('Reboot')), performed, EMPTY], change), [
    'end done',
  ]);
});

t.test('a device that does not echo IDs uses its own next ones', async (t) => {
  const own = { answerId: (_: string | undefined, n: number) => `c-${n}` };
  t.strictSame(
    stepsOf(
      [begin(), INFORMED, got(cpeRequest('Reboot')), performed, got(cpeRequest('Reboot')), performed],
      own,
    ),
    [
      ['request Inform c-1'],
      ['delivered Inform', 'post-empty'],
      ['perform Reboot'],
      ['response Reboot c-2'],
      ['perform Reboot'],
      ['response Reboot c-3'],
    ],
  );
});
