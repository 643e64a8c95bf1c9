import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createRandom } from '../../../protocol/random.ts';
import { CookieJar } from '../../../simulator/http/cookies.ts';
import type { Fed } from '../../../simulator/http/http-response.ts';
import { ResponseReader } from '../../../simulator/http/http-response.ts';
import { compile } from '../../../simulator/profile/values.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { property } from '../../support/seed.ts';

t.test('the scheduler runs what is due in the order of time, and not what was cancelled', async (t) => {
  const scheduler = createScheduler({ speed: 1000, start: 0 });
  const ran: number[] = [];
  const cancels: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    for (const seconds of [9, 3, 7, 1, 8, 2, 6, 4, 5])
      cancels[seconds] = scheduler.after(seconds * 1000, () => {
        ran.push(seconds);
        if (seconds === 2) cancels[6]?.();
        if (seconds === 9) resolve();
      });
    cancels[1]?.();
  });
  t.strictSame(ran, [2, 3, 4, 5, 7, 8, 9]);
  t.ok(scheduler.now() >= 9000, 'simulated time went with it');
  scheduler.after(0, () => t.fail('stopped'));
  scheduler.stop();
});

t.test('equal times run in the order in which they were asked for', async (t) => {
  let real = 0;
  const scheduler = createScheduler({ speed: 1, start: 0, clock: () => real });
  const ran: number[] = [];
  const done = new Promise<void>((resolve) => {
    for (let n = 0; n < 50; n++) scheduler.after(1, () => (ran.push(n) === 50 ? resolve() : undefined));
  });
  real = 5;
  await done;
  t.strictSame(
    ran,
    Array.from({ length: 50 }, (_, n) => n),
  );
});

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhello',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: 1\r\n\r\n',
  'HTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.0 500 Oops\r\nContent-Length: 0\r\n\r\n',
];

function feedAll(pieces: readonly Buffer[]): Fed | undefined {
  const reader = new ResponseReader();
  let last: Fed | undefined;
  for (const piece of pieces) {
    last = reader.feed(piece);
    if (typeof last === 'object' || last === 'broken') return last;
  }
  return last;
}

property(
  t,
  'where a response is cut into pieces changes nothing',
  fc.property(fc.constantFrom(...RESPONSES), fc.array(fc.nat(160), { maxLength: 12 }), (text, cuts) => {
    const bytes = Buffer.from(text);
    const borders = [0, ...cuts.filter((at) => at < bytes.length).sort((a, b) => a - b), bytes.length];
    const pieces = borders.slice(1).map((to, index) => bytes.subarray(borders[index], to));
    const whole = feedAll([bytes]);
    assert.equal(typeof whole, 'object');
    assert.deepEqual(feedAll(pieces.filter((piece) => piece.length > 0)), whole);
  }),
);

property(
  t,
  'any bytes are more to come, broken or a response, never a throw',
  fc.property(
    fc.constantFrom('', 'HTTP/1.1 200 OK\r\n', ...RESPONSES),
    fc.string({ unit: 'binary' }),
    (head, tail) => {
      const fed = feedAll([Buffer.from(head + tail)]);
      assert.ok(
        fed === 'more' ||
          fed === 'continue' ||
          fed === 'broken' ||
          typeof fed === 'object' ||
          fed === undefined,
      );
    },
  ),
);

t.test('cookies are kept by name, bounded, and written in the style of the client', (t) => {
  const jar = new CookieJar();
  t.equal(jar.line('plain'), undefined);
  jar.take(['a=1; Path=/; HttpOnly', 'b=x=y', 'nonsense', '=empty', `big=${'x'.repeat(5000)}`]);
  jar.take(['a=2; path=/cwmp']);
  t.equal(jar.line('plain'), 'a=2; b=x=y');
  t.equal(jar.line('rfc2109'), '$Version="0"; a=2;$Path=/cwmp; b=x=y');
  t.equal(jar.line('ignore'), undefined);
  jar.take(['b=; Max-Age=0']);
  t.equal(jar.line('plain'), 'a=2');
  jar.take(Array.from({ length: 100 }, (_, n) => `c${n}=1`));
  t.equal(jar.line('plain')?.split('; ').length, 32);
  t.end();
});

t.test('value rules fill in facts, numbers and reproducible chance', (t) => {
  const source = {
    path: 'A.2.B.5.C',
    indices: [2, 5],
    seed: 's',
    now: 0,
    bootedAt: 0,
    fact: (name: string) => ({ mac: '00:14:7f:ff:ff:ff', serial: 'CP1' })[name],
    count: (table: string) => (table === 'Line' ? 3 : undefined),
  };
  // A rule is written with a dollar sign in files; here a template string would be meant by one.
  const rule = (text: string, name: string) => compile(text.replaceAll('@{', '${'), name);
  const value = (text: string, over: object = {}): string => rule(text, 'x')({ ...source, ...over });
  t.equal(value('plain'), 'plain');
  t.equal(value('@{serial}-@{i}-@{i1}-@{i2}-@{i+9}-@{i*2}'), 'CP1-5-2-5-14-10');
  t.equal(value('@{mac+1}'), '00:14:80:00:00:00');
  t.equal(value('@{count:Line}/@{count:None}'), '3/0');
  t.equal(value('@{pick:a|b|c}'), 'b', 'by the last number');
  t.equal(value('@{random:5-9}'), value('@{random:5-9}'));
  t.match(value('@{hex:6}'), /^[0-9A-F]{6}$/);
  t.not(value('@{hex:32}'), value('@{hex:32}', { seed: 'other' }));
  for (const wrong of ['@{random:9-5}', '@{hex:0}', '@{nothing:x}', '@{a b}'])
    t.throws(() => rule(wrong, 'Some.Name'), { code: 'E_FILE_INVALID', message: /Some\.Name/ });
  t.throws(() => value('@{unknown}'), { code: 'E_FILE_INVALID', message: /unknown/ });
  t.end();
});

t.test('a seed gives the same numbers, evenly enough', (t) => {
  const draw = (seed: string): number[] => Array.from({ length: 1000 }, createRandom(seed));
  t.strictSame(draw('a'), draw('a'));
  t.notSame(draw('a').slice(0, 3), draw('b').slice(0, 3));
  const numbers = draw('c');
  t.ok(numbers.every((n) => n >= 0 && n < 1));
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  t.ok(mean > 0.45 && mean < 0.55, `mean ${mean}`);
  t.end();
});
