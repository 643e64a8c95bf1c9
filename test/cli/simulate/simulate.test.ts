import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { runAcs } from '../../support/acs/run-acs.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';
import { fixture } from '../../support/tree.ts';

const CPE = ['simulate', 'cpe'];
/** Nothing listens there. */
const GONE = [...CPE, '--acs', 'http://127.0.0.1:1/', '--speed', 'max'];
const pem = (name: string): string => fixture(`tls-${name}.pem`);

async function acsFor(test: { teardown: (end: () => Promise<void>) => void }, options = {}) {
  const acs = await runAcs(options);
  test.teardown(() => acs.stop());
  return acs;
}

t.test('each list is a table for people and a document for programs, of the same entries', async (t) => {
  const lists = [
    ['profiles', 'name', 'PROFILE', 'st780wl'],
    ['quirks', 'id', 'QUIRK', 'Q-NS-03'],
    ['faults', 'name', 'FAULT', 'latency'],
    ['scenarios', 'name', 'SCENARIO', 'boot-storm'],
  ] as const;
  for (const [list, key, title, one] of lists) {
    const table = await run([...CPE, '--list', list]);
    t.match(table, { code: 0, err: '' }, list);
    const [head = '', ...rows] = table.out.trimEnd().split('\n');
    t.ok(head.startsWith(`${title} `), `${list}: its head`);
    const document = await run([...CPE, '--list', list, '--json']);
    const entries: readonly Readonly<Record<string, unknown>>[] = JSON.parse(document.out);
    t.strictSame(
      rows.map((row) => row.split(' ')[0]),
      entries.map((entry) => entry[key]),
      `${list}: the same in both`,
    );
    t.ok(
      entries.some((entry) => entry[key] === one),
      `${list} has ${one}`,
    );
  }
});

t.test('two processes that share a fleet by --first have the modems of one that has them all', async (t) => {
  const serials = async (...more: string[]): Promise<string[]> => {
    const { url, store } = await acsFor(t);
    const profiles = ['--profile', 'st510v6', 'st716v5'];
    const ran = await run([...CPE, '--acs', url, '--speed', 'max', '--seed', 'fleet', ...profiles, ...more]);
    t.equal(ran.code, 0, ran.err);
    const found: string[] = [];
    for await (const { key } of store.list()) found.push(key);
    return found.sort();
  };
  const all = await serials('--count', '5');
  const low = await serials('--count', '2');
  const high = await serials('--count', '3', '--first', '2');
  t.equal(new Set(all).size, 5);
  t.strictSame([...low, ...high].sort(), all);
});

t.test(
  'modems are spread by --rate and --ramp-up, and no more sessions than --max-open at once',
  async (t) => {
    const { url, seen } = await acsFor(t);
    const many = [...CPE, '--acs', url, '--profile', 'st510v6', '--speed', 'max', '--json'];
    const at = async (...more: string[]): Promise<unknown> => json(await run([...many, ...more]));
    t.match(await at('--count', '6', '--rate', '2'), { ok: true, modems: 6, sessionsOk: 6 });
    t.match(await at('--count', '6', '--ramp-up', '30', '--seed', 'b'), {
      ok: true,
      modems: 6,
      sessionsOk: 6,
    });
    const from = seen.length;
    t.match(await at('--count', '6', '--max-open', '1', '--seed', 'c'), { ok: true, modems: 6 });
    let open = 0;
    for (const { is } of seen.slice(from)) {
      if (is === 'session-began') open += 1;
      if (is === 'session-ended') open -= 1;
      t.ok(open <= 1, 'one at a time');
    }
    t.equal(open, 0);
  },
);

t.test('--param sets what the factory sets; --quirk and --fault change what the ACS meets', async (t) => {
  const { url, store } = await acsFor(t);
  const ran = await run([
    ...[...CPE, '--acs', url, '--profile', 'st510v6', '--speed', 'max', '--json', '--interval', '77'],
    ...['--param', 'DeviceInfo.ProvisioningCode=a=b', '--quirk', 'q-ns-03,Q-HT-06', '--fault', 'slice:40'],
  ]);
  t.match(json(ran), { ok: true, sessionsOk: 1 }, ran.err);
  const records = [];
  for await (const record of store.list()) records.push(record);
  t.match(records, [{ quirks: { 'Q-NS-03': Number, 'Q-HT-06': Number } }]);
  const root = 'InternetGatewayDevice.';
  const values = new Map<string, string | undefined>();
  for await (const { name, value } of store.tree(records[0]?.key ?? '')) values.set(name, value);
  t.equal(values.get(`${root}DeviceInfo.ProvisioningCode`), 'a=b');
  t.equal(values.get(`${root}ManagementServer.PeriodicInformInterval`), '77');
});

t.test('a scenario takes what --with says, tells how it ended, and by its exit code', async (t) => {
  const { url } = await acsFor(t);
  const play = [...CPE, '--acs', url, '--profile', 'st510v6', '--speed', 'max'];
  const good = await run([
    ...play,
    '--scenario',
    'boot-storm',
    '--with',
    'seconds=2',
    '--count',
    '3',
    '--json',
  ]);
  t.match(good, { code: 0 });
  t.match(json(good), { scenario: 'boot-storm', ok: true, why: 'ended', modems: 3, reached: 3, wrong: [] });
  const table = await run([...play, '--scenario', 'factory-fresh', '--seed', 'x']);
  t.match(table, { code: 0, out: /^scenario +factory-fresh\nended +as expected\nmodems +1 of 1 / });
  // Whom the ACS takes without a password is not refused, as this scenario has it.
  const bad = await run([...play, '--scenario', 'wrong-credentials', '--speed', '1000', '--json']);
  t.match(bad, { code: 1 });
  t.match(json(bad), { ok: false, reached: 0 });
});

t.test('a server is trusted by --ca or --insecure, and identifies the modem by --cert', async (t) => {
  const tls = { cert: await readFile(pem('cert')), key: await readFile(pem('key')) };
  const { url } = await acsFor(t, { tls });
  const one = [...CPE, '--acs', url.replace('127.0.0.1', 'localhost'), '--profile', 'st510v6'];
  const cpe = [...one, '--speed', 'max', '--retries', '0'];
  t.match(await run(cpe), { code: 1, out: /modems that gave up +1\n/ }, 'without either');
  t.match(await run([...cpe, '--ca', pem('other-cert')]), { code: 1 }, 'another signed it');
  t.match(await run([...cpe, '--ca', pem('cert')]), { code: 0 });
  t.match(await run([...cpe, '--insecure']), { code: 0 });
  const own = ['--cert', pem('client-cert'), '--key', pem('client-key')];
  t.match(await run([...cpe, '--insecure', ...own]), { code: 0 });
});

t.test('an interruption ends modems that go on for ever, and is no failure', async (t) => {
  const { url, until } = await acsFor(t);
  const cpe = [...CPE, '--acs', url, '--profile', 'st510v6', '--sessions', '0', '--interval', '30'];
  const endless = start([...cpe, '--speed', '600', '--json']);
  let ended = 0;
  await until(({ is }) => is === 'session-ended' && ++ended === 2);
  endless.signal();
  const ran = await endless.end;
  t.equal(ran.code, 0, ran.err);
  t.match(json(ran), { modems: 1, givenUp: 0 });
});

t.test('on a terminal it is shown how they fare, drawn over itself and cleared at the end', async (t) => {
  const { url, until } = await acsFor(t);
  const cpe = [...CPE, '--acs', url, '--profile', 'st510v6', '--sessions', '0', '--interval', '30'];
  const watched = start([...cpe, '--count', '3', '--speed', '600'], { columns: 100, colours: true });
  let ended = 0;
  await until(({ is }) => is === 'session-ended' && ++ended === 20);
  await watched.untilErr((err) => err.includes('p50 '));
  watched.signal();
  const { code, err, out } = await watched.end;
  t.equal(code, 0, err);
  t.match(err, /\d of 3 modems done, 3 switched on, \d sessions? open/);
  t.match(err, /\d+ sessions, \d+\/s, 0 failed/);
  t.match(err, /p50 [\d.]+ ms, p95 [\d.]+ ms, p99 [\d.]+ ms, max [\d.]+ ms/);
  t.ok(err.endsWith('\r\u001b[J'), 'nothing of it stays');
  t.match(stripVTControlCharacters(out), /successful sessions +\d+\n/);
});

t.test('values that cannot be meant are misuse, and say what is wanted', async (t) => {
  const folder = await temporaryFolder(t);
  const broken = path.join(folder, 'broken.json');
  await writeFile(broken, '{"no": "profile"}');
  const storm = ['--scenario', 'boot-storm'];
  const bad: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
    [['--list', 'modems'], /--list.*profiles, quirks, scenarios, faults/],
    [['--param', 'DeviceInfo.ProvisionCode=x'], /^E_PARAMETER_UNKNOWN.*st780wl has no .*ProvisionCode/],
    [['--quirk', 'Q-XX-99'], /^E_USAGE.*Q-XX-99.*no such quirk.*--list quirks/],
    [['--fault', 'nonsense'], /^E_USAGE.*nonsense.*there are latency, jitter/],
    [['--fault', 'latency:soon'], /^E_USAGE.*latency:soon.*milliseconds/],
    [['--param', 'Name'], /^E_USAGE.*--param Name: expected NAME=VALUE/],
    [['--param', '=1'], /^E_USAGE.*--param =1: expected NAME=VALUE/],
    [['--with', 'a=1'], /^E_USAGE.*--scenario/],
    [['--scenario', 'nope'], /no scenario nope/],
    [[...storm, '--with', 'nope=1'], /nope/],
    [[...storm, '--with', 'seconds=soon'], /seconds/],
    [[...storm, '--sessions', '2'], /cannot be used with/],
    [['--scenario', 'moved-acs'], /\bto\b/],
    [['--rate', '5', '--ramp-up', '3'], /cannot be used with/],
    [['--rate', '0'], /--rate.*above 0/],
    [['--ramp-up', 'long'], /--ramp-up.*above 0/],
    [['--max-open', '0'], /--max-open.*from 1/],
    [['--speed', 'fast'], /--speed.*above 0, or max/],
    [['--first', '-1'], /--first.*whole number/],
    [['--interval', '0'], /--interval.*from 1/],
    [['--listen', 'here:99999'], /^E_USAGE.*--listen here:99999/],
    [['--listen', '[::1'], /^E_USAGE.*--listen/],
    [['--ca', path.join(folder, 'none.pem')], /none\.pem/],
    [['--cert', 'x'], /^E_USAGE.*--cert and --key/],
    [['--profile', 'st706@9.9'], /st706@9\.9|9\.9/],
    [['--profile', broken], /broken\.json/],
  ];
  for (const [argv, error] of bad)
    t.match(await run([...GONE, ...argv]), { code: 2, out: '', err: error }, argv.join(' '));
});
