import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { readBasic, writeBasic } from '../../../protocol/http/basic.ts';
import {
  type Cookie,
  type CookieStyle,
  keepCookies,
  readCookie,
  readCookies,
  readSetCookie,
  writeCookie,
  writeSetCookie,
} from '../../../protocol/http/cookie.ts';
import {
  type Answer,
  answerChallenge,
  type Challenge,
  type DigestChallenge,
  digestResponse,
  type Hash,
  readChallenges,
  readDigest,
  verifyDigest,
  writeChallenge,
} from '../../../protocol/http/digest.ts';
import { quote, readSchemes } from '../../../protocol/http/header.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { assertProperty, SEED } from '../../support/seed.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);
const RUNS = 300;

const hash: Hash = (name, text) => createHash(name).update(text, 'latin1').digest('hex');
const equal = (a: string, b: string): boolean => a === b;
const values = (header: string): readonly (readonly [string, readonly [string, string][]])[] =>
  readSchemes(header).map((s) => [s.scheme, [...s.parameters].map(([name, p]) => [name, p.value])]);

t.test('the header reader reads what the grammar allows', async (t) => {
  t.strictSame(values('Digest a="b", c=d'), [
    [
      'digest',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ]);
  t.strictSame(values('Digest a = "b" ,c= d;e=f'), [
    [
      'digest',
      [
        ['a', 'b'],
        ['c', 'd'],
        ['e', 'f'],
      ],
    ],
  ]);
  t.strictSame(values('digest A="say \\"hi\\" \\\\"'), [['digest', [['a', 'say "hi" \\']]]], 'quoted pairs');
  t.strictSame(values('Digest a="x, y=z", b=1'), [
    [
      'digest',
      [
        ['a', 'x, y=z'],
        ['b', '1'],
      ],
    ],
  ]);
  t.strictSame(values('Digest a=1, a=2'), [['digest', [['a', '1']]]], 'the first of two counts');
  t.strictSame(
    values('Digest realm="x", qop="auth", Basic realm="y",Negotiate'),
    [
      [
        'digest',
        [
          ['realm', 'x'],
          ['qop', 'auth'],
        ],
      ],
      ['basic', [['realm', 'y']]],
      ['negotiate', []],
    ],
    'several challenges in one line',
  );
  t.equal(readSchemes('Basic Og==')[0]?.token68, 'Og==');
  t.equal(readSchemes('Basic  Og==, Digest a=b')[0]?.token68, 'Og==');
  t.equal(readSchemes('Digest a=b')[0]?.token68, undefined);
});

t.test('the header reader reads what modems write against the grammar', async (t) => {
  t.strictSame(values('Digest username="user"", realm="r"'), [
    [
      'digest',
      [
        ['username', 'user"'],
        ['realm', 'r'],
      ],
    ],
  ]);
  t.equal(readSchemes('Digest username="user"", realm="r"')[0]?.parameters.get('username')?.stray, true);
  t.strictSame(values('Digest algorithm=MD5", qop=auth'), [
    [
      'digest',
      [
        ['algorithm', 'MD5'],
        ['qop', 'auth'],
      ],
    ],
  ]);
  t.strictSame(
    values('Digest a="b" c="d"'),
    [
      [
        'digest',
        [
          ['a', 'b'],
          ['c', 'd'],
        ],
      ],
    ],
    'no comma',
  );
  t.strictSame(values('Digest a="b'), [['digest', [['a', 'b']]]], 'cut off');
  t.strictSame(values('a="b"'), [['', [['a', 'b']]]], 'no scheme');
  for (const odd of [
    '',
    ' ',
    '"',
    '=',
    ',,,',
    'Digest',
    'Digest =',
    'Digest ="',
    'Digest a="\\',
    '\u0000',
    '===="',
  ]) {
    t.doesNotThrow(() => values(odd), JSON.stringify(odd));
  }
  t.equal(
    values(`Digest ${Array.from({ length: 1000 }, (_, i) => `a${i}=1`).join(',')}`)[0]?.[1].length,
    LIMITS.headerParameters - 1,
  );
});

const headerish = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', '=', ',', ';', ' ', '\\', 'Digest ', 'Basic ', 'qop', 'a', '$Version', 'sid='),
      fc.string(),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

t.test('any text gives a value to every reader, and none throws', async (t) => {
  await assertProperty(
    t,
    fc.property(headerish, (text) => {
      for (const scheme of readSchemes(text)) {
        assert.equal(typeof scheme.scheme, 'string');
        readDigest(scheme);
        if (scheme.token68 !== undefined) readBasic(scheme.token68);
      }
      readBasic(text);
      readChallenges(text);
      readSetCookie(text);
      assert.ok(Array.isArray(readCookies(text, 'sid')));
    }),
    RUNS,
  );
});

t.test(
  'readers take time linear in a hostile header, for they look at a bounded part of it once',
  async (t) => {
    for (const piece of ['" ', '"a ', '\\"', 'a=" ', 'sid=', 'sid ', 'a ', '= ']) {
      const text = `Digest ${piece.repeat(1_000_000)}`;
      t.doesNotThrow(() => readSchemes(text), JSON.stringify(piece));
      t.ok(readCookies(text, 'sid').length <= LIMITS.cookies);
    }
  },
);

t.test('any value survives quoting, but for its control characters', async (t) => {
  const text = fc.string({ unit: 'binary-ascii' }).map((s) => s.replace(/[\u0000-\u001f\u007f]/g, ''));
  await assertProperty(
    t,
    fc.property(text, text, (a, b) => {
      assert.deepEqual(values(`Digest a=${quote(a)}, b=${quote(b)}`), [
        [
          'digest',
          [
            ['a', a],
            ['b', b],
          ],
        ],
      ]);
    }),
    RUNS,
  );
  assert.equal(quote('a\r\nSet-Cookie: x'), '"aSet-Cookie: x"');
});

t.test('digest gives the responses of the published examples', async (t) => {
  const rfc2617 = {
    method: 'GET',
    uri: '/dir/index.html',
    username: 'Mufasa',
    realm: 'testrealm@host.com',
    password: 'Circle Of Life',
    nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
    algorithm: 'MD5',
    auth: { nc: '00000001', cnonce: '0a4f113b' },
  } as const;
  t.equal(digestResponse(rfc2617, hash), '6629fae49393a05397450978507c4ef1', 'RFC 2617 3.5');
  const rfc7616 = {
    method: 'GET',
    uri: '/dir/index.html',
    username: 'Mufasa',
    realm: 'http-auth@example.org',
    password: 'Circle of Life',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    auth: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
  };
  t.equal(
    digestResponse({ ...rfc7616, algorithm: 'MD5' }, hash),
    '8ca523f5e9506fed4657c9700eebdbec',
    'RFC 7616 3.9.1',
  );
  t.equal(
    digestResponse({ ...rfc7616, algorithm: 'SHA-256' }, hash),
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    'RFC 7616 3.9.1 with SHA-256',
  );
  const cwmp = (algorithm: 'MD5' | 'MD5-sess', nc: string) =>
    digestResponse(
      {
        method: 'POST',
        uri: '/cwmp',
        username: '00A1B2-HGW1-S0042',
        realm: 'cwmp',
        password: 's3cr3t',
        nonce: '6b2f0d2c9e',
        algorithm,
        auth: { nc, cnonce: '1f9a7c03' },
      },
      hash,
    );
  t.equal(cwmp('MD5', '00000001'), '5d8415941125e82302901d474605329d', 'a first request');
  t.equal(cwmp('MD5', '00000002'), 'f30e938f315d9dfa5c2e5f58a77e67a1', 'the second with the same nonce');
  t.equal(cwmp('MD5-sess', '00000001'), '45f489fd8f69a0ada1054d47a0a31673', 'MD5-sess');
  const { auth: _, ...rfc2069 } = rfc2617;
  t.equal(digestResponse(rfc2069, hash), '670fd8c2df070c60b045671b8b24ff02', 'the formula of RFC 2069');
});

const answer: Answer = {
  method: 'POST',
  uri: '/acs',
  username: 'u',
  password: 'p',
  cnonce: 'NzM5MzMyAA==',
  nc: 1,
  hash,
};
const digest = (more: Partial<DigestChallenge> = {}): DigestChallenge => ({
  scheme: 'digest',
  realm: 'r',
  nonce: 'n',
  qop: true,
  stale: false,
  ...more,
});

t.test('a challenge is read as it was written', async (t) => {
  const text = fc.string({ unit: 'grapheme-ascii' });
  const challenge: fc.Arbitrary<Challenge> = fc.oneof(
    fc.record({ scheme: fc.constant('basic' as const), realm: text }, { noNullPrototype: true }),
    fc.record(
      {
        scheme: fc.constant('digest' as const),
        realm: text,
        nonce: text,
        qop: fc.boolean(),
        stale: fc.boolean(),
        opaque: text,
        algorithm: fc.constantFrom('MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'),
      },
      { requiredKeys: ['scheme', 'realm', 'nonce', 'qop', 'stale'], noNullPrototype: true },
    ),
  );
  await assertProperty(
    t,
    fc.property(fc.array(challenge, { minLength: 1, maxLength: 4 }), (challenges) => {
      assert.deepEqual(readChallenges(challenges.map(writeChallenge).join(', ')), challenges);
    }),
    RUNS,
  );
});

t.test('an answer says back only what the challenge said', async (t) => {
  const [odd] = readChallenges('Digest realm="IGD", nonce="n", algorithm="MD5", domain="/"');
  const said = odd === undefined ? '' : (answerChallenge(odd, answer) ?? '');
  t.match(said, /algorithm=MD5,/, 'unquoted though the challenge quoted it');
  t.notMatch(said, /qop|nc=|cnonce/, 'no qop, so the form of RFC 2069 (Q-AU-01)');
  t.notMatch(answerChallenge(digest(), answer), /algorithm/);
  t.match(answerChallenge(digest(), { ...answer, nc: 0x1f }), /nc=0000001f,/);
  t.match(answerChallenge(digest(), { ...answer, quoteAll: true }), /qop="auth", nc="00000001"/);
  t.match(answerChallenge(digest({ opaque: 'o' }), { ...answer, opaque: '(null)' }), /opaque="o"/);
  t.match(answerChallenge(digest(), { ...answer, opaque: '(null)' }), /opaque="\(null\)"/);
});

t.test('of several challenges the strongest that we can answer is answered', async (t) => {
  const offered = readChallenges(
    'Basic realm="b", Digest realm="i", nonce="n", qop="auth-int", Digest realm="x", nonce="n", algorithm=SHA-512-256, ' +
      'Digest realm="m", nonce="n", qop="auth,auth-int", Digest realm="s", nonce="n", qop="auth", algorithm=SHA-256',
  );
  t.same(
    offered.map((c) => c.realm),
    ['b', 'm', 's'],
    'auth-int alone and unknown algorithms are passed over',
  );
  t.match(answerChallenge(offered, answer), /^Digest .*realm="s".*algorithm=SHA-256/);
  t.equal(answerChallenge(offered, { ...answer, preferBasic: true }), 'Basic dTpw', 'Q-HT-16');
  t.equal(answerChallenge(offered.slice(0, 1), answer), 'Basic dTpw', 'where nothing else is offered');
  t.equal(answerChallenge([], answer), undefined);
});

t.test('what a client answers, the server verifies with the same password and no other', async (t) => {
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((s) => !/[\u0000-\u001f\u007f]/.test(s));
  await assertProperty(
    t,
    fc.property(
      fc.record({
        username: name,
        password: fc.string({ unit: 'grapheme' }),
        other: fc.string({ unit: 'grapheme' }),
        realm: fc.string(),
        nonce: fc.stringMatching(/^[\w=]+$/),
        cnonce: fc.string(),
        nc: fc.nat(),
        qop: fc.boolean(),
        quoteAll: fc.boolean(),
        opaque: fc.constantFrom('(null)', ''),
        algorithm: fc.constantFrom('MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'),
      }),
      (it) => {
        const { realm, nonce, qop, algorithm, ...rest } = it;
        const sent = writeChallenge(digest({ realm, nonce, qop, algorithm }));
        const header = answerChallenge(readChallenges(sent), { ...answer, ...rest }) ?? '';
        const [scheme] = readSchemes(header);
        assert.ok(scheme !== undefined);
        const read = readDigest(scheme);
        assert.ok(read !== undefined, header);
        assert.equal(read.stray, false);
        assert.equal(read.quoted, it.quoteAll);
        const verify = (password: string): boolean =>
          verifyDigest(read.credentials, { method: 'POST', password, hash, equal });
        assert.equal(verify(it.password), true, header);
        assert.equal(verify(it.other), it.other === it.password);
      },
    ),
    RUNS,
  );
});

t.test('a password beyond ASCII is right in UTF-8 and in ISO-8859-1', async (t) => {
  const response = (password: string) =>
    digestResponse(
      { method: 'POST', uri: '/', username: 'u', realm: 'r', password, nonce: 'n', algorithm: 'MD5' },
      hash,
    );
  const credentials = { username: 'u', realm: 'r', nonce: 'n', uri: '/', algorithm: 'MD5' } as const;
  const with_ = (bytes: string) =>
    verifyDigest(
      { ...credentials, response: response(bytes) },
      { method: 'POST', password: 'café', hash, equal },
    );
  t.ok(with_('caf\u00e9'));
  t.ok(with_('caf\u00c3\u00a9'));
  t.notOk(with_('cafe'));
});

t.test('basic credentials come back as they were written, all of Unicode', async (t) => {
  await assertProperty(
    t,
    fc.property(
      fc.string({ unit: 'grapheme' }).filter((s) => !s.includes(':')),
      fc.string({ unit: 'grapheme' }),
      (username, password) => {
        const [scheme] = readSchemes(writeBasic({ username, password }));
        assert.deepEqual(readBasic(scheme?.token68 ?? ''), { username, password });
      },
    ),
    RUNS,
  );
  t.same(readBasic('Og=='), { username: '', password: '' }, 'nothing but the colon');
  t.same(
    readBasic('OEtBOFdBMTE1MTEwMDA0Mzo'),
    { username: '8KA8WA1151100043', password: '' },
    'padding left out',
  );
  t.same(readBasic('Y2Fm6Tpw'), { username: 'café', password: 'p' }, 'ISO-8859-1');
  t.equal(readBasic('bm9jb2xvbg=='), undefined);
  t.equal(readBasic('!!!'), undefined);
});

t.test('a session cookie is found however the modem writes it', async (t) => {
  for (const header of [
    'sid=42',
    '$Version="0"; sid=42;$Path=/',
    '$Version=0;sid=42;AWSELB=77',
    'AWSELB=77;$Path="/hay";$Domain="acs" sid=42;$Path="/hay";$Domain="acs"',
    'sid=42;$Path="/hay";$Domain="acs" AWSELB=77',
    'a=1, sid=42',
    'a=1,sid=42,b=2',
    'sid="42"; $Path="/"',
    'x"sid=42"',
    'sid = 42 ; path=/',
    ['a=1', 'sid=42'],
    'flag; sid=42',
    '$Version = "1" ;sid=42; path=/',
  ]) {
    t.equal(readCookie(header, 'sid'), '42', JSON.stringify(header));
  }
  for (const header of [
    undefined,
    '',
    'xsid=42',
    'sidx=42',
    'SID=42',
    'a=sid',
    'sid',
    'sid=',
    'sid=;',
    '=sid',
    [],
  ]) {
    t.equal(readCookie(header, 'sid'), undefined, JSON.stringify(header));
  }
  t.strictSame(readCookies('sid=1; sid=2', 'sid'), ['1', '2'], 'an old one beside the new one');
});

t.test('what a modem keeps of Set-Cookie comes back in each of its styles', async (t) => {
  const token = fc.stringMatching(/^[A-Za-z0-9_.-]{1,20}$/);
  const styles: readonly CookieStyle[] = ['plain', 'rfc2109', 'unquoted', 'dimark', 'lines', 'comma', 'echo'];
  const pair = fc.record({ name: token.map((name) => `c${name}`), value: token }, { noNullPrototype: true });
  await assertProperty(
    t,
    fc.property(fc.uniqueArray(pair, { selector: (c) => c.name, minLength: 1, maxLength: 5 }), (pairs) => {
      const jar = keepCookies(
        [],
        pairs.map(({ name, value }) => writeSetCookie(name, value)),
        { pathOnly: true },
      );
      assert.equal(jar.length, pairs.length);
      for (const style of styles) {
        const lines = writeCookie(jar, style);
        assert.equal(lines.length, style === 'lines' ? pairs.length : 1);
        for (const { name, value } of pairs)
          assert.deepEqual(readCookies(lines, name), [value], `${style} ${lines}`);
      }
    }),
    RUNS,
  );
  const jar: readonly Cookie[] = keepCookies([], ['ID=226_THOM_TR69_ID; path=/']);
  t.strictSame(writeCookie(jar, 'rfc2109'), ['$Version="0"; ID=226_THOM_TR69_ID;$Path=/']);
  t.strictSame(writeCookie([], 'rfc2109'), []);
});

t.test('a modem keeps the newest cookie of a name, and only so many', async (t) => {
  const jar = keepCookies([], ['a=1; Path=/', 'b="2"; Path=/; HttpOnly', 'c=3', 'nonsense', '=4']);
  t.strictSame(
    jar.map(({ name, value }) => `${name}${value}`),
    ['a1', 'b2', 'c3'],
  );
  t.strictSame(
    keepCookies(jar, ['a=9; Path=/', 'b=; Path=/']).map(({ name, value }) => `${name}${value}`),
    ['a9', 'c3'],
  );
  t.strictSame(
    keepCookies([], ['a=1; Path=/', 'b=2; Path=/; SameSite=Lax', 'c=3'], { pathOnly: true }).map(
      ({ name }) => name,
    ),
    ['a'],
    'a picky one wants a path and nothing else',
  );
  t.equal(
    keepCookies(
      [],
      Array.from({ length: 1000 }, (_, i) => `c${i}=1`),
    ).length,
    LIMITS.cookies,
  );
});

t.test('a cookie that some modem would drop is never set', async (t) => {
  t.equal(writeSetCookie('sid', 'aZ0-_.1'), 'sid=aZ0-_.1; Path=/');
  for (const value of ['', 'a b', 'a;b', 'a,b', 'a"b', 'x'.repeat(65), 'a\r\nb']) {
    t.throws(() => writeSetCookie('sid', value), RangeError, JSON.stringify(value));
  }
  t.throws(() => writeSetCookie('$sid', '1'), RangeError);
});
