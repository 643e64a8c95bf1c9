import t from 'tap';
import type { Envelope, Header, Message } from '../../../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS } from '../../../protocol/cwmp/messages.ts';
import type { AcsEffect, AcsEvent, AcsSettings, AcsState } from '../../../protocol/cwmp/session-acs.ts';
import { initial, step } from '../../../protocol/cwmp/session-acs.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { acsRequest, acsResponse, cpeRequest, cpeResponse, faultOf } from '../../support/each-rpc.ts';

const NAMESPACE = 'urn:dslforum-org:cwmp-1-0';
const SETTINGS: AcsSettings = {
  versions: CWMP_VERSIONS,
  methods: ['Inform', 'GetRPCMethods', 'TransferComplete', 'Kicked'],
};
const RECORDED: AcsEvent = { is: 'recorded' };
const EMPTY: AcsEvent = { is: 'empty' };
const NOTHING: AcsEvent = { is: 'nothing-more' };

const post = (message: Message, id: string | undefined = '7', header: Header = {}): AcsEvent => ({
  is: 'message',
  envelope: { id, namespace: NAMESPACE, header, message },
});
const inform = (id?: string): AcsEvent => post(acsRequest('Inform'), id);
const decided = (id: string, rpc: 'Reboot' | 'GetParameterNames' | 'GetParameterValues'): AcsEvent => ({
  is: 'decided',
  id,
  request: cpeRequest(rpc),
});

/** The last state and the effects of each event. */
function play(
  events: readonly AcsEvent[],
  settings = SETTINGS,
): { state: AcsState; all: (readonly AcsEffect[])[] } {
  let state = initial;
  const all: (readonly AcsEffect[])[] = [];
  for (const event of events) {
    const next = step(settings, state, event);
    state = next.state;
    all.push(next.effects);
  }
  return { state, all };
}

/** One effect in a word or two. */
function tell(effect: AcsEffect): string {
  switch (effect.do) {
    case 'reply': {
      const { message, id } = effect.envelope;
      const what =
        message.kind === 'fault' ? message.fault.FaultCode : 'rpc' in message ? message.rpc : message.name;
      return `${message.kind} ${what} ${id}`;
    }
    case 'settle':
      return `settle ${effect.request.rpc} ${effect.outcome.is}`;
    case 'reject':
      return `reject ${effect.error.code}`;
    case 'end':
      return `end ${effect.why}`;
    default:
      return effect.do;
  }
}

const stepsOf = (events: readonly AcsEvent[], settings?: AcsSettings): string[][] =>
  play(events, settings).all.map((effects) => effects.map(tell));
const last = (events: readonly AcsEvent[], settings?: AcsSettings): string[] =>
  stepsOf(events, settings).at(-1) ?? [];
const replyTo = (events: readonly AcsEvent[], settings?: AcsSettings): Envelope | undefined => {
  const effect = play(events, settings)
    .all.at(-1)
    ?.find((one) => one.do === 'reply');
  return effect?.do === 'reply' ? effect.envelope : undefined;
};

const opened = [inform(), RECORDED];
const asked = [...opened, EMPTY, decided('a-1', 'GetParameterNames')];

t.test('a session goes from Inform over requests of both sides to 204', async (t) => {
  t.strictSame(
    stepsOf([
      ...opened,
      post(acsRequest('TransferComplete'), '8'),
      RECORDED,
      EMPTY,
      decided('a-1', 'GetParameterNames'),
      post(cpeResponse('GetParameterNames'), 'a-1'),
      decided('a-2', 'Reboot'),
      post({ kind: 'fault', fault: faultOf(9001) }, 'a-2'),
      NOTHING,
      EMPTY,
      EMPTY,
    ]),
    [
      ['record'],
      ['response Inform 7'],
      ['record'],
      ['response TransferComplete 8'],
      ['decide'],
      ['request GetParameterNames a-1'],
      ['settle GetParameterNames response', 'decide'],
      ['request Reboot a-2'],
      ['settle Reboot fault', 'decide'],
      ['reply-empty', 'end done'],
      ['reply-empty'],
      ['reject E_SESSION_UNKNOWN'],
    ],
  );
});

t.test(
  'InformResponse echoes ID and namespace, and names a version only to a CPE that listed some',
  async (t) => {
    for (const id of ['', ' 12\n']) t.equal(replyTo([inform(id), RECORDED])?.id, id);
    t.strictSame(replyTo(opened), {
      id: '7',
      namespace: NAMESPACE,
      header: {},
      message: { kind: 'response', rpc: 'Inform', args: { MaxEnvelopes: 1 } },
    });
    const listed = { SupportedCWMPVersions: ['1.0', '1.2'] };
    t.strictSame(replyTo([post(acsRequest('Inform'), '7', listed), RECORDED])?.header, {
      UseCWMPVersion: '1.2',
    });
  },
);

t.test('an envelope without an ID is answered without one', async (t) => {
  const envelope: Envelope = {
    id: undefined,
    namespace: NAMESPACE,
    header: {},
    message: acsRequest('Inform'),
  };
  const reply = replyTo([{ is: 'message', envelope }, RECORDED]);
  t.ok(reply !== undefined && reply.id === undefined);
});

t.test('a CPE may ask for our methods, and Kicked is sent on to where it wanted to go', async (t) => {
  const methods = replyTo([...opened, post(acsRequest('GetRPCMethods')), RECORDED])?.message;
  t.strictSame(methods, { kind: 'response', rpc: 'GetRPCMethods', args: { MethodList: SETTINGS.methods } });
  const kicked = acsRequest('Kicked');
  const answer = replyTo([...opened, post(kicked), RECORDED])?.message;
  t.strictSame(answer, {
    kind: 'response',
    rpc: 'Kicked',
    args: { NextURL: kicked.rpc === 'Kicked' ? kicked.args.Next : '' },
  });
});

t.test('what an ACS does not answer gets fault 8000, unrecorded, and the session goes on', async (t) => {
  for (const message of [
    acsRequest('RequestDownload'),
    cpeRequest('Reboot'),
    { kind: 'unknown', name: 'X_00147F_Hello' } as const,
  ]) {
    t.strictSame(stepsOf([...opened, post(message), EMPTY]).slice(2), [['fault 8000 7'], ['decide']]);
    t.strictSame(stepsOf([...asked, post(message), EMPTY]).slice(4), [
      ['fault 8000 7'],
      ['settle GetParameterNames unanswered', 'decide'],
    ]);
  }
});

t.test(
  'an empty POST, or an answer to something else, leaves our request unanswered and goes on',
  async (t) => {
    const unanswered = ['settle GetParameterNames unanswered', 'decide'];
    t.strictSame(last([...asked, EMPTY]), unanswered);
    t.strictSame(last([...asked, post(cpeResponse('AddObject'), 'a-1')]), unanswered);
    t.strictSame(last([...asked, post(acsResponse('Inform'), 'a-1')]), unanswered);
    t.strictSame(last([...asked, post({ kind: 'unknown', name: 'X_HelloResponse' })]), unanswered);
  },
);

t.test('the answer is taken whatever ID it has, but not with the ID of an earlier request', async (t) => {
  const answer = cpeResponse('GetParameterNames');
  for (const id of ['', '8', 'THOM_CPE_ALC_ID_3'])
    t.strictSame(last([...asked, post(answer, id)]), ['settle GetParameterNames response', 'decide']);
  const twice = [...asked, post(answer, 'a-1'), decided('a-2', 'GetParameterNames')];
  t.strictSame(last([...twice, post(answer, 'a-1')]), ['reject E_SESSION_OUT_OF_ORDER']);
  t.strictSame(last([...twice, post(answer, 'a-1'), post(answer, 'a-2')]), [
    'settle GetParameterNames response',
    'decide',
  ]);
});

t.test('a request of the CPE instead of the answer is answered, and ours stays outstanding', async (t) => {
  const between = [...asked, post(acsRequest('TransferComplete')), RECORDED];
  t.strictSame(last(between), ['response TransferComplete 7']);
  t.strictSame(last([...between, post(cpeResponse('GetParameterNames'), 'a-1')]), [
    'settle GetParameterNames response',
    'decide',
  ]);
  t.strictSame(last([...between, { is: 'timeout' }]), ['settle GetParameterNames lost', 'end timeout']);
});

t.test('an answer to nothing ends the session', async (t) => {
  const ended = ['reject E_SESSION_OUT_OF_ORDER', 'end protocol-error'];
  t.strictSame(last([...opened, post(cpeResponse('Reboot'))]), ended);
  t.strictSame(last([...opened, post({ kind: 'fault', fault: faultOf(9002) })]), ended);
});

t.test('only Inform begins a session, and a lone empty POST hears 204', async (t) => {
  t.strictSame(last([post(acsRequest('TransferComplete'))]), [
    'reject E_SESSION_UNKNOWN',
    'end protocol-error',
  ]);
  t.strictSame(last([EMPTY]), ['reply-empty', 'end protocol-error']);
});

t.test('Inform may come again only while nothing else was said', async (t) => {
  t.strictSame(stepsOf([...opened, inform('9'), RECORDED]).slice(2), [['record'], ['response Inform 9']]);
  t.strictSame(last([...asked, inform('9')]), [
    'settle GetParameterNames lost',
    'reject E_SESSION_OUT_OF_ORDER',
    'end protocol-error',
  ]);
});

t.test('a CPE that speaks no version of ours gets fault 8006', async (t) => {
  const event = post(acsRequest('Inform'), '7', { SupportedCWMPVersions: ['3.0'] });
  t.strictSame(stepsOf([event, inform()]), [['fault 8006 7', 'end refused'], ['reject E_SESSION_UNKNOWN']]);
});

t.test(
  'what cannot be recorded is answered with the fault; a refused Inform ends, unless it is to be repeated',
  async (t) => {
    const refused = (code: number): AcsEvent => ({ is: 'refused', fault: faultOf(code) });
    t.strictSame(last([inform(), refused(8002)]), ['fault 8002 7', 'end refused']);
    t.strictSame(stepsOf([inform(), refused(8005), inform('8'), RECORDED]), [
      ['record'],
      ['fault 8005 7'],
      ['record'],
      ['response Inform 8'],
    ]);
    t.strictSame(stepsOf([...opened, post(acsRequest('TransferComplete')), refused(8004), EMPTY]).slice(3), [
      ['fault 8004 7'],
      ['decide'],
    ]);
    const often = Array.from({ length: LIMITS.informRetries + 1 }, () => [inform(), refused(8005)]).flat();
    t.strictSame(last(often), ['fault 8005 7', 'end refused'], 'not for ever');
  },
);

t.test('HoldRequests is sent only if asked for, until we have nothing more', async (t) => {
  const holding = { ...SETTINGS, holdRequests: true };
  t.strictSame(replyTo(opened)?.header, {});
  t.strictSame(replyTo(opened, holding)?.header, { HoldRequests: true });
  t.strictSame(replyTo(asked, holding)?.header, { HoldRequests: true });
  const letGo = [...opened, EMPTY, NOTHING];
  t.strictSame(last(letGo, holding), ['reply-empty'], 'the CPE has its turn still');
  t.strictSame(replyTo([...letGo, post(acsRequest('GetRPCMethods')), RECORDED], holding)?.header, {});
  t.strictSame(last([...letGo, EMPTY, NOTHING], holding), ['reply-empty', 'end done']);
});

t.test(
  'a POST that waits for the shell is rejected when the session breaks, and late work changes nothing',
  async (t) => {
    t.strictSame(stepsOf([inform(), { is: 'superseded' }, RECORDED]).slice(1), [
      ['reject E_SESSION_LOST', 'end superseded'],
      [],
    ]);
    t.strictSame(stepsOf([...opened, EMPTY, { is: 'timeout' }, decided('a-1', 'Reboot')]).slice(3), [
      ['reject E_SESSION_LOST', 'end timeout'],
      [],
    ]);
    t.strictSame(
      last([inform(), EMPTY]),
      ['reject E_SESSION_OUT_OF_ORDER'],
      'a second POST at once is rejected',
    );
  },
);

t.test('what cannot be read is rejected with its own error, and our request is lost', async (t) => {
  const unreadable: AcsEvent = { is: 'unreadable', error: { code: 'E_SOAP_SEVERAL_ENVELOPES', at: 900 } };
  t.strictSame(last([...asked, unreadable]), [
    'settle GetParameterNames lost',
    'reject E_SOAP_SEVERAL_ENVELOPES',
    'end protocol-error',
  ]);
});

t.test('a CPE cannot ask for ever', async (t) => {
  const all = stepsOf([
    ...opened,
    ...Array.from({ length: LIMITS.requestsPerSession }, () => [
      post(acsRequest('GetRPCMethods')),
      RECORDED,
    ]).flat(),
  ]);
  t.strictSame(all.at(-2), ['reject E_SESSION_OUT_OF_ORDER', 'end protocol-error']);
  const unknown = Array.from({ length: LIMITS.requestsPerSession }, () =>
    post({ kind: 'unknown', name: 'X' }),
  );
  t.strictSame(last([...opened, ...unknown]), ['reject E_SESSION_OUT_OF_ORDER', 'end protocol-error']);
});
