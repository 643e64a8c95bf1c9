/** The host's machines alone, step by step: a conversation, and a search. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { replySeq } from '../../../fuzz/arbitraries/mdap.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { HostEffect, HostEvent, HostRequest } from '../../../protocol/mdap/host-conversation.ts';
import {
  checkCommand,
  initial as hostBegin,
  step as hostStep,
} from '../../../protocol/mdap/host-conversation.ts';
import type { ConversationReply, ReplyAntSearch } from '../../../protocol/mdap/messages.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import { initial as searchBegin, step as searchStep } from '../../../protocol/mdap/search.ts';
import type { ReplySeq } from '../../../protocol/mdap/sequence.ts';
import { HOST_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { execCli, tell } from '../../support/lan/mdap-messages.ts';
import { property } from '../../support/seed.ts';

const ASK: HostRequest = {
  verb: 'EXEC-CLI',
  antId: 'A',
  user: 'Administrator',
  password: 's',
  command: 'ip iplist',
};

class Host {
  state;
  effects: readonly HostEffect[] = [];
  readonly settings;

  constructor(ask: Partial<HostRequest> = {}, settings = HOST_SETTINGS) {
    this.state = hostBegin({ ...ASK, ...ask });
    this.settings = settings;
    this.step({ is: 'begin' });
  }

  step(event: HostEvent): this {
    const { state, effects } = hostStep(this.settings, this.state, event);
    this.state = state;
    this.effects = effects;
    return this;
  }

  reply(seq: ReplySeq | number, body = '', change: Partial<ConversationReply> = {}): this {
    return this.step({
      is: 'reply',
      message: {
        kind: 'REPLY-EXEC-CLI',
        version: '1.2',
        antId: 'A',
        toHost: 'x',
        extra: [],
        doubleCheck: false,
        body,
        ...change,
        seq: typeof seq === 'number' ? { is: seq < 0 ? 'error' : 'step', number: seq, code: seq } : seq,
      },
    });
  }

  get does(): string {
    return this.effects
      .map((effect) => {
        if (effect.do === 'send') return tell(effect.bytes);
        return effect.do === 'end' ? JSON.stringify(effect.outcome) : `${effect.do} ${effect.ms}`;
      })
      .join(', ');
  }
}

const DONE: ReplySeq = { is: 'done', number: undefined, text: 'DONE' };

t.test('a host sends the command once, acknowledges each piece, and puts the pieces together', async (t) => {
  const host = new Host();
  t.equal(host.does, 'deadline 30000, EXEC-CLI 1 ip iplist, timer 2000');
  t.equal(host.reply(1, 'one ').does, 'EXEC-CLI 2 -, timer 2000');
  t.equal(host.reply(1, 'one ').does, '', 'a duplicate is not acknowledged again');
  t.equal(host.reply(2, 'two').does, 'EXEC-CLI 3 -, timer 2000');
  t.equal(host.reply({ is: 'done', number: 2, text: '2 DONE' }).does, '', 'a late end');
  t.equal(host.reply(DONE, '!').does, '{"is":"done","output":"one two!","headers":[]}');
  t.equal(host.reply(DONE).step({ is: 'timeout' }).step({ is: 'cancel' }).does, '', 'it is over');
});

t.test('a host sends the very same datagram again, later each time, and gives up', async (t) => {
  const host = new Host();
  const [, first] = host.effects;
  const waits: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    host.step({ is: 'timeout' });
    t.same(host.effects[0], first);
    waits.push(host.effects[1]?.do === 'timer' ? host.effects[1].ms : 0);
  }
  t.strictSame(waits, [3000, 4500, 6750]);
  t.equal(host.step({ is: 'timeout' }).does, '{"is":"timeout","step":1,"output":""}');
  t.equal(new Host().reply(1, 'a').step({ is: 'deadline' }).does, '{"is":"timeout","step":2,"output":"a"}');
  t.equal(new Host().step({ is: 'cancel' }).does, '{"is":"cancelled"}');
});

t.test(
  'a host hears refusals and what cannot be, and begins again once where that does no harm',
  async (t) => {
    t.equal(new Host().reply(-1).does, '{"is":"refused","code":-1,"output":""}');
    t.equal(new Host().reply(-3, 'unknown').does, '{"is":"refused","code":-3,"output":"unknown"}');
    t.equal(new Host().reply(2).does, '{"is":"sequence","output":""}');
    t.equal(new Host().reply({ is: 'unreadable', text: '' }).does, '{"is":"sequence","output":""}');
    const again = new Host({ repeatable: true }).reply(1, 'a').reply(-2);
    t.equal(again.does, 'EXEC-CLI 1 ip iplist, timer 2000');
    t.equal(again.reply(1, 'b').reply(DONE).does, '{"is":"done","output":"b","headers":[]}');
    t.equal(
      new Host({ repeatable: true }).reply(5).reply(5).does,
      '{"is":"sequence","output":""}',
      'only once',
    );
    t.equal(new Host().reply(1, '', { antId: 'B' }).does, '', 'another ant');
    t.equal(new Host().reply(1, '', { kind: 'REPLY-INFO' }).does, '', 'another verb');
  },
);

t.test('with silence expected, the first reply or none ends it', async (t) => {
  const silent = { expectSilence: true };
  t.equal(new Host(silent).step({ is: 'timeout' }).does, '{"is":"sent","answered":false,"output":""}');
  t.equal(
    new Host(silent).reply(1, 'bye').does,
    'EXEC-CLI 2 -, {"is":"sent","answered":true,"output":"bye"}',
    'the ant need not wait',
  );
  t.equal(new Host(silent).reply(DONE).does, '{"is":"sent","answered":true,"output":""}');
  t.equal(new Host(silent).reply(-1).does, '{"is":"refused","code":-1,"output":""}');
});

t.test('output without end is cut off', async (t) => {
  const host = new Host();
  const piece = 'x'.repeat(LIMITS.mdapBodyBytes);
  for (let number = 1; number <= LIMITS.mdapOutputBytes / piece.length; number++) host.reply(number, piece);
  t.match(host.does, /^EXEC-CLI 17/);
  t.equal(host.reply(17, 'x').does, '{"is":"too-large"}');
  const slow = new Host();
  for (let number = 1; number <= LIMITS.mdapPieces; number++) slow.reply(number);
  t.equal(slow.reply(LIMITS.mdapPieces + 1).does, '{"is":"too-large"}');
});

t.test('a command that cannot be sent whole is refused', async (t) => {
  const check = (command: string) => checkCommand(HOST_SETTINGS, { ...ASK, command });
  t.strictSame(check('  :ip iplist '), { ok: true, value: ':ip iplist' });
  t.strictSame(check(' \t'), { ok: false, error: 'empty' });
  t.strictSame(check('a\r\nUSER-ID:root'), { ok: false, error: 'characters' });
  t.strictSame(check('naïve'), { ok: true, value: 'naïve' });
  t.strictSame(check('\u2026'), { ok: false, error: 'characters' });
  t.strictSame(check('x'.repeat(LIMITS.mdapValueBytes + 1)), { ok: false, error: 'too-long' });
  const small = { ...HOST_SETTINGS, maxDatagram: 256 };
  const fits = 'x'.repeat(256 - encodeMessage({ ...execCli(1), userPassword: 's', command: '' }).length);
  t.ok(checkCommand(small, { ...ASK, command: fits }).ok);
  t.strictSame(checkCommand(small, { ...ASK, command: `${fits}x` }), { ok: false, error: 'too-long' });
});

const anyReply: fc.Arbitrary<HostEvent> = fc.record(
  {
    is: fc.constant('reply' as const),
    message: fc.record(
      {
        kind: fc.constantFrom('REPLY-EXEC-CLI' as const, 'REPLY-INFO' as const),
        version: fc.constant('1.2'),
        antId: fc.constantFrom('A', 'A', 'A', 'B', undefined),
        toHost: fc.constant(undefined),
        seq: fc.oneof(
          replySeq(),
          fc.integer({ min: 1, max: 4 }).map((number): ReplySeq => ({ is: 'step', number })),
        ),
        extra: fc.constant([]),
        body: fc.constantFrom('', 'x'),
        doubleCheck: fc.constant(false),
      },
      { noNullPrototype: true },
    ),
  },
  { noNullPrototype: true },
);

property(
  t,
  'whatever a host hears, it ends once, sends at most one datagram an event, and has a timer while it waits',
  fc.property(
    fc.array(
      fc.oneof(
        { weight: 8, arbitrary: anyReply },
        { weight: 2, arbitrary: fc.constant<HostEvent>({ is: 'timeout' }) },
        {
          weight: 1,
          arbitrary: fc.constantFrom<HostEvent>({ is: 'deadline' }, { is: 'cancel' }, { is: 'begin' }),
        },
      ),
      { maxLength: 30 },
    ),
    fc.boolean(),
    fc.boolean(),
    (events, expectSilence, repeatable) => {
      const host = new Host({ expectSilence, repeatable });
      let ends = 0;
      for (const event of events) {
        host.step(event);
        const count = (what: HostEffect['do']) => host.effects.filter((effect) => effect.do === what).length;
        ends += count('end');
        assert.ok(count('send') <= 1);
        assert.equal(host.state.at === 'ended', ends === 1);
        if (host.state.at === 'waiting') assert.equal(count('send'), count('timer'));
      }
    },
  ),
  500,
);

const found = (antId: string | undefined, antMac: string): ReplyAntSearch => ({
  kind: 'REPLY-ANT-SEARCH',
  version: '1.1',
  antId,
  antMac,
  antName: 'N',
  hostSetup: 'auto',
  toHost: 'x',
  tpVersion: '2.0.0',
  mdapVersion: '1.2',
  extra: [],
  body: undefined,
});

t.test('a search asks in rounds, and merges what answers by ANT-ID', async (t) => {
  let { state, effects } = searchStep(HOST_SETTINGS, searchBegin(), { is: 'begin' });
  const step = (event: Parameters<typeof searchStep>[2]): string => {
    ({ state, effects } = searchStep(HOST_SETTINGS, state, event));
    return effects
      .map((effect) => {
        if (effect.do === 'timer') return `timer ${effect.ms}`;
        if (effect.do === 'found') return `${effect.ant.antId} ${effect.ant.macs.length}`;
        return effect.do === 'end' ? `end ${effect.ants.map(({ antId }) => antId)}` : tell(effect.bytes);
      })
      .join(', ');
  };
  const hear = (antId: string | undefined, mac = '00-14-7F-00-00-01') =>
    step({ is: 'reply', message: found(antId, mac), source: '192.168.1.254' });
  t.match(effects, [
    { do: 'send', legacy: false },
    { do: 'timer', ms: 500 },
  ]);
  t.equal(hear('A'), 'A 1');
  t.equal(hear('A', '00-14-7f-00-00-01'), '');
  t.equal(step({ is: 'timeout' }), 'ANT-SEARCH, timer 500');
  t.equal(hear('B'), 'B 1');
  t.equal(hear('A', '00-14-7F-00-00-02'), 'A 2', 'two ants with one ANT-ID');
  t.equal(hear(undefined), '');
  t.equal(step({ is: 'timeout' }), 'ANT-SEARCH, timer 1500');
  t.equal(step({ is: 'timeout' }), 'end A,B');
  t.equal(hear('C'), '');
  const early = searchStep(HOST_SETTINGS, searchStep(HOST_SETTINGS, searchBegin(1), { is: 'begin' }).state, {
    is: 'reply',
    message: found('A', ''),
    source: '192.168.1.254',
  });
  t.strictSame(
    early.effects.map((effect) => effect.do),
    ['found', 'end'],
    'enough are found',
  );
  const legacy = searchStep({ ...HOST_SETTINGS, legacy10: true }, searchBegin(), { is: 'begin' });
  t.match(legacy.effects, [{ legacy: false }, { legacy: true }, {}]);
});

t.test('a hundred ants are found in three rounds, though a fifth of the answers is lost', async (t) => {
  let lost = 0;
  let { state } = searchStep(HOST_SETTINGS, searchBegin(), { is: 'begin' });
  for (let round = 0; round < 3; round++) {
    for (let ant = 0; ant < 100; ant++) {
      if ((ant * 7 + round * 3) % 5 === 0) lost += 1;
      else
        ({ state } = searchStep(HOST_SETTINGS, state, {
          is: 'reply',
          message: found(`A${ant}`, `00-${ant}`),
          source: '192.168.1.254',
        }));
    }
    ({ state } = searchStep(HOST_SETTINGS, state, { is: 'timeout' }));
  }
  t.equal(lost, 60);
  t.equal(state.found.size, 100);
  t.equal(state.at, 'ended');
});
