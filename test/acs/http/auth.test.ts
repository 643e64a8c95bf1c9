import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { Authenticator, type AuthenticatorOptions, type AuthResult } from '../../../acs/http/auth.ts';
import { Nonces } from '../../../acs/http/nonce.ts';
import { writeBasic } from '../../../protocol/http/basic.ts';
import { type Answer, answerChallenge, type Hash, readChallenges } from '../../../protocol/http/digest.ts';
import { assertProperty, SEED } from '../../support/seed.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

const hash: Hash = (name, text) => createHash(name).update(text, 'latin1').digest('hex');
const users = new Map([
  ['00A1B2-HGW1-S0042', 's3cr3t'],
  ['empty', ''],
  ['jörg', 'größe'],
]);

/** An authenticator with a clock to turn by hand, and bytes that count up. */
function bench(options: Partial<AuthenticatorOptions> = {}) {
  const clock = { ms: 1_700_000_000_000 };
  let count = 0;
  const authenticator = new Authenticator({
    mode: 'digest',
    realm: 'cwmp',
    credentials: (name) => users.get(name),
    now: () => clock.ms,
    random: (bytes) => {
      count += 1;
      return Buffer.alloc(bytes, count);
    },
    ...options,
  });
  const check = (header?: string, challenged?: boolean) =>
    authenticator.check('POST', '/cwmp', header, challenged);
  const challenge = async (): Promise<string> => {
    const result = await check();
    return result.ok ? '' : result.challenge.join(', ');
  };
  return { clock, check, challenge, authenticator };
}

const who: Answer = {
  method: 'POST',
  uri: '/cwmp',
  username: '00A1B2-HGW1-S0042',
  password: 's3cr3t',
  cnonce: '1f9a7c03',
  nc: 1,
  hash,
};
const reply = (challenge: string, more: Partial<Answer> = {}): string =>
  answerChallenge(readChallenges(challenge), { ...who, ...more }) ?? '';
const verdict = (result: AuthResult): string => (result.ok ? 'ok' : result.stale ? 'stale' : 'refused');
const ids = (result: AuthResult): readonly string[] => result.notes.map((note) => note.id);

t.test('without authentication everybody comes in and nothing is looked at', async (t) => {
  const { check } = bench({ mode: 'none' });
  t.strictSame(await check(), { ok: true, notes: [] });
  t.strictSame(await check('Digest nonsense'), { ok: true, notes: [] });
});

t.test('who sends no credentials gets one challenge in the form of RFC 2617', async (t) => {
  const result = await bench().check();
  t.notOk(result.ok);
  if (result.ok) return;
  t.match(result.challenge[0], /^Digest realm="cwmp", nonce="[0-9a-f]{32}", qop="auth", algorithm=MD5$/);
  t.equal(result.challenge.length, 1);
  t.equal(result.attempted, false);
  const basic = await bench({ mode: 'basic' }).check();
  t.strictSame(basic.ok ? [] : basic.challenge, ['Basic realm="cwmp"']);
});

t.test('digest lets in who knows the password, for each algorithm offered', async (t) => {
  for (const algorithm of ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'] as const) {
    const { check, challenge } = bench({ algorithms: [algorithm] });
    const result = await check(reply(await challenge()));
    t.strictSame(result, { ok: true, username: '00A1B2-HGW1-S0042', notes: [] }, algorithm);
    t.equal(verdict(await check(reply(await challenge(), { password: 'S3cr3t' }))), 'refused');
    t.equal(verdict(await check(reply(await challenge(), { username: 'nobody', password: '' }))), 'refused');
  }
  const { check, challenge } = bench({ algorithms: ['SHA-256', 'MD5'] });
  t.match(await check(reply(await challenge())), { ok: true });
  t.equal(
    verdict(await check(reply((await challenge()).replace(/ algorithm=\S+/g, ' algorithm=MD5-sess,')))),
    'refused',
  );
  t.match(await check(reply(await challenge(), { username: 'jörg', password: 'größe' })), {
    ok: true,
    username: 'jörg',
  });
  t.match(await check(reply(await challenge(), { username: 'empty', password: '' })), { ok: true });
});

t.test('a nonce serves a whole session while nc counts, and no nc twice', async (t) => {
  const { check, challenge } = bench();
  const nonce = await challenge();
  for (const [nc, expected] of [
    [1, 'ok'],
    [2, 'ok'],
    [2, 'stale'],
    [1, 'stale'],
    [5, 'ok'],
    [4, 'stale'],
    [6, 'ok'],
  ] as const) {
    t.equal(verdict(await check(reply(nonce, { nc, cnonce: `c${nc}` }))), expected, `nc=${nc}`);
  }
  t.equal(
    verdict(await check(reply(nonce, { nc: 1, password: 'wrong' }))),
    'refused',
    'stale is for the right ones only',
  );
  const again = await check(reply(nonce, { nc: 6 }));
  t.match(again, { ok: false, stale: true });
  if (again.ok) return;
  t.match(again.challenge[0], /, stale=true$/);
  t.equal(verdict(await check(reply(again.challenge.join(', ')))), 'ok', 'the new nonce works');
});

t.test('a nonce dies of idleness, not of use', async (t) => {
  const { clock, check, challenge } = bench({ nonceLifeMs: 1000 });
  const nonce = await challenge();
  for (let nc = 1; nc <= 5; nc += 1) {
    clock.ms += 900;
    t.equal(verdict(await check(reply(nonce, { nc }))), 'ok', `${nc * 900} ms after its issue`);
  }
  clock.ms += 1001;
  t.equal(verdict(await check(reply(nonce, { nc: 6 }))), 'stale');
  const unused = await challenge();
  clock.ms += 1001;
  t.equal(verdict(await check(reply(unused))), 'stale');
});

t.test(
  'a nonce that we did not issue is stale for the right password, so a modem survives our restart',
  async (t) => {
    const { check, challenge } = bench();
    const elsewhere = await bench({ secret: Buffer.from('another') }).challenge();
    t.equal(verdict(await check(reply(elsewhere))), 'stale');
    t.equal(verdict(await check(reply(elsewhere, { password: 'x' }))), 'refused');
    const forged = (await challenge()).replace(/nonce="./, 'nonce="f');
    t.equal(verdict(await check(reply(forged))), 'stale');
    const shared = { secret: Buffer.from('shared') };
    t.equal(
      verdict(await bench(shared).check(reply(await bench(shared).challenge()))),
      'ok',
      'a shared secret',
    );
  },
);

t.test('a modem that knows no qop gets in, by the formula of RFC 2069', async (t) => {
  const { check, challenge } = bench();
  const without = (await challenge()).replace(' qop="auth",', '');
  t.notMatch(reply(without), 'qop');
  t.equal(verdict(await check(reply(without))), 'ok');
  t.equal(verdict(await check(reply(without))), 'ok', 'it cannot count, so its nonce serves while it lives');
});

t.test('what modems do to the header is noted and accepted', async (t) => {
  const { check, challenge } = bench();
  t.strictSame(ids(await check(reply(await challenge(), { quoteAll: true }))), ['Q-AU-02']);
  t.strictSame(ids(await check(reply(await challenge(), { opaque: '(null)' }))), ['Q-AU-04']);
  t.strictSame(
    ids(await check(reply(await challenge(), { cnonce: 'NzM5MzMyAA==' }))),
    [],
    'Q-AU-03 shows nothing',
  );
  const stray = await check(reply(await challenge(), { strayQuote: true }));
  t.match(stray, { ok: true, username: '00A1B2-HGW1-S0042' });
  t.strictSame(ids(stray), ['Q-AU-05'], 'the quote only in the header');
  const hashed = await check(reply(await challenge(), { username: '00A1B2-HGW1-S0042"' }));
  t.match(hashed, { ok: true, username: '00A1B2-HGW1-S0042' });
  t.strictSame(ids(hashed), ['Q-AU-05'], 'the quote in the hash too');
});

t.test('basic lets in who knows the password, and notes who was not asked', async (t) => {
  const { check } = bench({ mode: 'basic' });
  const header = writeBasic({ username: '00A1B2-HGW1-S0042', password: 's3cr3t' });
  t.strictSame(await check(header), { ok: true, username: '00A1B2-HGW1-S0042', notes: [] });
  t.strictSame(ids(await check(header, false)), ['Q-HT-15'], 'before any challenge');
  t.strictSame(ids(await check(header, true)), []);
  t.strictSame(
    ids(await check(writeBasic({ username: 'empty', password: '' }))),
    ['Q-HT-15'],
    'without password',
  );
  const umlauts = writeBasic({ username: 'jörg', password: 'größe' });
  t.match(await check(umlauts), { ok: true, username: 'jörg' });
  t.match(await check(writeBasic({ username: '"empty"', password: '' })), { ok: true, username: 'empty' });
  for (const [username, password] of [
    ['empty', 'x'],
    ['', ''],
    ['nobody', ''],
    ['00A1B2-HGW1-S0042', 's3cr3'],
  ] as const) {
    t.equal(verdict(await check(writeBasic({ username, password }))), 'refused', `${username}:${password}`);
  }
});

t.test('one scheme does not stand in for the other', async (t) => {
  const basic = bench({ mode: 'basic' });
  const digest = bench();
  t.match(await digest.check(writeBasic(who)), { ok: false, stale: false, attempted: true });
  t.match(await basic.check(reply(await digest.challenge())), { ok: false, stale: false, attempted: true });
});

t.test('the digest must be for the request that carries it', async (t) => {
  const { authenticator, check, challenge } = bench();
  for (const uri of ['/cwmp', '/cwmp/', '/cwmp?x=1', 'http://acs.example:7547/cwmp']) {
    t.equal(verdict(await check(reply(await challenge(), { uri }))), 'ok', uri);
  }
  for (const uri of ['/', '/other', ''])
    t.equal(verdict(await check(reply(await challenge(), { uri }))), 'refused', uri);
  t.equal(
    verdict(await authenticator.check('GET', '/cwmp', reply(await challenge()))),
    'refused',
    'another method',
  );
  t.equal(
    verdict(await authenticator.check('POST', '/', reply(await challenge(), { uri: 'http://acs' }))),
    'ok',
  );
});

t.test('credentials may be looked up elsewhere, and two requests at once cannot share an nc', async (t) => {
  const { check, challenge } = bench({ credentials: async (name) => users.get(name) });
  const header = reply(await challenge());
  const both = await Promise.all([check(header), check(header)]);
  t.strictSame(both.map(verdict).sort(), ['ok', 'stale']);
});

t.test('only so many nonces are remembered, and a forgotten one is never valid again', async (t) => {
  const clock = { ms: 1000 };
  let salt = 0;
  const random = (bytes: number) => {
    salt += 16;
    return Buffer.from(salt.toString(16).padStart(bytes * 2, '0'), 'hex');
  };
  const nonces = new Nonces({
    now: () => clock.ms,
    random,
    secret: Buffer.from('s'),
    lifeMs: 1000,
    max: 3,
  });
  const issued = Array.from({ length: 5 }, () => {
    clock.ms += 1;
    return nonces.issue();
  });
  t.equal(new Set(issued).size, 5);
  for (const nonce of issued) t.equal(nonces.use(nonce, 1), 'fresh');
  t.equal(nonces.size, 3);
  t.strictSame(
    issued.map((nonce) => nonces.use(nonce, 1)),
    Array(5).fill('stale'),
    'used, or forgotten',
  );
  t.strictSame(
    issued.map((nonce) => nonces.use(nonce, 2)),
    ['stale', 'stale', 'fresh', 'fresh', 'fresh'],
  );
  t.equal(nonces.use(issued[2] ?? '', 3), 'fresh');
  clock.ms += 1;
  t.equal(nonces.use(nonces.issue(), 1), 'fresh');
  t.equal(nonces.use(issued[2] ?? '', 4), 'fresh', 'the one in use is kept');
  t.equal(nonces.use(issued[3] ?? '', 3), 'stale', 'the one unused for longest was forgotten for it');
  clock.ms += 1001;
  t.equal(nonces.use(nonces.issue(), 1), 'fresh');
  t.equal(nonces.size, 1, 'the dead are forgotten');
  clock.ms -= 1001;
  t.equal(nonces.use(issued[4] ?? '', 1), 'stale', 'not even when the clock is set back');
});

t.test('any header gives a verdict, and without the password it is never yes', async (t) => {
  const piece = fc.constantFrom(
    'Digest ',
    'Basic ',
    'username="empty"',
    ', ',
    'nonce="n"',
    'uri="/cwmp"',
    'response="',
    '"',
    'nc=',
    '00000001',
    'qop=auth',
    '=',
    '\\',
    '\0',
    'Og==',
    'ZW1wdHk6eA==',
  );
  const header = fc.array(fc.oneof(piece, fc.string()), { maxLength: 30 }).map((parts) => parts.join(''));
  const both = [bench(), bench({ mode: 'basic' })];
  await assertProperty(
    t,
    fc.asyncProperty(header, async (text) => {
      for (const { check } of both) assert.equal((await check(text)).ok, false, text);
    }),
    300,
  );
});

t.test(
  'one changed character anywhere in right credentials never crashes, and lets in only what means the same',
  async (t) => {
    const { check, challenge } = bench();
    await assertProperty(
      t,
      fc.asyncProperty(fc.nat(), fc.string({ minLength: 1, maxLength: 1 }), async (at, c) => {
        const right = reply(await challenge());
        const i = at % right.length;
        const wrong = right.slice(0, i) + c + right.slice(i + 1);
        const [, digits = 'none'] = /response="([0-9a-f]{32})"/.exec(right) ?? [];
        const result = await check(wrong);
        // A quote that is missing is forgiven, a digit is not.
        if (result.ok) assert.ok(wrong.toLowerCase().includes(digits), wrong);
      }),
      300,
    );
  },
);
