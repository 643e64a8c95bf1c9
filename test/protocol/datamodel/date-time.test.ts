import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { currentTime, dateTimeText } from '../../../fuzz/arbitraries/clean-values.ts';
import { xmlText } from '../../../fuzz/arbitraries/text.ts';
import {
  clockOddity,
  dateTimeOddity,
  readDateTime,
  UNKNOWN_TIME,
} from '../../../protocol/datamodel/date-time.ts';
import { property } from '../../support/seed.ts';

t.test('a time is read for what it means', async (t) => {
  const absolute = (iso: string, zone = true): object => ({ is: 'absolute', ms: Date.parse(iso), zone });
  const cases: readonly (readonly [text: string, meaning: object | undefined])[] = [
    [UNKNOWN_TIME, { is: 'unknown' }],
    ['0000-00-00T00:00:00', { is: 'unknown' }],
    ['0000-01-01T00:00:00Z', { is: 'unknown' }],
    ['0001-01-01T00:00:00', { is: 'relative', ms: 0 }],
    ['0001-01-01T00:00:41', { is: 'relative', ms: 41_000 }],
    ['0001-01-03T03:04:05', { is: 'relative', ms: ((2 * 24 + 3) * 3600 + 245) * 1000 }],
    ['9999-12-31T23:59:59Z', { is: 'infinite' }],
    ['2012-02-29T12:00:00Z', absolute('2012-02-29T12:00:00Z')],
    ['2012-02-29T12:00:00+05:30', absolute('2012-02-29T06:30:00Z')],
    ['2012-02-29T12:00:00-00:00', absolute('2012-02-29T12:00:00Z')],
    ['2012-02-29T12:00:00', absolute('2012-02-29T12:00:00Z', false)],
    ['2012-02-29T12:00:00.5Z', absolute('2012-02-29T12:00:00.500Z')],
    ['2012-02-29T12:00:00.123456789Z', absolute('2012-02-29T12:00:00.123Z')],
    [' 2012-02-29T12:00:00Z\n', absolute('2012-02-29T12:00:00Z')],
    ['1970-01-01T00:28:51Z', absolute('1970-01-01T00:28:51Z')],
    ['2012-02-29', undefined],
    ['2012-02-29 12:00:00Z', undefined],
    ['2012-13-01T00:00:00Z', undefined],
    ['2012-02-30T00:00:00Z', undefined],
    ['2011-02-29T00:00:00Z', undefined],
    ['2012-04-31T00:00:00Z', undefined],
    ['2100-02-29T00:00:00Z', undefined],
    ['2000-02-29T00:00:00Z', absolute('2000-02-29T00:00:00Z')],
    ['2012-01-01T25:00:00Z', undefined],
    ['2012-01-01T00:60:00Z', undefined],
    ['now', undefined],
    ['', undefined],
  ];
  for (const [text, meaning] of cases) t.strictSame(readDateTime(text), meaning, JSON.stringify(text));
});

t.test('an odd time is noted with its quirk', async (t) => {
  const cases: readonly (readonly [text: string, value: string | undefined, clock: string | undefined])[] = [
    ['2012-02-29T12:00:00Z', undefined, undefined],
    ['2012-02-29T12:00:00+02:00', undefined, undefined],
    ['0001-01-01T00:00:41', undefined, undefined],
    [UNKNOWN_TIME, undefined, undefined],
    ['0000-00-00T00:00:00', 'Q-VL-04', 'Q-VL-04'],
    ['1970-01-01T00:28:51Z', undefined, 'Q-VL-06'],
    ['2000-01-01T00:00:00', undefined, 'Q-VL-06'],
    ['2012-02-29T12:00:00', undefined, 'Q-VL-07'],
    ['2012-02-29T12:00:00.123456Z', undefined, undefined],
    ['2012-02-29T12:00:00.12345678Z', 'Q-VL-08', 'Q-VL-08'],
    ['2012-02-29', 'Q-VL-08', 'Q-VL-08'],
    ['', 'Q-VL-08', 'Q-VL-08'],
  ];
  for (const [text, value, clock] of cases) {
    t.equal(dateTimeOddity(text), value, `${JSON.stringify(text)} as a value`);
    t.equal(clockOddity(text), clock, `${JSON.stringify(text)} as a clock`);
  }
});

property(
  t,
  'lawful times are read and not odd',
  fc.property(dateTimeText(), currentTime(), (value, clock) => {
    assert.notEqual(readDateTime(value), undefined, value);
    assert.equal(dateTimeOddity(value), undefined, value);
    assert.equal(clockOddity(clock), undefined, clock);
  }),
  300,
);

property(
  t,
  'any text is a time or none',
  fc.property(xmlText(), (text) => {
    const read = readDateTime(text);
    if (read === undefined) return;
    assert.ok(read.is === 'unknown' || read.is === 'infinite' || Number.isFinite(read.ms));
  }),
  300,
);
