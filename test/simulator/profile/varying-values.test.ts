import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { Device } from '../../../simulator/device/device.ts';
import { untilPeriodic } from '../../../simulator/device/inform-times.ts';
import { loadProfile } from '../../../simulator/profile/profile.ts';
import type { ValueRule, ValueSource } from '../../../simulator/profile/values.ts';
import { compile } from '../../../simulator/profile/values.ts';
import { property, SEED } from '../../support/seed.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** A rule as in a file: `counter:1-2` stands for what is written there with a dollar sign and braces. */
const rule = (text: string): ValueRule => compile(`\${${text}}`, 'Some.Name');

const at = (now: number, over: Partial<ValueSource> = {}): ValueSource => ({
  path: 'A.1.B',
  indices: [1],
  seed: String(SEED),
  now,
  bootedAt: 0,
  fact: () => '',
  count: () => undefined,
  ...over,
});

const moments = fc.array(fc.nat(60 * DAY), { minLength: 2, maxLength: 20 });

property(
  t,
  'a counter never falls before it wraps, begins with 0 at a restart and grows by the rate it was given',
  fc.property(fc.string(), moments, fc.nat(DAY), (seed, times, bootedAt) => {
    const counter = rule('counter64:100-300');
    const read = (now: number): number => Number(counter(at(now, { seed, bootedAt })));
    assert.equal(read(bootedAt), 0);
    let before = 0;
    for (const time of times.sort((a, b) => a - b)) {
      const value = read(bootedAt + time);
      assert.equal(value, read(bootedAt + time), 'the same time gives the same value');
      assert.ok(value >= before, `${value} follows ${before}`);
      before = value;
    }
    const rate = read(bootedAt + 30 * DAY) / (30 * 86_400);
    assert.ok(rate > 99 && rate < 301, `${rate} a second`);
  }),
);

t.test('a counter is an unsigned number of 32 bits, one of a period begins with the period', (t) => {
  const fast = rule('counter:1000000-1000000');
  const values = Array.from({ length: 5000 }, (_, minute) => Number(fast(at(minute * 60 * SECOND))));
  t.ok(values.every((value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32));
  t.ok(
    values.some((value, minute) => value < (values[minute - 1] ?? 0)),
    'it wrapped',
  );
  const quarter = rule('counter:10-10/900');
  const most = Array.from({ length: 500 }, (_, step) => Number(quarter(at(10 * DAY + step * 10_000))));
  t.ok(Math.max(...most) < 900 * 10 * 2, 'never more than a period holds');
  t.ok(most.filter((value, step) => value < (most[step - 1] ?? 0)).length >= 5, 'it starts over');
  t.end();
});

property(
  t,
  'what wanders stays within its swing of its own middle, and moves little in little time',
  fc.property(fc.string(), fc.nat(400 * DAY), (seed, now) => {
    const margin = rule('wander:60-140~12/300');
    const read = (when: number): number => Number(margin(at(when, { seed })));
    const value = read(now);
    assert.ok(value >= 48 && value <= 152, String(value));
    assert.ok(Math.abs(read(now + SECOND) - value) <= 1);
    const later = Array.from({ length: 300 }, (_, step) => read(now + step * 100 * SECOND));
    assert.ok(Math.max(...later) - Math.min(...later) <= 24);
    assert.ok(new Set(later).size > 3, 'it moves');
  }),
);

property(
  t,
  'what changes at a reconnect holds until the moment that it names, and after a restart it is another',
  fc.property(fc.nat(9999), fc.nat(100 * DAY), (seed, now) => {
    const address = rule('address:100.64.0.0/10/86400');
    const source = at(now, { seed: String(seed), bootedAt: now - 3 * DAY });
    const end = address.next?.(source) ?? 0;
    assert.ok(end > now && end <= now + DAY);
    const value = address(source);
    assert.match(value, /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.\d{1,3}\.\d{1,3}$/);
    assert.equal(address({ ...source, now: end - 1 }), value);
    const others = [1, 2, 3].map((day) => address({ ...source, now: end + (day - 1) * DAY }));
    const restarted = address({ ...source, now: end - 1, bootedAt: end - 2 });
    assert.ok(
      [...others, restarted].filter((other) => other !== value).length >= 3,
      'each is another, but for a rare chance',
    );
    const since = rule('since:86400');
    const began = Number(since({ ...source, now: end - 1 }));
    assert.ok(began >= 0 && began < 86_400);
    assert.equal(Number(since({ ...source, now: end })), 0);
    assert.equal(Number(since({ ...source, now: end + 5500, bootedAt: end + 3000 })), 2);
  }),
);

t.test('rules with the same name behind them move together, whatever the parameter', (t) => {
  const one = at(5 * DAY);
  const other = at(5 * DAY, { path: 'Z.9', indices: [9] });
  const value = (text: string, source: ValueSource): string => rule(text)(source);
  t.equal(value('redrawn:1-1000000/600#line', one), value('redrawn:1-1000000/600#line', other));
  t.not(value('redrawn:1-1000000/600#line', one), value('redrawn:1-1000000/600', one));
  t.not(value('redrawn:1-1000000/600', one), value('redrawn:1-1000000/600', other));
  t.not(
    value('redrawn:1-1000000/600#if*', one),
    value('redrawn:1-1000000/600#if*', other),
    'one for an instance',
  );
  t.equal(value('redrawn:1-1000000/600#if*', one), value('redrawn:1-1000000/600#if*', { ...one, path: 'B' }));
  const bytes = Number(value('counter:500-5000#sent', one));
  const packets = Number(value('counter:5-50#sent', one));
  t.ok(Math.abs(bytes / packets - 100) < 1, 'so bytes and packets belong together');
  t.end();
});

t.test('choices, leases and given addresses', (t) => {
  const seen = new Set(
    Array.from({ length: 200 }, (_, hour) => rule('turn:Up|Up|NoLink/3600')(at(hour * 3_600_000))),
  );
  t.strictSame([...seen].sort(), ['NoLink', 'Up']);
  const lease = rule('lease:86400');
  const left = Array.from({ length: 400 }, (_, step) => Number(lease(at(step * 600 * SECOND))));
  t.ok(left.every((seconds) => seconds > 43_199 && seconds <= 86_400));
  t.ok(
    left.some((seconds, step) => seconds > (left[step - 1] ?? Infinity)),
    'it was renewed',
  );
  const given = { fact: (name: string) => (name === 'externalAddress' ? '198.51.100.7' : undefined) };
  const address = rule('address:100.64.0.0/10/86400');
  t.equal(address(at(0, given)), '198.51.100.7');
  t.equal(address.next?.(at(0, given)), Infinity);
  t.end();
});

t.test('a rule says when its value may change: never, all the time, or at a moment', (t) => {
  const now = 3 * DAY;
  t.equal(rule('serial').next, undefined);
  t.equal(rule('random:1-5').next, undefined);
  t.equal(rule('uptime').next?.(at(now)), now);
  t.equal(rule('counter:1-5').next?.(at(now)), now);
  const both = compile('${' + 'turn:a|b/600} ${' + 'turn:c|d/7000}', 'x');
  const ends = ['turn:a|b/600', 'turn:c|d/7000'].map((text) => rule(text).next?.(at(now)) ?? 0);
  t.equal(both.next?.(at(now)), Math.min(...ends));
  t.end();
});

t.test('an invalid rule is reported', (t) => {
  for (const wrong of [
    'counter:5',
    'counter:5-1',
    'counter:-5-1',
    'counter:1-5/',
    'counter:1-5/0',
    'wander:1-5',
    'wander:1-5~2',
    'redrawn:1-5',
    'redrawn:1.2-1.8/60',
    'turn:a|b',
    'address:1.2.3.4/60',
    'address:1.2.3.4/31/60',
    'address:1.2.3.400/8/60',
    'since:0',
    'since:x',
    'lease:1',
    'counter:1-5#a b',
  ])
    t.throws(() => rule(wrong), { code: 'E_FILE_INVALID', message: /Some\.Name/ }, wrong);
  t.end();
});

t.test('PeriodicInformTime sets the phase, by the clock that the device has', (t) => {
  let now = Date.UTC(2026, 0, 5, 12, 0, 0);
  const device = new Device({ profile: loadProfile('st780wl'), acs: 'http://acs.example/', now: () => now });
  const set = (name: string, value: string): void =>
    device.tree.store(device.name(`ManagementServer.PeriodicInform${name}`), value);
  set('Enable', '1');
  set('Interval', '300');
  t.equal(untilPeriodic(device, 0), 300_000, 'its own phase: from now on');
  t.equal(untilPeriodic(device, 120_000), 180_000, 'or from when it was due last');
  t.equal(untilPeriodic(device, 299_999.5), 300_000.5, 'never twice for one moment');
  now += 200_000;
  set('Time', '2031-07-01T00:02:00Z');
  // Without a time source its clock shows 00:03:20 on the first day of 1970: the phase is that of its own
  // clock.
  t.equal(untilPeriodic(device, 0), 220_000, 'the next :02 or :07 of its clock');
  set('Time', '0001-01-01T00:00:20');
  t.equal(untilPeriodic(device, 0), 120_000, 'relative: 20 s after the start, and so on');
  for (const unknown of ['0001-01-01T00:00:00Z', '', 'soon', '9999-12-31T23:59:59Z']) {
    set('Time', unknown);
    t.equal(untilPeriodic(device, 0), 300_000, `${unknown}: no phase`);
  }
  set('Interval', '0');
  t.equal(untilPeriodic(device, 0), undefined);
  set('Interval', '300');
  set('Enable', '0');
  t.equal(untilPeriodic(device, 0), undefined);
  t.end();
});
