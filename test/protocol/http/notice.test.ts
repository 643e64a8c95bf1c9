import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { SeenRequest } from '../../../protocol/http/notice.ts';
import { noteExchange } from '../../../protocol/http/notice.ts';
import { QUIRKS, quirk } from '../../../protocol/quirks.ts';
import { property } from '../../support/seed.ts';

type Line = readonly [name: string, value: string];

/**
 * A message as an irreproachable client sends it, but for these lines; a line without a value takes one away.
 */
function post(...lines: readonly Line[]): SeenRequest {
  const plain: readonly Line[] = [
    ['Host', 'acs.example.net:7547'],
    ['Content-Type', 'text/xml; charset=utf-8'],
    ['SOAPAction', ''],
    ['Content-Length', '900'],
  ];
  const given = new Set(lines.map(([name]) => name.toLowerCase()));
  return {
    method: 'POST',
    httpVersion: '1.1',
    headers: [...plain.filter(([name]) => !given.has(name.toLowerCase())), ...lines],
    bodyLength: 900,
    isEmpty: false,
  };
}

function without(name: string): SeenRequest {
  const request = post();
  return { ...request, headers: request.headers.filter(([header]) => header !== name) };
}

const empty = (...headers: readonly Line[]): SeenRequest => ({
  ...post(),
  headers,
  bodyLength: 0,
  isEmpty: true,
});

const ids = (request: SeenRequest): string[] => noteExchange(request).map(({ id }) => id);

const digest = (rest: string): Line => [
  'Authorization',
  `Digest username="000E50-CP0001", realm="r", nonce="n", uri="/", response="00"${rest}`,
];
const basic = (credentials: string): Line => ['Authorization', `Basic ${btoa(credentials)}`];

/** Requests by what they show: name, request, quirks. */
const REQUESTS: readonly (readonly [title: string, request: SeenRequest, ids: readonly string[]])[] = [
  ['a plain message', post(), []],
  ['an empty POST with no headers at all', empty(), ['Q-HT-19']],
  ['an empty POST with Host and length', empty(['Host', 'a'], ['Content-Length', '0']), []],
  ['an empty POST with a type', empty(['Content-Type', 'text/xml']), ['Q-HT-06']],
  ['an empty POST with SOAPAction', empty(['SOAPAction', '']), ['Q-HT-06']],
  ['no SOAPAction', without('SOAPAction'), ['Q-HT-01']],
  ['SOAPAction of two quotes', post(['SOAPAction', '""']), ['Q-HT-01']],
  ['SOAPAction in odd case, with the method', post(['soapaction', 'Inform']), ['Q-HT-01']],
  ['a chunked message', post(['Transfer-Encoding', 'chunked']), ['Q-HT-02']],
  ['no Content-Type', without('Content-Type'), ['Q-HT-04']],
  ['text/html', post(['Content-Type', 'text/html; charset=utf-8']), ['Q-HT-04']],
  ['no charset', post(['Content-Type', 'text/xml']), ['Q-HT-04']],
  ['a quoted charset', post(['Content-Type', 'text/xml; charset="utf-8"']), ['Q-HT-04']],
  ["Thomson's type", post(['Content-Type', 'text/xml; charset=ISO-8859-1']), []],
  ['a client that waits', post(['Expect', '100-continue']), ['Q-HT-05']],
  ['HTTP/1.0', { ...post(), httpVersion: '1.0' }, ['Q-HT-18']],
  ['a lower-case method', { ...post(), method: 'post' }, ['Q-HT-18']],
  ['a plain cookie', post(['Cookie', 'session=abc']), []],
  ['two plain cookies', post(['Cookie', 'session=abc; lb=node1']), []],
  ["Thomson's cookie", post(['Cookie', '$Version="0"; session=abc;$Path=/']), ['Q-CK-01']],
  ['$Version without quotes', post(['Cookie', '$Version=0;session=abc;lb=1']), ['Q-CK-02']],
  [
    'cookies with a blank between',
    post(['Cookie', 'session=abc;$Path="/a";$Domain="acs" lb=1;$Path="/a";$Domain="acs"']),
    ['Q-CK-01', 'Q-CK-03'],
  ],
  ['a line for each cookie', post(['Cookie', 'session=abc'], ['Cookie', 'lb=1']), ['Q-CK-04']],
  ['commas between cookies', post(['Cookie', 'session=abc, lb=1']), ['Q-CK-05']],
  ['a comma and a blank in quotes', post(['Cookie', 'session="a, b=c d=e"']), []],
  ['Basic', post(basic('user:secret')), []],
  ['Basic without a password', post(basic('000E50-CP0001:')), ['Q-HT-15']],
  ['Basic after Digest was offered', { ...post(basic('u:p')), offered: ['digest', 'basic'] }, ['Q-HT-16']],
  ['Basic after Basic was offered', { ...post(basic('u:p')), offered: ['basic'] }, []],
  ['Basic that is no base64', post(['Authorization', 'Basic ***']), ['Q-AU-09']],
  ['a scheme without a word', post(['Authorization', '"']), ['Q-AU-09']],
  ['Digest', post(digest(', qop=auth, nc=00000001, cnonce="x1", algorithm=MD5')), []],
  ['Digest without a nonce', post(['Authorization', 'Digest username="u"']), ['Q-AU-09']],
  ['a quoted qop', post(digest(', qop="auth", nc=00000001, cnonce="x1"')), ['Q-AU-02']],
  ['a hidden NUL', post(digest(', qop=auth, nc=00000001, cnonce="NzM5MzMyAA=="')), ['Q-AU-03']],
  ['a printed null pointer', post(digest(', opaque="(null)"')), ['Q-AU-04']],
  ['an nc that counts', post(digest(', qop=auth, nc=0000000a, cnonce="x1"')), ['Q-AU-07']],
  [
    'a quote too many',
    post(['Authorization', 'Digest username="u"", realm="r", nonce="n", uri="/", response="00"']),
    ['Q-AU-05'],
  ],
];

t.test('one request shows the quirks that it has, and no other', async (t) => {
  for (const [title, request, expected] of REQUESTS) t.same(ids(request), expected, title);
});

t.test('each quirk that the exchange is said to note is among them, and no other', async (t) => {
  const shown = new Set<string>(REQUESTS.flatMap(([, , expected]) => expected));
  const said = Object.values(QUIRKS).filter(({ noted }) => noted === 'exchange');
  t.same([...shown].sort(), said.map(({ id }) => id).sort());
});

property(
  t,
  'any header lines give notes of the table, each once, and never a throw',
  fc.property(
    fc.array(
      fc.tuple(
        fc.constantFrom('Cookie', 'Authorization', 'Content-Type', 'SOAPAction', 'Expect', 'X'),
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 60 }),
          fc
            .array(
              fc.constantFrom(
                'Basic ',
                'Digest ',
                '"',
                '=',
                ',',
                ';',
                ' ',
                '$Version',
                'nc',
                'cnonce',
                'AA==',
              ),
            )
            .map((parts) => parts.join('')),
        ),
      ),
    ),
    fc.boolean(),
    (headers, isEmpty) => {
      const noted = ids({ ...post(), headers, isEmpty });
      assert.equal(new Set(noted).size, noted.length);
      assert.ok(noted.every((id) => quirk(id)?.noted === 'exchange'));
    },
  ),
  500,
);
