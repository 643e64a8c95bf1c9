import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { MdapHostOptions } from '../../mdap/host.ts';
import { type MdapHost, openMdapHost } from '../../mdap/host.ts';
import { factsOf, outcomeError } from '../../mdap/outcome.ts';
import { Rate } from '../../mdap/rate.ts';
import { mayStaySilent } from '../../mdap/silent-commands.ts';
import { encodeMessage } from '../../protocol/mdap/messages.ts';
import { HOST_SETTINGS } from '../../protocol/mdap/settings.ts';
import type { Bench, TestAnt } from '../support/lan/mdap-ants.ts';
import { startAnts } from '../support/lan/mdap-ants.ts';
import { until } from '../support/until.ts';

const ADMIN = { user: 'Administrator', password: '' };

/** Short times: the line is this machine. */
const FAST = {
  search: { rounds: 2, interval: 60, wait: 600 },
  conv: { ...HOST_SETTINGS.conv, timeout: 600, retries: 2 },
  rate: { perAnt: 1000, total: 1000 },
};

async function open(t: Test, bench: Bench, options: Partial<MdapHostOptions> = {}): Promise<MdapHost> {
  const { group, port } = bench;
  const host = await openMdapHost({ interfaces: ['127.0.0.1'], group, port, settings: FAST, ...options });
  t.teardown(() => host.close());
  return host;
}

const ant = (antId: string, change: Partial<TestAnt> = {}): TestAnt => ({ antId, ...change });

t.test('ants that all have one address are found, asked and commanded by their ANT-ID', async (t) => {
  const names = Array.from({ length: 24 }, (_, index) => `0703KT${String(index).padStart(3, '0')}`);
  const bench = await startAnts(
    t,
    names.map((antId, index) => ant(antId, { mac: `00-14-7F-00-00-${String(index).padStart(2, '0')}` })),
  );
  const host = await open(t, bench);
  const found: string[] = [];
  const ants = await host.discover({ onFound: ({ antId }) => found.push(antId) });
  t.strictSame(ants.map(({ antId }) => antId).sort(), names);
  t.equal(found.length, 24, 'each is reported once');
  t.match(ants[0], { address: '127.0.0.1', via: '127.0.0.1', name: 'SpeedTouch 585', mdapVersion: '1.2' });
  const outcomes = await Promise.all(names.map((antId) => host.exec(antId, 'ip iplist', ADMIN)));
  for (const outcome of outcomes) t.match(outcome, { is: 'done', output: /LocalNetwork/ });
  t.strictSame(
    bench.ran.sort(),
    names.map((name) => `${name} ip iplist`),
  );
  t.match(factsOf(await host.info(names[3] ?? '', ADMIN)), [
    { key: 'BOARD-NAME', value: 'BANT-W' },
    { key: 'SW-VERSION', value: '6.2.17.5' },
  ]);
});

t.test('two hosts at once each get the answers to their own questions', async (t) => {
  const bench = await startAnts(t, [ant('A'), ant('B')]);
  const heard: string[] = [];
  const one = await open(t, bench);
  const two = await open(t, bench, { onAnt: ({ antId }) => heard.push(antId) });
  const lines = Array.from({ length: 6 }, (_, index) => `env get var=${index}`);
  const ask = (host: MdapHost, antId: string) =>
    Promise.all(lines.map((line) => host.exec(antId, line, ADMIN)));
  const all = await Promise.all([ask(one, 'A'), ask(two, 'A'), ask(one, 'B'), ask(two, 'B')]);
  for (const [index, outcome] of all.flat().entries())
    t.match(outcome, { is: 'done', output: `${index < 12 ? 'A' : 'B'} ${lines[index % 6]}` });
  t.equal(two.fleet.get('A')?.name, undefined, 'nobody has searched yet');
  await one.discover();
  t.ok(heard.includes('A') && heard.includes('B'), 'what was overheard is known');
  t.match(two.fleet.get('A'), { name: 'SpeedTouch 585' });
});

t.test('refusals, silence and absence are distinguished', async (t) => {
  const bench = await startAnts(t, [ant('A', { password: 'secret' })]);
  const host = await open(t, bench);
  const right = { ...ADMIN, password: 'secret' };
  const code = async (antId: string, line: string, who = right): Promise<string> =>
    outcomeError(antId, await host.exec(antId, line, who))?.message ?? 'fine';
  t.match(await code('A', 'ip iplist', ADMIN), /^E_MDAP_CREDENTIALS/);
  t.match(await code('A', 'no such'), /^E_MDAP_REFUSED.*A: -3, Unknown command/);
  t.match(await code('X', 'ip iplist'), /^E_MDAP_UNANSWERED.*X, step 1/);
  t.match(await host.exec('A', ':system reboot', right), { is: 'sent', answered: false });
  await t.rejects(host.exec('A', 'a\nb', right), { code: 'E_MDAP_COMMAND' });
  const waiting = host.exec('X', 'ip iplist', right);
  await new Promise((resolve) => setImmediate(resolve));
  await host.close();
  t.match(await waiting, { is: 'cancelled' });
  t.match(await host.exec('A', 'ip iplist', right), { is: 'cancelled' });
  t.strictSame(await host.discover(), []);
  const early = await open(t, bench);
  const [begun, searched] = [early.exec('X', 'ip iplist', right), early.discover()];
  await early.close();
  t.match(await begun, { is: 'cancelled' }, 'closed before its socket was open');
  t.strictSame(await searched, []);
});

t.test('two ants under one ANT-ID are not commanded, unless forced', async (t) => {
  const bench = await startAnts(t, [ant('A'), ant('A', { mac: '00-14-7F-00-00-02' })]);
  const host = await open(t, bench);
  const [found] = await host.discover();
  t.strictSame(found?.macs, ['00-14-7F-00-00-01', '00-14-7F-00-00-02']);
  await t.rejects(host.exec('A', 'ip iplist', ADMIN), { code: 'E_MDAP_CONFLICT' });
  t.match(await host.exec('A', 'ip iplist', ADMIN, { force: true }), { is: /done|refused|sequence/ });
});

t.test('a reply that comes to the asking socket counts, and one without TO-HOST does', async (t) => {
  const bench = await startAnts(t, [
    ant('A', { settings: { replyMode: 'unicast', replyToHost: false } }),
    ant('B', { settings: { replyToHost: false, doneStyle: 'DONE', doubleCheckOnDone: false } }),
  ]);
  const host = await open(t, bench);
  for (const antId of ['A', 'B'])
    t.match(await host.exec(antId, 'ip iplist', ADMIN), { is: 'done', output: /LocalNetwork/ });
});

t.test('a search ends when enough are found; requests that are heard back are no ants', async (t) => {
  const bench = await startAnts(t, [ant('A'), ant('B')]);
  const kinds: string[] = [];
  const host = await open(t, bench, { onMessage: ({ kind }) => kinds.push(kind) });
  const ants = await host.discover({ until: (found) => found.length >= 1 });
  t.equal(ants.length, 1);
  t.ok(kinds.includes('ANT-SEARCH'), 'it hears itself');
});

t.test('a host answers nothing, whatever it hears', async (t) => {
  const bench = await startAnts(t, []);
  const troubles: string[] = [];
  const host = await open(t, bench, { onTrouble: (message) => troubles.push(message) });
  const socket = createSocket('udp4');
  t.teardown(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.setMulticastInterface('127.0.0.1');
  let answers = 0;
  socket.on('message', () => answers++);
  const search = encodeMessage({ kind: 'ANT-SEARCH', version: '1.1', extra: [], body: undefined });
  for (const bytes of [search, Buffer.from('nonsense')]) socket.send(bytes, bench.port, bench.group);
  await until(() => troubles.length > 0, 'it reports nonsense');
  t.match(troubles, [/^E_MDAP_CHECK from 127\.0\.0\.1/]);
  t.equal(answers, 0);
  t.strictSame(host.fleet.list(), []);
});

t.test('a missing interface is reported', async (t) => {
  const opened = openMdapHost({ interfaces: ['192.0.2.77'], group: '239.255.77.7', port: 0 });
  await t.rejects(opened, { code: 'E_MDAP_INTERFACE' });
});

t.test('datagrams are paced, those of one ant and all', async (t) => {
  const rate = new Rate({ perAnt: 5, total: 200 });
  const now = 10_000;
  const first = Array.from({ length: 8 }, () => Math.round(rate.take(now, 'A')));
  t.strictSame(first, [0, 0, 0, 0, 0, 200, 400, 600]);
  t.equal(rate.take(now, 'B'), 0, 'another ant does not wait for it');
  const all = Array.from({ length: 250 }, () => rate.take(now));
  t.ok(Math.abs((all.at(-1) ?? 0) - (250 + 9 - 200) * 5) < 10, `${all.at(-1)}`);
  t.equal(rate.take(now + 60_000, 'A'), 0);
});

t.test('commands that take the ant away are known', async (t) => {
  for (const line of [
    'system reboot',
    ':system  reset factory yes',
    'software upgrade',
    'ip ipdelete addr=10.0.0.138',
  ])
    t.ok(mayStaySilent(line), line);
  t.ok(mayStaySilent('system config mdap=disabled'));
  for (const line of ['ip ipadd addr=1', 'system config led=off', 'software version', 'system rebooted'])
    t.notOk(mayStaySilent(line), line);
});
