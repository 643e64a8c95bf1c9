import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import type { Test } from 'tap';
import t from 'tap';
import type { AcsOptions } from '../../../acs/acs.ts';
import type { ScriptedCpe } from '../../../peers/cpe.ts';
import { connectCpe, cookieOf, envelopeOf, post } from '../../../peers/cpe.ts';
import { isForCpe } from '../../../peers/cpe-session.ts';
import { goodCpe, leavesOf } from '../../../peers/cpe-tree.ts';
import type { HttpResponse } from '../../../peers/http-message.ts';
import { envelopeText, informText } from '../../../peers/samples/invented-modem.ts';
import type { Hash } from '../../../protocol/http/digest.ts';
import { answerChallenge, readChallenges } from '../../../protocol/http/digest.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { fixture } from '../../support/tree.ts';

const KEY = '00A1B2-Gateway%201-S0001';
const USER = '00A1B2-Gateway 1-S0001';
const PASSWORD = 'pass "word" ü';
const TREE = { leaves: leavesOf(60) };

const hash: Hash = (name, byteText) => createHash(name).update(byteText, 'latin1').digest('hex');

async function acsFor(t: Test, options: Partial<AcsOptions>): Promise<TestAcs> {
  const acs = await runAcs({
    credentials: (user) => (user === USER ? PASSWORD : undefined),
    ...options,
  });
  t.teardown(() => acs.stop());
  return acs;
}

interface Habits {
  readonly password?: string;
  readonly username?: string;
  /** Opens a new connection for what follows a 401 (Q-AU-06), or for every POST (Q-HT-09). */
  readonly reconnects?: 'after-401' | 'always';
  /** Answers a challenge and forgets it, so that each POST is challenged. */
  readonly forgets?: boolean;
  readonly cookies?: boolean;
  readonly tls?: boolean;
}

/** A modem that answers challenges: POST by POST. */
class Client {
  readonly #port: number;
  readonly #habits: Habits;
  #client: ScriptedCpe | undefined;
  #challenge: string | undefined;
  #cookie = '';
  nc = 0;
  challenges = 0;
  stale = 0;
  connections = 0;

  constructor(t: Test, port: number, habits: Habits = {}) {
    this.#port = port;
    this.#habits = habits;
    t.teardown(() => this.#client?.close());
  }

  /** Answers one challenge; a second one in a row is given back. */
  async say(body: string): Promise<HttpResponse> {
    const first = await this.post(body);
    if (first.status !== 401) return first;
    this.challenges += 1;
    this.#challenge = first.headers.get('www-authenticate') ?? '';
    if (/stale=true/.test(this.#challenge)) this.stale += 1;
    this.nc = 0;
    if (this.#habits.reconnects !== undefined) this.hangUp();
    const second = await this.post(body);
    if (this.#habits.forgets === true) this.#challenge = undefined;
    return second;
  }

  async post(body: string): Promise<HttpResponse> {
    if (this.#habits.reconnects === 'always') this.hangUp();
    if (this.#client === undefined) {
      this.connections += 1;
      this.#client = await connectCpe(this.#port, { tls: this.#habits.tls ?? false });
    }
    const headers: string[] = [];
    if (this.#cookie !== '' && this.#habits.cookies !== false) headers.push(`Cookie: ${this.#cookie}`);
    if (this.#challenge !== undefined) {
      this.nc += 1;
      headers.push(`Authorization: ${this.credentials(this.nc)}`);
    }
    this.#client.send(post(body, headers));
    const answer = await this.#client.response();
    if (answer.headers.has('set-cookie')) this.#cookie = cookieOf(answer);
    return answer;
  }

  /** The Authorization header with this count. */
  credentials(nc: number): string {
    return (
      answerChallenge(readChallenges(this.#challenge ?? ''), {
        method: 'POST',
        uri: '/',
        username: this.#habits.username ?? USER,
        password: this.#habits.password ?? PASSWORD,
        cnonce: `c0ffee${nc}`,
        nc,
        hash,
      }) ?? ''
    );
  }

  /** The algorithm that its credentials name. */
  get algorithm(): string | undefined {
    return /algorithm=([\w-]+)/.exec(this.credentials(1))?.[1];
  }

  get cookie(): string {
    return this.#cookie;
  }

  hangUp(): void {
    this.#client?.close();
    this.#client = undefined;
  }
}

/** What follows the InformResponse, to the end. Gives the number of POSTs. */
async function goOn(client: Client): Promise<number> {
  const good = goodCpe(TREE);
  let answer = await client.say('');
  for (let posts = 2; posts < 100; posts++) {
    if (answer.status === 204) return posts;
    const { message, id } = envelopeOf(answer);
    if (!isForCpe(message)) throw new Error(`no request: ${message.kind}`);
    answer = await client.say(envelopeText(good(message), id));
  }
  throw new Error('the session has no end');
}

async function discovered(t: Test, acs: TestAcs): Promise<void> {
  t.match((await acs.store.get(KEY))?.discovery, { state: 'done', names: 60, values: 60 });
  const ends = acs.seen.flatMap((seen) => (seen.is === 'session-ended' ? [seen.why] : []));
  t.strictSame(ends, ['done'], 'in one session');
}

/** Of several challenges the client reads the last one only, as simple ones do. */
const WAYS: Readonly<Record<string, Partial<AcsOptions>>> = {
  'digest with MD5': { auth: 'digest' },
  'digest with MD5-sess': { auth: 'digest', digestAlgorithms: ['MD5-sess'] },
  'digest with SHA-256 or MD5': { auth: 'digest', digestAlgorithms: ['SHA-256', 'MD5'] },
  basic: { auth: 'basic' },
};
const HABITS: Readonly<Record<string, Habits>> = {
  'on one connection': {},
  'on one connection, without cookies': { cookies: false },
  'with a new connection after the 401': { reconnects: 'after-401' },
  'with a new connection for each POST': { reconnects: 'always' },
};

for (const [way, options] of Object.entries(WAYS)) {
  for (const [habit, habits] of Object.entries(HABITS)) {
    t.test(`${way}, ${habit}: one challenge serves a whole session`, async (t) => {
      const acs = await acsFor(t, options);
      const client = new Client(t, acs.port, habits);
      const answer = await client.say(informText());
      t.equal(answer.status, 200);
      t.match(envelopeOf(answer).message, { kind: 'response', rpc: 'Inform' });
      const posts = await goOn(client);
      t.equal(client.challenges, 1);
      t.equal(
        client.algorithm,
        options.auth === 'digest' ? (options.digestAlgorithms?.at(-1) ?? 'MD5') : undefined,
      );
      t.equal(client.nc, posts, 'the nonce is counted over the session');
      const expected = { always: posts + 1, 'after-401': 2, never: 1 };
      t.equal(client.connections, expected[habits.reconnects ?? 'never']);
      await discovered(t, acs);
    });
  }
}

t.test(
  'a modem that forgets the challenge is challenged at each POST, and its session goes on',
  async (t) => {
    const acs = await acsFor(t, { auth: 'digest' });
    const client = new Client(t, acs.port, { forgets: true });
    await client.say(informText());
    const posts = await goOn(client);
    t.equal(client.challenges, posts);
    await discovered(t, acs);
  },
);

t.test(
  'a nonce that becomes too old in a session is stale, and the session goes on with the next',
  async (t) => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const acs = await acsFor(t, { auth: 'digest', now: () => now, sessionTimeoutMs: 3_600_000 });
    const client = new Client(t, acs.port);
    await client.say(informText());
    now += 20 * 60_000;
    await goOn(client);
    t.strictSame([client.challenges, client.stale], [2, 1]);
    await discovered(t, acs);
  },
);

t.test('a POST that is heard a second time is not taken for the next one', async (t) => {
  const acs = await acsFor(t, { auth: 'digest' });
  const client = new Client(t, acs.port);
  await client.say(informText());
  const request = await client.say('');
  t.equal(request.status, 200);
  const listener = await connectCpe(acs.port);
  t.teardown(() => listener.close());
  for (const nc of [1, 2]) {
    listener.send(post('', [`Cookie: ${client.cookie}`, `Authorization: ${client.credentials(nc)}`]));
    const answer = await listener.response();
    t.equal(answer.status, 401);
    t.match(answer.headers.get('www-authenticate'), /stale=true/);
  }
  t.equal(acs.acs.openSessions, 1, 'the session did not notice');
  const { message, id } = envelopeOf(request);
  if (!isForCpe(message)) throw new Error('no request');
  t.equal((await client.say(envelopeText(goodCpe(TREE)(message), id))).status, 200);
});

t.test('the cookie of a session without credentials opens nothing', async (t) => {
  const acs = await acsFor(t, { auth: 'digest' });
  const client = new Client(t, acs.port);
  await client.say(informText());
  const thief = await connectCpe(acs.port);
  t.teardown(() => thief.close());
  thief.send(post('', [`Cookie: ${client.cookie}`]));
  const answer = await thief.response();
  t.strictSame([answer.status, answer.body], [401, '']);
  await goOn(client);
  await discovered(t, acs);
});

for (const [way, options] of Object.entries(WAYS)) {
  t.test(`${way}: with a wrong password or name nothing is kept, and no task goes out`, async (t) => {
    const acs = await acsFor(t, options);
    await acs.queue.add(KEY, { kind: 'request', rpc: 'FactoryReset', args: {} });
    for (const habits of [{ password: 'guess' }, { username: 'somebody' }, { password: '' }]) {
      const client = new Client(t, acs.port, habits);
      const answer = await client.say(informText());
      t.equal(answer.status, 401);
      t.notMatch(answer.headers.get('www-authenticate'), /stale=true/);
      t.equal((await client.say('')).status, 401);
    }
    t.equal(await acs.store.get(KEY), undefined);
    t.strictSame(acs.seen, []);
  });
}

const pem = (name: string): string => readFileSync(fixture(`tls-${name}.pem`), 'utf8');

for (const reconnects of [undefined, 'always'] as const) {
  t.test(
    `over TLS, with its own certificate, a whole session is the same (${reconnects ?? 'one connection'})`,
    async (t) => {
      const acs = await acsFor(t, { auth: 'digest', tls: { cert: pem('cert'), key: pem('key') } });
      t.match(acs.url, /^https:/);
      const client = new Client(t, acs.port, {
        tls: true,
        ...(reconnects === undefined ? {} : { reconnects }),
      });
      t.equal((await client.say(informText())).status, 200);
      await goOn(client);
      await discovered(t, acs);
    },
  );
}

t.test('a modem that knows TLS 1.0 alone is served', async (t) => {
  const acs = await acsFor(t, { tls: { cert: pem('cert'), key: pem('key') } });
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const socket = connect({ port: acs.port, host: '127.0.0.1', rejectUnauthorized: false, ...old });
  t.teardown(() => socket.destroy());
  await once(socket, 'secureConnect');
  t.equal(socket.getProtocol(), 'TLSv1');
  socket.write(post(informText()));
  const [answer] = await once(socket, 'data');
  t.match(String(answer), /^HTTP\/1\.1 200 /);
});

t.test('a client that speaks no TLS to the TLS port is cut off, and disturbs nobody', async (t) => {
  const acs = await acsFor(t, { tls: { cert: pem('cert'), key: pem('key') } });
  const plain = await connectCpe(acs.port);
  plain.send(post(informText()));
  await plain.closed;
  const client = new Client(t, acs.port, { tls: true });
  t.equal((await client.say(informText())).status, 200);
  t.equal(acs.seen.filter(({ is }) => is === 'session-began').length, 1);
});
