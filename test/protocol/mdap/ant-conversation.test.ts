/** The ant's machine alone, step by step. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { mdapMessage } from '../../../fuzz/arbitraries/mdap.ts';
import { antSamples, hostSamples } from '../../../fuzz/targets/mdap.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import type { AntEffect, AntEvent, AntResult } from '../../../protocol/mdap/ant-conversation.ts';
import { initial as antBegin, step as antStep, isReply } from '../../../protocol/mdap/ant-conversation.ts';
import { cutOutput } from '../../../protocol/mdap/ant-replies.ts';
import type { ExecCli, MdapMessage } from '../../../protocol/mdap/messages.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import type { AntSettings } from '../../../protocol/mdap/settings.ts';
import { ANT_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { execCli, read, tell } from '../../support/lan/mdap-messages.ts';
import { property } from '../../support/seed.ts';

const WHO = { antId: 'A', antName: 'N', antMac: '00-14-7F-00-00-01', hostSetup: 'auto', tpVersion: '2.0.0' };

class AntUnderTest {
  state = antBegin;
  effects: readonly AntEffect[] = [];
  now = 0;
  runs: string[] = [];
  results: AntResult | undefined = { is: 'text', text: 'ok' };
  readonly settings: AntSettings;

  constructor(settings: Partial<AntSettings> = {}) {
    this.settings = { ...ANT_SETTINGS, ...settings };
  }

  step(event: AntEvent): this {
    const { state, effects } = antStep({ settings: this.settings, who: WHO }, this.state, event);
    this.state = state;
    this.effects = effects;
    for (const effect of effects) {
      if (effect.do !== 'run') continue;
      this.runs.push(effect.work.command ?? 'INFO');
      if (this.results !== undefined)
        this.step({ is: 'ran', id: effect.work.id, result: this.results, now: this.now });
    }
    return this;
  }

  hear(bytes: Uint8Array, { port = 1000, byGroup = true, local = true, random = 0 } = {}): this {
    const arrival = { from: { address: '192.168.1.10', port }, byGroup, local };
    return this.step({ is: 'datagram', bytes, arrival, now: this.now, random });
  }

  ask(seqNr: number | undefined, change: Partial<ExecCli> = {}, port = 1000): string {
    return this.hear(encodeMessage(execCli(seqNr, change)), { port }).says;
  }

  get says(): string {
    return this.effects
      .map((effect) => (effect.do === 'send' ? tell(effect.bytes).replace('REPLY-EXEC-CLI ', '') : 'run'))
      .join(', ');
  }
}

t.test('a reply is known by its beginning, and the machine makes nothing of it', (t) => {
  const replies = antSamples(['A', 'B'], '192.168.1.10:3000');
  t.ok(replies.every((bytes) => isReply(bytes)));
  t.ok(replies.every((bytes) => new AntUnderTest().hear(bytes).effects.length === 0));
  t.notOk(hostSamples('A').some((bytes) => isReply(bytes)));
  t.notOk(isReply(new Uint8Array()));
  t.end();
});

t.test('an ant runs a command once, and says every reply again when it is asked again', async (t) => {
  const ant = new AntUnderTest({ maxDatagram: 256 });
  ant.results = { is: 'text', text: 'x'.repeat(400) };
  t.match(ant.ask(1), /^1 "x+"$/);
  t.match(ant.ask(1), /^1 "x+"$/);
  t.match(ant.ask(2), /^2 "x+"$/);
  t.match(ant.ask(1), /^1 "x+"$/, 'a late duplicate of the first request');
  t.match(ant.ask(3), /^3 "x*"$/);
  t.match(ant.ask(2), /^2 "x+"$/, 'a late duplicate of an earlier one');
  t.equal(ant.ask(4), '4 DONE ""');
  t.equal(ant.ask(4), '4 DONE ""');
  t.match(ant.ask(1), /^1 "x+"$/, 'also when it is over');
  t.equal(ant.ask(5), '-2 ""');
  t.strictSame(ant.runs, ['ip iplist']);
  ant.now += ant.settings.replayCache + 1;
  ant.ask(1);
  t.equal(ant.runs.length, 2, 'after a while it is a new command');
  ant.ask(1, { command: 'ip rtlist' });
  t.equal(ant.runs.length, 3, 'another command ends the one before');
  t.match(ant.ask(2), /^2 "x+"$/);
});

t.test('with replay of the last request only, SEQ-NR 1 starts a new conversation', async (t) => {
  const ant = new AntUnderTest({ replay: 'last' });
  t.equal(ant.ask(1), '1 "ok"');
  t.equal(ant.ask(1), '1 "ok"');
  t.equal(ant.ask(2), '2 DONE ""');
  t.equal(ant.ask(2), '2 DONE ""');
  t.equal(ant.runs.length, 1);
  t.equal(ant.ask(1), '1 "ok"');
  t.equal(ant.runs.length, 2);
  ant.ask(2);
  ant.now += ant.settings.replayCache + 1;
  t.equal(ant.ask(2), '-2 ""', 'it is forgotten');
});

t.test('an ant refuses by number, and is silent to others', async (t) => {
  const ant = new AntUnderTest();
  t.equal(ant.ask(undefined), '-2 ""');
  t.equal(ant.ask(0), '-2 ""');
  t.equal(ant.ask(2), '-2 ""', 'nothing was begun');
  t.equal(ant.ask(1, { command: undefined }), '-5 ""');
  t.equal(ant.ask(1, { version: '1.0' }), '-5 ""');
  t.equal(ant.ask(1, { toAnt: 'B' }), '');
  t.equal(ant.ask(1, { toAnt: undefined }), '');
  const text = Buffer.from(encodeMessage(execCli(1)))
    .toString('latin1')
    .slice(0, -2);
  const broken = text.replace('SEQ-NR:1', 'SEQ-NR 1');
  const check = [...broken].reduce((sum, character) => sum ^ character.charCodeAt(0), 0);
  const bytes = Buffer.from(broken + check.toString(16).toUpperCase().padStart(2, '0'), 'latin1');
  t.equal(ant.hear(bytes).says, '-5 ""', 'a line without a colon');
  t.strictSame(ant.runs, []);
  ant.results = { is: 'error', code: -3, text: 'Unknown command.' };
  t.equal(ant.ask(1), '-3 "Unknown command."');
  t.equal(ant.ask(1), '-3 "Unknown command."');
  t.equal(ant.runs.length, 1, 'a refusal is said again, too');
  ant.results = { is: 'text', text: 'ok' };
  ant.ask(1, { command: 'x' });
  t.equal(ant.ask(2, { userPassword: 'other' }), '-1 ""', 'who acknowledges is who asked');
  t.equal(ant.hear(encodeMessage(read(encodeMessage(execCli(1)))).slice(1)).says, '');
});

t.test('a command that is being carried out is not begun twice, and its end may be silence', async (t) => {
  const ant = new AntUnderTest();
  ant.results = undefined;
  t.equal(ant.ask(1), 'run');
  t.equal(ant.ask(1), '');
  t.equal(ant.ask(2), '-2 ""');
  ant.step({ is: 'ran', id: 99, result: { is: 'text', text: 'x' }, now: 0 });
  t.equal(ant.says, '', 'nobody waits for that');
  ant.step({ is: 'ran', id: 1, result: { is: 'text', text: 'through' }, now: 9 });
  t.equal(ant.says, '1 "through"');
  t.equal(ant.ask(1, { command: 'system reboot' }), 'run');
  ant.step({ is: 'ran', id: 2, result: { is: 'silence' }, now: 10 });
  t.equal(ant.says, '');
  t.equal(ant.state.conversations.size, 0);
});

t.test('an ant has so many conversations at once, and forgets those without a word', async (t) => {
  const full = (settings: Partial<AntSettings>): AntUnderTest => {
    const ant = new AntUnderTest({ maxConversations: 2, ...settings });
    for (const port of [1, 2]) ant.ask(1, {}, port);
    return ant;
  };
  const ant = full({});
  t.equal(ant.ask(1, {}, 3), '-2 ""');
  t.equal(ant.ask(1, { command: 'other' }, 2), '1 "ok"', 'one that replaces its own');
  ant.ask(2, {}, 1);
  t.equal(ant.ask(1, {}, 3), '1 "ok"', 'one is over');
  ant.now += ant.settings.conversationIdle + 1;
  t.equal(ant.ask(2, {}, 3), '-2 ""');
  t.equal(ant.ask(1, {}, 4), '1 "ok"');
  t.equal(full({ whenFull: '-4' }).ask(1, {}, 3), '-4 ""');
  const dropping = full({ whenFull: 'drop-oldest' });
  t.equal(dropping.ask(1, {}, 3), '1 "ok"');
  t.equal(dropping.ask(2, {}, 1), '-2 ""', 'the oldest is gone');
  t.equal(dropping.ask(2, {}, 2), '2 DONE ""');
});

t.test('wrong passwords lock everybody out for a while, where that is set', async (t) => {
  const ant = new AntUnderTest({ lockout: { attempts: 2, ms: 1000 } });
  ant.results = { is: 'error', code: -1 };
  ant.ask(1, {}, 1);
  ant.ask(1, {}, 2);
  ant.results = { is: 'text', text: 'ok' };
  t.equal(ant.ask(1, {}, 3), '-1 ""');
  t.equal(ant.runs.length, 2);
  ant.now = 1000;
  t.equal(ant.ask(1, {}, 3), '1 "ok"');
});

t.test('a search is answered in the version it was asked in, and not to strangers', async (t) => {
  const search = (version: string) =>
    encodeMessage({ kind: 'ANT-SEARCH', version, extra: [], body: undefined });
  const ant = new AntUnderTest();
  const [answer] = ant.hear(search('1.1'), { random: 0.5 }).effects;
  t.match(answer, { do: 'send', to: { is: 'group' }, afterMs: 100 });
  t.match(answer?.do === 'send' ? read(answer.bytes) : undefined, {
    kind: 'REPLY-ANT-SEARCH',
    version: '1.1',
    ...WHO,
    toHost: '192.168.1.10:1000',
    mdapVersion: '1.2',
  });
  t.strictSame(ant.hear(search('1.0')).effects, []);
  t.match(ant.hear(search('1.2'), { byGroup: false }).effects, [
    { to: { is: 'host', host: { address: '192.168.1.10', port: 1000 } } },
  ]);
  t.strictSame(ant.hear(search('1.2'), { byGroup: false, local: false }).effects, []);
  const to = (replyMode: AntSettings['replyMode'], byGroup: boolean): string[] =>
    new AntUnderTest({ replyMode })
      .hear(search('1.2'), { byGroup })
      .effects.map((effect) => (effect.do === 'send' ? effect.to.is : ''));
  t.strictSame(
    [to('multicast', false), to('unicast', true), to('both', true)],
    [['group'], ['host'], ['group', 'host']],
  );
});

t.test('INFO tells facts in the text or in the head, and needs a password or none', async (t) => {
  const info: MdapMessage = {
    kind: 'INFO',
    version: '1.2',
    seqNr: 1,
    toAnt: 'A',
    userId: 'u',
    userPassword: 'p',
    extra: [],
    body: undefined,
  };
  const facts = new Map([['software', '6.2.17.5'] as const, ['board', 'BANT-W'] as const]);
  const body = new AntUnderTest();
  body.results = { is: 'facts', facts };
  t.equal(
    body.hear(encodeMessage(info)).says,
    'REPLY-INFO 1 "BOARD-NAME:BANT-W\\r\\nSW-VERSION:6.2.17.5\\r\\n"',
  );
  const head = new AntUnderTest({
    infoPlacement: 'head',
    infoNeedsAuth: false,
    replyToHost: false,
    doneStyle: 'DONE',
  });
  head.results = undefined;
  t.match(head.hear(encodeMessage(info)).effects, [{ work: { command: undefined, credentials: undefined } }]);
  head.step({ is: 'ran', id: 1, result: { is: 'facts', facts }, now: 0 });
  const [effect] = head.effects;
  t.match(effect?.do === 'send' ? read(effect.bytes) : undefined, {
    toHost: undefined,
    body: '',
    extra: [
      { key: 'BOARD-NAME', value: 'BANT-W' },
      { key: 'SW-VERSION', value: '6.2.17.5' },
    ],
  });
  t.equal(head.hear(encodeMessage({ ...info, seqNr: 2 })).says, 'REPLY-INFO DONE ""');
});

t.test('output is cut at the end of a line where one is near', async (t) => {
  t.strictSame(cutOutput('', 10), ['']);
  t.strictSame(cutOutput('0123456789', 10), ['0123456789']);
  t.strictSame(cutOutput('01234567\r\n89', 11), ['01234567\r\n', '89']);
  t.strictSame(cutOutput('0123\n56789abcdef', 10), ['0123\n56789', 'abcdef'], 'too near to the beginning');
});

property(
  t,
  'pieces of output make up the output, and none is longer than there is room',
  fc.property(
    fc.string({ unit: fc.constantFrom('a', '\r\n', ' '), maxLength: 300 }),
    fc.integer({ min: 1, max: 80 }),
    (text, room) => {
      const pieces = cutOutput(text, room);
      assert.equal(pieces.join(''), text);
      assert.ok(pieces.every((piece) => piece.length <= room));
    },
  ),
);

property(
  t,
  'no reply of an ant is longer than its datagrams may be, whatever it puts out',
  fc.property(
    fc.string({ maxLength: 3000 }),
    fc.integer({ min: 256, max: 1472 }),
    fc.boolean(),
    (text, maxDatagram, flag) => {
      const ant = new AntUnderTest({ maxDatagram, doubleCheckOnDone: flag, singleShotDone: flag });
      ant.results = { is: 'text', text };
      for (let number = 1; number < 40 && !ant.says.includes('DONE'); number++) {
        ant.ask(number);
        for (const effect of ant.effects)
          assert.ok(
            effect.do === 'send' && effect.bytes.length <= maxDatagram,
            `${text.length} in ${maxDatagram}`,
          );
      }
      assert.match(ant.says, /DONE/);
    },
  ),
);

property(
  t,
  'whatever an ant hears, it says at most two datagrams to one, and remembers no more than the limit',
  fc.property(
    fc.array(
      fc.tuple(
        fc.oneof(
          mdapMessage(),
          fc.integer({ min: 0, max: 4 }).map((number) => execCli(number)),
        ),
        fc.integer({ min: 1, max: 200 }),
        fc.constantFrom(0, 100, 6000),
      ),
      { maxLength: 150 },
    ),
    fc.constantFrom(4, 1000),
    fc.boolean(),
    (heard, maxConversations, answers) => {
      const ant = new AntUnderTest({ maxConversations, replyMode: 'both' });
      if (!answers) ant.results = undefined;
      for (const [message, port, wait] of heard) {
        ant.now += wait;
        ant.hear(encodeMessage(message), { port });
        assert.ok(ant.effects.length <= 2);
        assert.ok(ant.state.conversations.size <= LIMITS.mdapConversations);
      }
    },
  ),
  100,
);
