import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { EventQueue } from '../../../protocol/cwmp/events.ts';
import {
  callDelivered,
  EVENTS,
  eventRule,
  informDelivered,
  informFailed,
  nextInform,
  noEvents,
  raise,
  rebooted,
} from '../../../protocol/cwmp/events.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { property } from '../../support/seed.ts';

/** `code` or `code|command key`, in order. */
const raised = (...events: string[]): EventQueue => events.reduce(raiseOne, noEvents);
function raiseOne(queue: EventQueue, event: string): EventQueue {
  const [code = '', key = ''] = event.split('|');
  return raise(queue, code, key);
}
const held = (queue: EventQueue, retriesOthers = false): string[] =>
  nextInform(queue, retriesOthers).Event.map(({ EventCode, CommandKey }) =>
    CommandKey === '' ? EventCode : `${EventCode}|${CommandKey}`,
  );

t.test(
  'a single event occurs once however often it is raised, one of a command each time, with its key',
  async (t) => {
    t.strictSame(held(raised('2 PERIODIC', '4 VALUE CHANGE', '2 PERIODIC')), [
      '2 PERIODIC',
      '4 VALUE CHANGE',
    ]);
    t.strictSame(held(raised('M Download|a', 'M Download|b', 'M Download|a')), [
      '7 TRANSFER COMPLETE',
      'M Download|a',
      'M Download|b',
      'M Download|a',
    ]);
    t.strictSame(
      held(raised('2 PERIODIC|key')),
      ['2 PERIODIC'],
      'a standard event without a command has no key',
    );
  },
);

t.test('events of one cause are in one Inform', async (t) => {
  t.strictSame(held(raised('M Reboot|r')), ['1 BOOT', 'M Reboot|r']);
  t.strictSame(held(raised('M ScheduleInform|s')), ['3 SCHEDULED', 'M ScheduleInform|s']);
  t.strictSame(held(raised('M ChangeDUState|d')), ['11 DU STATE CHANGE COMPLETE', 'M ChangeDUState|d']);
});

t.test('BOOTSTRAP discards all others, and those that come later are sent with it', async (t) => {
  t.strictSame(held(raised('4 VALUE CHANGE', 'M Upload|u', '0 BOOTSTRAP', '1 BOOT')), [
    '0 BOOTSTRAP',
    '1 BOOT',
  ]);
});

t.test('InformResponse delivers what it is to deliver; transfers wait for their own call', async (t) => {
  const queue = raised('1 BOOT', 'M Download|a', 'M Download|b', '10 AUTONOMOUS TRANSFER COMPLETE');
  const informed = informDelivered(queue, nextInform(queue));
  t.strictSame(held(informed), [
    '7 TRANSFER COMPLETE',
    'M Download|a',
    'M Download|b',
    '10 AUTONOMOUS TRANSFER COMPLETE',
  ]);
  const one = callDelivered(informed, 'TransferComplete', 'b');
  t.strictSame(held(one), ['7 TRANSFER COMPLETE', 'M Download|a', '10 AUTONOMOUS TRANSFER COMPLETE']);
  t.strictSame(held(callDelivered(one, 'TransferComplete', 'b')), held(one), 'not twice');
  const both = callDelivered(one, 'TransferComplete', 'a');
  t.strictSame(held(both), ['10 AUTONOMOUS TRANSFER COMPLETE'], '7 goes with the last transfer');
  t.strictSame(held(callDelivered(both, 'AutonomousTransferComplete')), []);
  t.strictSame(held(callDelivered(queue, 'Inform')), held(queue), 'Inform is delivered as a whole, not so');
});

t.test('an autonomous event that occurred twice is delivered by the second call', async (t) => {
  const twice = raised('12 AUTONOMOUS DU STATE CHANGE COMPLETE', '12 AUTONOMOUS DU STATE CHANGE COMPLETE');
  const once = callDelivered(twice, 'AutonomousDUStateChangeComplete');
  t.equal(held(once).length, 1);
  t.equal(held(callDelivered(once, 'AutonomousDUStateChangeComplete')).length, 0);
  t.strictSame(held(callDelivered(raised('7 TRANSFER COMPLETE'), 'TransferComplete', 'x')), [], 'a lone 7');
});

t.test('what occurs again after the Inform was made is not delivered by its answer', async (t) => {
  const queue = raised('2 PERIODIC', '4 VALUE CHANGE');
  const sent = nextInform(queue);
  t.strictSame(held(informDelivered(raise(queue, '4 VALUE CHANGE'), sent)), ['4 VALUE CHANGE']);
});

t.test('a failed session keeps all but CONNECTION REQUEST', async (t) => {
  const queue = raised('2 PERIODIC', '6 CONNECTION REQUEST', '5 KICKED', 'M Reboot|r');
  const sent = nextInform(queue);
  t.strictSame(held(informFailed(queue, sent)), ['2 PERIODIC', '5 KICKED', '1 BOOT', 'M Reboot|r']);
  const again = raise(queue, '6 CONNECTION REQUEST');
  t.ok(held(informFailed(again, sent)).includes('6 CONNECTION REQUEST'), 'one that came meanwhile is kept');
});

t.test('a reboot discards what is retried until the reboot only', async (t) => {
  const all = [...EVENTS.keys()].filter((code) => code !== '0 BOOTSTRAP' && code !== '14 HEARTBEAT');
  const kept = held(
    rebooted(raised('0 BOOTSTRAP', ...all.map((code) => (code.startsWith('M ') ? `${code}|k` : code)))),
  );
  const gone = all.filter((code) => !kept.some((event) => event.startsWith(code)));
  t.strictSame(gone, [
    '1 BOOT',
    '4 VALUE CHANGE',
    '6 CONNECTION REQUEST',
    '8 DIAGNOSTICS COMPLETE',
    '13 WAKEUP',
  ]);
});

t.test(
  'HEARTBEAT is alone in its Inform, before others but after a retry of others, and clears nothing else',
  async (t) => {
    const queue = raised('4 VALUE CHANGE', '14 HEARTBEAT');
    t.strictSame(held(queue), ['14 HEARTBEAT']);
    t.strictSame(held(queue, true), ['4 VALUE CHANGE']);
    t.strictSame(held(informDelivered(queue, nextInform(queue))), ['4 VALUE CHANGE']);
  },
);

t.test('past 64 entries the oldest event of a command is dropped', async (t) => {
  const many = Array.from({ length: 70 }, (_, n) => `M Upload|${n}`);
  const queue = held(raised('2 PERIODIC', ...many));
  t.equal(queue.length, LIMITS.events);
  t.strictSame([queue[0], queue[1], queue[2]], ['2 PERIODIC', '7 TRANSFER COMPLETE', 'M Upload|8']);
});

t.test('an event that brings its companion makes room for both', async (t) => {
  const vendor = Array.from({ length: 62 }, (_, n) => `X 00147F Event ${n}`);
  const queue = held(raised('M Reboot|r', ...vendor, 'M Download|d'));
  t.equal(queue.length, LIMITS.events);
});

t.test('vendor events have the rules of their form', async (t) => {
  t.strictSame(held(raised('X 00147F Alarm', 'X 00147F Alarm', 'M X_00147F_Do|1', 'M X_00147F_Do|1')), [
    'X 00147F Alarm',
    'M X_00147F_Do|1',
    'M X_00147F_Do|1',
  ]);
  t.equal(eventRule('constructor').deliveredBy, 'Inform');
});

const code = fc.oneof(
  fc.constantFrom(...EVENTS.keys()),
  fc.nat({ max: 90 }).map((n) => `X 00147F Event ${n}`),
);
const change = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.tuple(code, fc.constantFrom('a', 'b')).map(
      ([one, key]) =>
        (queue: EventQueue) =>
          raise(queue, one, key),
    ),
  },
  fc.constantFrom(
    (queue: EventQueue) => informDelivered(queue, nextInform(queue)),
    (queue: EventQueue) => informFailed(queue, nextInform(queue)),
    (queue: EventQueue) => callDelivered(queue, 'TransferComplete', 'a'),
    (queue: EventQueue) => callDelivered(queue, 'AutonomousTransferComplete'),
    rebooted,
  ),
);

property(
  t,
  'whatever occurs, an Inform holds at most 64 events, single ones once, and none without its companion',
  fc.property(fc.array(change, { maxLength: 300, size: 'max' }), (changes) => {
    let queue = noEvents;
    for (const apply of changes) {
      queue = apply(queue);
      assert.ok(queue.events.length <= LIMITS.events);
      const codes = queue.events.map(({ EventCode }) => EventCode);
      for (const one of codes) {
        const { cumulative, with: companion } = eventRule(one);
        if (cumulative === 'single') assert.equal(codes.filter((other) => other === one).length, 1);
        if (companion !== undefined && companion !== '1 BOOT') assert.ok(codes.includes(companion));
      }
      assert.equal(new Set(queue.events.map(({ serial }) => serial)).size, codes.length);
    }
  }),
  60,
);
