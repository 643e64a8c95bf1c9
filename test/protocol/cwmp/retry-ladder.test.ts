import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { pickWait, retryRange } from '../../../protocol/cwmp/retry-ladder.ts';
import { property } from '../../support/seed.ts';

t.test('the default ladder doubles from 5 seconds and stays at its tenth step', async (t) => {
  const steps = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1000].map((n) => Object.values(retryRange(n)).join('-'));
  t.strictSame(steps, [
    '5-10',
    '10-20',
    '20-40',
    '40-80',
    '80-160',
    '160-320',
    '320-640',
    '640-1280',
    '1280-2560',
    '2560-5120',
    '2560-5120',
    '2560-5120',
  ]);
});

t.test('m and k stretch the ladder, and nonsense is brought into range', async (t) => {
  t.strictSame(retryRange(3, { minimumWait: 30, multiplier: 1500 }), { from: 67.5, to: 101.25 });
  t.strictSame(
    retryRange(4, { minimumWait: 7, multiplier: 1000 }),
    { from: 7, to: 7 },
    'k of 1000: always m',
  );
  t.strictSame(retryRange(1, { minimumWait: 0, multiplier: 1 }), { from: 1, to: 1 });
  t.strictSame(retryRange(0), retryRange(1));
});

property(
  t,
  'a wait lies in its range, and ranges join',
  fc.property(
    fc.integer({ min: 1, max: 9 }),
    fc.record({
      minimumWait: fc.integer({ min: 1, max: 65535 }),
      multiplier: fc.integer({ min: 1000, max: 65535 }),
    }),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    (n, settings, random) => {
      const range = retryRange(n, settings);
      const wait = pickWait(range, random);
      assert.ok(wait >= range.from && wait <= range.to);
      assert.equal(retryRange(n + 1, settings).from, range.to);
    },
  ),
);

t.test('the random number is spread over the whole range', async (t) => {
  t.strictSame(
    [0, 0.5, 1].map((random) => pickWait({ from: 10, to: 20 }, random)),
    [10, 15, 20],
  );
});
