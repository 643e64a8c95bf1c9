import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import t, { type Test } from 'tap';
import { request } from 'undici';
import type { ListeningAcs } from '../../../peers/acs.ts';
import { connectCpe } from '../../../peers/cpe.ts';
import type { HttpResponse } from '../../../peers/http-message.ts';
import type { Args } from '../../../protocol/cwmp/messages.ts';
import type { Call, ConnectionRequestListener } from '../../../simulator/connection-request-types.ts';
import type { ListenerOptions, Modem, ModemOptions } from '../../../simulator/index.ts';
import { createConnectionRequestListener, createModem, loadProfile } from '../../../simulator/index.ts';
import type { ConnectionRequestTraits } from '../../../simulator/profile/connection-request-traits.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { scriptedAcs } from '../../support/acs/scripted-acs.ts';
import { fixture } from '../../support/tree.ts';

const MS = 'InternetGatewayDevice.ManagementServer.';
const SPEED = 1000;
const USER = { username: 'acs', password: 'crpass' };
const EVENT = ['6 CONNECTION REQUEST'];

interface Lab {
  readonly acs: ListeningAcs;
  readonly listener: ConnectionRequestListener;
  readonly modem: Modem;
  readonly url: string;
}

async function listenerOf(t: Test, options: ListenerOptions = {}): Promise<ConnectionRequestListener> {
  const listener = await createConnectionRequestListener(options);
  t.teardown(() => listener.close());
  return listener;
}

function modemOf(
  t: Test,
  listener: ConnectionRequestListener,
  traits: Partial<ConnectionRequestTraits>,
  options: Omit<ModemOptions, 'profile'>,
  profile = loadProfile('st706wl'),
): Modem {
  const modem = createModem({
    profile: { ...profile, connectionRequest: { ...profile.connectionRequest, ...traits } },
    speed: SPEED,
    bootSeconds: 1,
    seed: 5,
    connectionRequests: { listener },
    settings: {
      'ManagementServer.ConnectionRequestUsername': USER.username,
      'ManagementServer.ConnectionRequestPassword': USER.password,
      'ManagementServer.PeriodicInformEnable': '0',
    },
    ...options,
  });
  t.teardown(() => modem.stop());
  return modem;
}

/** A modem that has had its first session. */
async function lab(
  t: Test,
  traits: Partial<ConnectionRequestTraits> = {},
  options: Pick<ModemOptions, 'scheduler'> = {},
): Promise<Lab> {
  const acs = await scriptedAcs(t);
  const listener = await listenerOf(t);
  const modem = modemOf(t, listener, traits, { acs: acs.url, ...options });
  modem.start();
  const inform = await acs.session();
  const url = inform.ParameterList.find(({ Name }) => Name === `${MS}ConnectionRequestURL`)?.Value ?? '';
  return { acs, listener, modem, url };
}

const eventsOf = ({ Event }: Args<'Inform'>): string[] => Event.map(({ EventCode }) => EventCode);

const called = (modem: Modem): Promise<[Call]> => modem.next('connection-request');

/** A proxy before the ACS: connections wait while it is shut. */
async function gateTo(t: Test, port: number) {
  let isOpen = true;
  const waiting: (() => void)[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((from) => {
    const pass = (): void => {
      const to = net.connect({ port, host: '127.0.0.1' });
      for (const socket of [from, to]) sockets.add(socket.on('error', () => {}));
      from.pipe(to).pipe(from);
    };
    if (isOpen) pass();
    else waiting.push(pass);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const address = server.address();
  return {
    url: `https://localhost:${typeof address === 'object' && address !== null ? address.port : 0}/`,
    shut: () => {
      isOpen = false;
    },
    open: () => {
      isOpen = true;
      for (const pass of waiting.splice(0)) pass();
    },
  };
}

const md5 = (text: string): string => createHash('md5').update(text, 'latin1').digest('hex');

/** Of the challenge in an answer, by name. */
function challengeOf(answer: Pick<HttpResponse, 'headers'>): ReadonlyMap<string, string> {
  const line = answer.headers.get('www-authenticate') ?? '';
  return new Map([...line.matchAll(/(\w+)="?([^",]*)"?/g)].map((m) => [m[1] ?? '', m[2] ?? '']));
}

interface Proof {
  readonly username?: string;
  readonly password?: string;
  readonly realm?: string;
  readonly nonce?: string;
  readonly nc?: string;
}

/** Credentials by the formula of RFC 2617, or of RFC 2069 if the challenge has no qop. */
function digest(url: string, challenge: ReadonlyMap<string, string>, proof: Proof = {}): string {
  const uri = new URL(url).pathname;
  const { username = USER.username, password = USER.password, nc = '00000001' } = proof;
  const realm = proof.realm ?? challenge.get('realm') ?? '';
  const nonce = proof.nonce ?? challenge.get('nonce') ?? '';
  const a1 = md5(`${username}:${realm}:${password}`);
  const a2 = md5(`GET:${uri}`);
  const head = `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}"`;
  if (!challenge.has('qop')) return `${head}, response="${md5(`${a1}:${nonce}:${a2}`)}"`;
  const response = md5(`${a1}:${nonce}:${nc}:0a4f113b:auth:${a2}`);
  return `${head}, qop=auth, nc=${nc}, cnonce="0a4f113b", response="${response}"`;
}

/** One request over a raw connection of its own. */
async function get(
  url: string,
  lines: readonly string[] = [],
  method = 'GET',
  body = '',
): Promise<HttpResponse> {
  const { port, host, pathname } = new URL(url);
  const client = await connectCpe(Number(port));
  try {
    client.send([`${method} ${pathname} HTTP/1.1`, `Host: ${host}`, ...lines, '', body].join('\r\n'));
    return await client.response();
  } finally {
    client.close();
  }
}

/** As an ACS calls: asks, is challenged, asks again with proof. */
async function call(url: string, proof: Proof = {}): Promise<HttpResponse> {
  const first = await get(url);
  return get(url, [`Authorization: ${digest(url, challengeOf(first), proof)}`]);
}

t.test('the advertised URL is called: a challenge, an empty answer, and a session follows', async (t) => {
  const { acs, listener, modem, url } = await lab(t);
  t.match(url, new RegExp(`^http://127\\.0\\.0\\.1:${listener.port}/[0-9A-F]{32}$`));
  t.equal(modem.get(`${MS}ConnectionRequestURL`), url);
  const first = await get(url);
  t.equal(first.status, 401);
  t.equal(first.body, '');
  t.match(
    first.headers.get('www-authenticate'),
    /^Digest realm="IGD", nonce="[0-9a-f]{32}", qop="auth", algorithm=MD5$/,
  );
  const value = digest(url, challengeOf(first));
  const heard = called(modem);
  const second = await get(url, [`Authorization: ${value}`]);
  t.strictSame([second.status, second.body, second.headers.get('content-length')], [200, '', '0']);
  t.notOk(second.headers.has('date'), 'no line that the profile does not have');
  t.match(await heard, [{ via: 'http', ok: true, status: 200, why: 'accepted' }]);
  const inform = await acs.session();
  t.strictSame(eventsOf(inform), EVENT);
  await modem.next('session-ended');
  t.equal(acs.waiting, 0, 'one session');
  t.equal((await get(url, [`Authorization: ${value}`])).status, 401, 'the same words again are no proof');
  t.match(challengeOf(await get(url, [`Authorization: ${value}`])).get('stale'), 'true');
});

t.test('a client of undici that counts up its nonce calls twice on one connection', async (t) => {
  const { acs, modem, url } = await lab(t, { status: 204 });
  const first = await request(url);
  await first.body.dump();
  t.equal(first.headers.connection, 'keep-alive', 'the challenged one can go on there');
  const challenge = challengeOf({
    headers: new Map([['www-authenticate', String(first.headers['www-authenticate'])]]),
  });
  for (const nc of ['00000001', '00000002']) {
    const ended = modem.next('session-ended');
    const { statusCode, body } = await request(url, {
      headers: { authorization: digest(url, challenge, { nc }) },
    });
    t.strictSame([statusCode, await body.text()], [204, '']);
    t.strictSame((await acs.session()).Event, [{ EventCode: EVENT[0], CommandKey: '' }]);
    await ended;
  }
  const { statusCode } = await request(url, {
    headers: { authorization: digest(url, challenge, { nc: '00000002' }) },
  });
  t.equal(statusCode, 401, 'but no count twice');
});

t.test('what is not as it should be is refused, and leads to no session', async (t) => {
  const { acs, modem, url } = await lab(t);
  const why: string[] = [];
  modem.events.on('connection-request', (reported) => why.push(`${reported.status} ${reported.why}`));
  for (const proof of [{ password: 'crpasS' }, { username: 'ACS' }, { realm: 'other' }])
    t.equal((await call(url, proof)).status, 401, JSON.stringify(proof));
  t.equal((await call(url, { nonce: '00000000000000000000000000000000' })).status, 401, 'an invented nonce');
  const basic = `Basic ${Buffer.from('acs:crpass').toString('base64')}`;
  t.equal((await get(url, [`Authorization: ${basic}`])).status, 401, 'Basic');
  t.equal((await get(url, ['Authorization: Digest'])).status, 401, 'a header that holds nothing');
  t.equal((await get(url, ['Authorization: \u00ff"=,,,Digest x="'])).status, 401, 'rubbish');
  const challenge = challengeOf(await get(url));
  const right = `Authorization: ${digest(url, challenge)}`;
  t.equal((await get(`${url}0`, [right])).status, 404, 'another path');
  t.equal((await get(new URL('/', url).href, [right])).status, 404, 'no path');
  t.equal((await get(url, [right, 'Content-Length: 0'], 'POST')).status, 405);
  const otherUri = digest(new URL('/x', url).href, challengeOf(await get(url)));
  t.equal((await get(url, [`Authorization: ${otherUri}`])).status, 401, 'proof for another path');
  t.equal(acs.waiting, 0);
  t.strictSame(
    why
      .filter((reported) => reported.startsWith('401'))
      .filter((reported) => reported !== '401 no-credentials'),
    [...Array(3).fill('401 wrong-credentials'), '401 stale-nonce', ...Array(3).fill('401 wrong-credentials')],
  );
  const answer = await get(url, [right, 'Content-Length: 5'], 'GET', 'hello');
  t.equal(answer.status, 200, 'a body is passed over');
  await acs.session();
});

t.test('a nonce is good for its time and its modem only', async (t) => {
  let now = 1_700_000_000_000;
  const acs = await scriptedAcs(t);
  const listener = await listenerOf(t, { clock: () => now });
  const [one, two] = [0, 1].map((index) =>
    modemOf(t, listener, { nonceSeconds: 30 }, { acs: acs.url, index }),
  );
  one?.start();
  await acs.session();
  two?.start();
  await acs.session();
  const [url = '', other = ''] = [one, two].map((modem) => modem?.get(`${MS}ConnectionRequestURL`));
  t.not(url, other, 'a path each');
  const challenge = challengeOf(await get(url));
  const stolen = await get(other, [`Authorization: ${digest(other, challenge)}`]);
  t.strictSame([stolen.status, challengeOf(stolen).get('stale')], [401, 'true']);
  now += 30_001;
  const late = await get(url, [`Authorization: ${digest(url, challenge)}`]);
  t.strictSame([late.status, challengeOf(late).get('stale')], [401, 'true']);
  const again = await get(url, [`Authorization: ${digest(url, challengeOf(late))}`]);
  t.equal(again.status, 200);
  t.strictSame((await acs.session()).DeviceId.SerialNumber, one?.id.SerialNumber, 'the one that was called');
  // More than a modem remembers: none of them can be used again, remembered or not.
  const used: string[] = [];
  for (let round = 0; round < 12; round++) {
    const header = `Authorization: ${digest(url, challengeOf(await get(url)))}`;
    t.equal((await get(url, [header])).status, 200);
    used.push(header);
    await acs.session();
    now += 1;
  }
  for (const header of used) t.equal((await get(url, [header])).status, 401);
});

t.test(
  'calls before the session starts are accepted and add none; one in it is served right after',
  async (t) => {
    const { acs, modem, url } = await lab(t);
    modem.dropLine();
    const { status } = await call(url);
    t.equal(status, 200);
    await modem.next('session-ended');
    modem.restoreLine();
    t.equal((await call(url)).status, 200, 'the line was down: the first call is not kept');
    const turn = await acs.next();
    t.strictSame(turn.events, EVENT);
    t.equal((await call(url)).status, 200, 'its Inform has left, so another session must follow');
    t.equal((await call(url)).status, 200);
    turn.informResponse();
    t.equal((await call(url)).status, 200);
    (await acs.next()).status(204);
    t.strictSame(eventsOf(await acs.session()), EVENT);
    await modem.next('session-ended');
    t.equal(acs.waiting, 0, 'exactly one');
  },
);

t.test('while it connects to the ACS, five calls are accepted and make one session', async (t) => {
  const read = (name: string): Buffer => readFileSync(fixture(name));
  const acs = await scriptedAcs(t, { tls: { cert: read('tls-cert.pem'), key: read('tls-key.pem') } });
  const gate = await gateTo(t, acs.port);
  const listener = await listenerOf(t);
  const modem = modemOf(t, listener, { most: 2 }, { acs: gate.url, tls: { rejectUnauthorized: false } });
  modem.start();
  await acs.session();
  await modem.next('session-ended');
  gate.shut();
  const url = modem.get(`${MS}ConnectionRequestURL`) ?? '';
  const why: string[] = [];
  modem.events.on('connection-request', (reported) => reported.ok && why.push(reported.why));
  for (let round = 0; round < 5; round++) t.equal((await call(url)).status, 200);
  t.strictSame(
    why,
    ['accepted', ...Array(4).fill('accepted-again')],
    'they do not count for the rate either',
  );
  gate.open();
  t.strictSame(eventsOf(await acs.session()), EVENT);
  await modem.next('session-ended');
  t.equal(acs.waiting, 0, 'one session');
});

t.test('in a session and past its rate it answers 503 where the profile says so', async (t) => {
  const { acs, modem, url } = await lab(t, { inSession: 'refuse', most: 2, seconds: 3600 });
  for (let round = 0; round < 2; round++) {
    t.equal((await call(url)).status, 200);
    const first = await acs.next();
    const inSession = await call(url);
    t.strictSame([inSession.status, inSession.headers.has('retry-after'), inSession.body], [503, false, '']);
    const ended = modem.next('session-ended');
    first.informResponse();
    (await acs.next()).status(204);
    await ended;
  }
  const heard = modem.next('connection-request', { where: ({ status }) => status === 503 });
  t.equal((await call(url)).status, 503, 'the third within the hour');
  t.match(await heard, [{ ok: false, why: 'throttled' }]);
  t.equal(
    (await call(url, { password: 'wrong' })).status,
    401,
    'a caller without rights learns nothing about it',
  );
  t.equal(acs.waiting, 0, 'and no session came of them');
});

t.test('the ACS sets who may call, before and after a restart; a factory reset undoes it', async (t) => {
  const scheduler = createScheduler({ speed: 'max' });
  t.teardown(() => scheduler.stop());
  const { acs, modem, url } = await lab(t, {}, { scheduler });
  t.equal((await call(url)).status, 200);
  (await acs.next()).informResponse();
  const set = (name: string, Value: string) => ({
    Name: `${MS}ConnectionRequest${name}`,
    Value,
    Type: 'string',
  });
  const ParameterList = [set('Username', 'new'), set('Password', 'neu\u00e9')];
  (await acs.next()).ask({
    kind: 'request',
    rpc: 'SetParameterValues',
    args: { ParameterList, ParameterKey: 'k' },
  });
  const answer = await acs.next();
  t.match(answer.envelope?.message, { rpc: 'SetParameterValues' });
  answer.status(204);
  await modem.next('session-ended');
  t.equal((await call(url)).status, 401, 'the old ones are refused');
  const next = { username: 'new', password: Buffer.from('neu\u00e9').toString('latin1') };
  t.equal((await call(url, next)).status, 200, 'the new ones are not');
  await acs.session();
  await modem.next('session-ended');
  const booting = modem.next('connection-request', { where: ({ why }) => why === 'booting' });
  // Time stands still until the call was refused.
  const release = scheduler.hold();
  modem.powerCycle();
  await t.rejects(get(url), 'while it boots the connection is closed');
  release();
  t.match(await booting, [{ ok: false, status: 0 }]);
  t.strictSame(eventsOf(await acs.session()), ['1 BOOT', '4 VALUE CHANGE']);
  t.equal(modem.get(`${MS}ConnectionRequestURL`), url, 'the same URL as before');
  t.equal((await call(url, next)).status, 200, 'a new challenge');
  (await acs.next()).informResponse();
  (await acs.next()).ask({ kind: 'request', rpc: 'FactoryReset', args: {} });
  (await acs.next()).status(204);
  t.match(eventsOf(await acs.session()), ['0 BOOTSTRAP']);
  t.strictSame([(await call(url, next)).status, (await call(url)).status], [401, 200]);
  await acs.session();
  await modem.stop();
  t.equal((await get(url)).status, 404, 'nobody is there any more');
});

t.test('a profile says how it challenges, and what its path is', async (t) => {
  const { acs, modem, url } = await lab(t, {
    qop: false,
    algorithm: 'quoted',
    domain: '/',
    opaque: 'f00d',
    realm: `modem \${serial}`,
    headers: new Map([['Server', `unit/\${firmware}`]]),
    afterChallenge: 'close',
  });
  const first = await get(url);
  t.match(
    first.headers.get('www-authenticate'),
    new RegExp(
      `^Digest realm="modem ${modem.id.SerialNumber}", nonce="\\w{32}", opaque="f00d", algorithm="MD5", domain="/"$`,
    ),
  );
  t.strictSame([...first.headers.keys()], ['server', 'www-authenticate', 'content-length', 'connection']);
  t.strictSame(
    [first.headers.get('server'), first.headers.get('connection')],
    [`unit/${modem.device.firmware}`, 'close'],
  );
  const proof = `Authorization: ${digest(url, challengeOf(first))}`;
  t.equal((await get(url, [proof])).status, 200, 'the formula of RFC 2069');
  await acs.session();
  t.equal((await get(url, [proof])).status, 401, 'good once');

  const basic = await lab(t, { auth: 'basic', realm: 'b', path: '/cwmp' });
  t.match(new URL(basic.url).pathname, /^\/cwmp\/[0-9A-F]{32}$/, 'a path that all share is made unique');
  t.equal((await get(basic.url)).headers.get('www-authenticate'), 'Basic realm="b"');
  for (const [word, status] of [
    ['acs:crpasS', 401],
    ['acs', 401],
    ['acs:crpass', 200],
  ] as const)
    t.equal(
      (await get(basic.url, [`Authorization: Basic ${Buffer.from(word).toString('base64')}`])).status,
      status,
    );
  await basic.acs.session();
  const none = await lab(t, { auth: 'none' });
  t.equal((await get(none.url)).status, 200);
  await none.acs.session();
});

t.test('one modem can have the listener for itself, and two of one seed have a path each', async (t) => {
  const acs = await scriptedAcs(t);
  const alone = await listenerOf(t, { exclusive: true, advertisedHost: 'modem.example' });
  const modem = modemOf(t, alone, { path: '/' }, { acs: acs.url });
  t.equal(modem.get(`${MS}ConnectionRequestURL`), `http://modem.example:${alone.port}/`);
  modem.start();
  await acs.session();
  t.equal((await get(`http://127.0.0.1:${alone.port}/`)).status, 401);
  const shared = await listenerOf(t);
  const twins = [0, 1].map(() => modemOf(t, shared, {}, { acs: acs.url }));
  const urls: string[] = [];
  for (const twin of twins) {
    twin.start();
    await acs.session();
    urls.push(twin.get(`${MS}ConnectionRequestURL`) ?? '');
  }
  t.equal(urls[1], `${urls[0]}-2`);
  for (const url of urls) {
    t.equal((await call(url)).status, 200);
    t.ok(
      (await acs.session()).ParameterList.some(({ Value }) => Value === url),
      'the one that was called',
    );
  }
  await t.rejects(createConnectionRequestListener({ port: shared.port }), { code: 'E_ADDRESS_IN_USE' });
  await t.rejects(createConnectionRequestListener({ host: '203.0.113.1' }), { code: 'E_CONFIG' });
});

t.test(
  'when the ACS switched off connection requests the URL is empty and they are not answered',
  async (t) => {
    const profile = loadProfile('generic-tr181');
    const acs = await scriptedAcs(t);
    const listener = await listenerOf(t);
    const modem = modemOf(t, listener, {}, { acs: acs.url }, profile);
    modem.start();
    await acs.session();
    const name = 'Device.ManagementServer.ConnectionRequestURL';
    const url = modem.get(name) ?? '';
    t.equal((await call(url)).status, 200);
    await acs.session();
    modem.device.tree.store('Device.ManagementServer.HTTPConnectionRequestEnable', '0');
    t.equal(modem.get(name), '');
    await t.rejects(get(url));
  },
);

t.test('input that is not HTTP, or never ends, does no harm', async (t) => {
  const { acs, url } = await lab(t);
  const port = Number(new URL(url).port);
  for (const bytes of ['\u0016\u0003\u0001\u0002\u0000', `GET /${'x'.repeat(20_000)}`, '\r\n\r\n\r\nX']) {
    const client = await connectCpe(port);
    client.send(Buffer.from(bytes, 'latin1'));
    await client.closed;
  }
  const half = await connectCpe(port);
  half.send('GET /abc HTTP/1.1\r\n');
  t.equal((await call(url)).status, 200, 'others are served meanwhile');
  await acs.session();
  half.close();
});
