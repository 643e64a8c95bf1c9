import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { json, run, sampleDevice, start, temporaryFolder } from '../../support/process/cli.ts';
import { until } from '../../support/until.ts';

const LOCAL = ['--port', '0', '--host', '127.0.0.1'];

interface Listening {
  readonly event: string;
  readonly url: string;
  readonly pid: number;
}

/** The first line of `acs --json`. */
function listening(line: string): Listening {
  const event: Listening = JSON.parse(line.split('\n')[0] ?? '');
  return event;
}

t.test('acs prints where it listens, serves modems, and stops at a signal', async (t) => {
  const folder = await temporaryFolder(t);
  const data = path.join(folder, 'data');
  const acs = start(['acs', ...LOCAL, '--json', '--data', data]);
  const { event, url, pid } = listening(await acs.firstLine);
  t.equal(event, 'listening');
  t.equal(pid, process.pid);
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);

  const simulated = await run([
    'simulate',
    'cpe',
    '--acs',
    url,
    '--json',
    '--speed',
    '1000',
    '--seed',
    'acs-test',
  ]);
  t.match(json(simulated), { modems: 1, sessionsOk: 1, sessionsFailed: 0, givenUp: 0, seed: 'acs-test' });
  t.equal(simulated.code, 0);
  t.match(json(await run(['device', 'list', '--json', '--data', data])), [{ discovery: { state: 'done' } }]);

  acs.signal();
  const { code, out, err } = await acs.end;
  t.equal(code, 0);
  t.match(out, /^\{"event":"listening".*\}\n\{"event":"stopped"\}\n$/);
  for (const line of err.trimEnd().split('\n'))
    t.doesNotThrow(() => JSON.parse(line), 'the log is JSON lines');
  t.strictSame(await readdir(path.join(data, 'acs')), [], 'nothing says any more that it runs');
  t.strictSame(acs.aborted(), []);
});

t.test('a command with --wait gets its answer from the modem, through the server', async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', path.join(folder, 'data')];
  const acs = start(['acs', ...LOCAL, '--json', ...data, '--log-level', 'silent']);
  const { url } = listening(await acs.firstLine);
  const modem = start([
    ...['simulate', 'cpe', '--acs', url, '--sessions', '0', '--interval', '60'],
    ...['--speed', '600', '--seed', 'wait-test', '--profile', 'st585v6'],
  ]);
  t.teardown(() => modem.signal());
  let serial = '';
  await until(async () => {
    const [device] = JSON.parse((await run(['device', 'list', '--json', ...data])).out);
    serial = device?.deviceId.SerialNumber ?? '';
    return serial !== '';
  }, 'the modem has informed');
  const name = 'InternetGatewayDevice.DeviceInfo.ModelName';
  const got = await run(['get', serial, name, '--wait', '--timeout', '60', ...data]);
  t.match(got, {
    code: 0,
    out: /^Name +Value +Type\nInternetGatewayDevice\.DeviceInfo\.ModelName +\S.* string\n$/,
  });
  const bad = await run([
    'get',
    serial,
    'InternetGatewayDevice.Nothing',
    '--wait',
    '--timeout',
    '60',
    '--json',
    ...data,
  ]);
  t.match(bad, { code: 1, err: /E_TASK_FAILED.*9005/ });
  t.match(json(bad), { state: 'failed', fault: { FaultCode: 9005 } });

  modem.signal();
  t.match(await modem.end, { code: 0, err: '' });
  acs.signal();
  await acs.end;
});

t.test('a second signal ends it at once', async (t) => {
  const data = ['--data', path.join(await temporaryFolder(t), 'data')];
  const acs = start(['acs', ...LOCAL, '--json', ...data]);
  await acs.firstLine;
  acs.signal();
  acs.signal();
  t.strictSame(acs.aborted(), [130]);
  await acs.end;
});

t.test('an address in use and a folder of another kind are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', path.join(folder, 'data')];
  const first = start(['acs', ...LOCAL, '--json', ...data, '--store', 'yaml']);
  const { url } = listening(await first.firstLine);
  const second = await run([
    'acs',
    '--host',
    '127.0.0.1',
    '--port',
    new URL(url).port,
    '--data',
    path.join(folder, 'other'),
  ]);
  t.match(second, { code: 2, out: '', err: /E_ADDRESS_IN_USE/ });
  const other = await run(['acs', ...LOCAL, ...data, '--store', 'lmdb']);
  t.match(other, { code: 2, err: /E_DATA_IN_USE.*yaml/ });
  const third = start(['acs', ...LOCAL, '--json', ...data]);
  listening(await third.firstLine);
  for (const acs of [first, third]) {
    acs.signal();
    t.equal((await acs.end).code, 0, 'two servers share the folder, the second without --store and --queue');
  }
});

t.test('with everything in memory nothing is written', async (t) => {
  const folder = await temporaryFolder(t);
  const acs = start([
    'acs',
    ...LOCAL,
    '--json',
    '--data',
    path.join(folder, 'data'),
    '--store',
    'memory',
    '--queue',
    'memory',
  ]);
  listening(await acs.firstLine);
  t.strictSame(await readdir(folder), []);
  acs.signal();
  t.equal((await acs.end).code, 0);
});

t.test('modems have to know their password when they are to', async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', path.join(folder, 'data')];
  const file = path.join(folder, 'modems.txt');
  await writeFile(file, '\ufeff# the lab\r\n\r\nlab:se:cret\r\nother:x\n');
  for (const mode of ['basic', 'digest']) {
    const acs = start(['acs', ...LOCAL, '--json', ...data, '--auth', mode, '--credentials', file]);
    const { url } = listening(await acs.firstLine);
    const modem = ['simulate', 'cpe', '--acs', url, '--speed', '100000', '--retries', '0', '--json'];
    t.match(await run(modem), { code: 1 }, `${mode}: without`);
    t.match(
      await run([...modem, '--username', 'lab', '--password', 'wrong']),
      { code: 1 },
      `${mode}: a wrong one`,
    );
    t.match(
      await run([...modem, '--username', 'lab', '--password', 'se:cret']),
      { code: 0 },
      `${mode}: the right one`,
    );
    acs.signal();
    const { err } = await acs.end;
    t.notMatch(err, /se:cret/, 'no password is in the log');
  }
});

t.test('halves of settings are misuse', async (t) => {
  const folder = await temporaryFolder(t);
  const data = ['--data', path.join(folder, 'data')];
  await writeFile(path.join(folder, 'bad.txt'), 'fine:1\nnobody\n');
  await mkdir(path.join(folder, 'folder'));
  const bad: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
    [['--auth', 'digest'], /^E_CONFIG.*--auth digest needs/],
    [['--username', 'x', '--password', 'y'], /^E_CONFIG.*--auth/],
    [['--auth', 'basic', '--username', 'x'], /^E_CONFIG.*go together/],
    [['--auth', 'basic', '--username', 'x', '--credentials', 'y'], /cannot be used with/],
    [['--auth', 'none', '--credentials', path.join(folder, 'nothing')], /^E_FILE_INVALID.*nothing/],
    [
      ['--auth', 'basic', '--credentials', path.join(folder, 'bad.txt')],
      /^E_FILE_INVALID.*bad\.txt:2: expected username/,
    ],
    [['--tls-cert', 'x'], /^E_CONFIG.*--tls-key/],
    [['--tls-cert', path.join(folder, 'folder'), '--tls-key', 'x'], /^E_FILE_INVALID.*folder/],
    [['--store', 'paper'], /--store.*lmdb, yaml, memory/],
    [['--reply-style', 'loud'], /--reply-style.*learn, plain/],
    [['--session-timeout', '0'], /--session-timeout/],
    [['--max-body', '1'], /--max-body.*1024/],
    [['--port', '65536'], /--port/],
    [['--port', '1e3'], /--port/],
    [['extra'], /too many arguments/],
  ];
  for (const [argv, error] of bad)
    t.match(await run(['acs', ...LOCAL, ...data, ...argv]), { code: 2, out: '', err: error }, argv.join(' '));
  t.strictSame((await readdir(folder)).sort(), ['bad.txt', 'folder'], 'and no data folder was made');
});

t.test('on a terminal the log is for people', async (t) => {
  const data = path.join(await temporaryFolder(t), 'data');
  const acs = start(['acs', ...LOCAL, '--data', data, '--log-level', 'debug'], {
    columns: 80,
    colours: true,
  });
  await acs.untilErr((err) => err.includes('listening on'));
  const url = /listening on (\S+)/.exec(acs.errSoFar())?.[1] ?? '';
  await run(['device', 'import', '-', '--data', data], {
    input: JSON.stringify(sampleDevice('CP0644JTAAA')),
  });
  await run(['simulate', 'cpe', '--acs', url, '--speed', '1000']);
  acs.signal();
  const { code, out, err } = await acs.end;
  t.equal(code, 0);
  t.equal(out, '');
  t.match(err, /\d\d:\d\d:\d\d .*info .* session ended device=\S+ why=done/);
});

t.test('simulate cpe gives a server up that is not there', async (t) => {
  const gone = ['simulate', 'cpe', '--acs', 'http://127.0.0.1:1/', '--speed', '100000'];
  const json = await run([...gone, '--count', '2', '--retries', '1', '--json']);
  t.match(json, { code: 1, err: /a session failed[\s\S]*E_CONNECT.*127\.0\.0\.1:1/ });
  t.match(JSON.parse(json.out), { modems: 2, sessionsOk: 0, sessionsFailed: 4, givenUp: 2 });
  const table = await run([...gone, '--retries', '0']);
  t.match(table, { code: 1, out: /modems that gave up +1\n/ });
  const bad: readonly (readonly [argv: readonly string[], error: RegExp])[] = [
    [['simulate', 'cpe'], /^E_USAGE.*--acs URL is required/],
    [[...gone, '--quirk', 'Q-NO-01'], /^E_USAGE.*there is no such quirk/],
    [[...gone, '--listen', '127.0.0.1:99999'], /^E_USAGE.*--listen/],
    [['simulate', 'cpe', '--acs', 'localhost'], /http:\/\/ or https/],
    [[...gone, '--profile', 'speedtouch-9000'], /^E_CONFIG.*no profile speedtouch-9000; there are/],
    [[...gone, '--count', '0'], /--count/],
    [[...gone, '--username', 'x'], /^E_USAGE.*go together/],
  ];
  for (const [argv, error] of bad) t.match(await run(argv), { code: 2, out: '', err: error }, argv.join(' '));
});
