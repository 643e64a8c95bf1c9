import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { CookieJar } from '../../../simulator/http/cookies.ts';
import type { Fed } from '../../../simulator/http/http-response.ts';
import { ResponseReader } from '../../../simulator/http/http-response.ts';
import { property } from '../../support/seed.ts';

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nhello',
  [
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    '3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: 1\r\n\r\n',
  ].join(''),
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
