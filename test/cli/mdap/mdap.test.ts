/** The commands that speak MDAP, against minimal ants on loopback multicast. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { startAnts } from '../../support/lan/mdap-ants.ts';
import { json, run, start, temporaryFolder } from '../../support/process/cli.ts';

const ANTS = [
  { antId: '0644JTHJ4', name: 'SpeedTouch 780', mac: '00-14-7F-AB-CD-EF' },
  { antId: '0703KT3PP', name: 'SpeedTouch 585', mac: '00-14-7F-12-34-56' },
];

t.test('discover lists what answers, and fails where too few do', async (t) => {
  const { argv } = await startAnts(t, ANTS);
  const table = await run(['mdap', 'discover', ...argv, '--timeout', '1']);
  t.equal(table.err, '');
  t.equal(table.code, 0);
  t.match(
    table.out,
    /^ANT {2,}NAME {2,}MAC .*\n0644JTHJ4 {2}SpeedTouch 780 {2}00-14-7F-AB-CD-EF {2}127\.0\.0\.1.*\n0703KT3PP/,
  );
  const found = json(await run(['mdap', 'discover', ...argv, '--expect', '2', '--json']));
  t.match(found, [{ antId: '0644JTHJ4', conflict: false, via: '127.0.0.1' }, { antId: '0703KT3PP' }]);
  const few = await run(['mdap', 'discover', ...argv, '--timeout', '1', '--expect', '3']);
  t.match(few, { code: 1, err: 'answers from 2 of 3 modems\n' });
  const none = await startAnts(t, []);
  t.match(await run(['mdap', 'discover', ...none.argv, '--timeout', '0.2', '--json']), {
    code: 1,
    out: '[]\n',
    err: 'no modem answers\n',
  });
  const twins = await startAnts(t, [{ antId: 'A' }, { antId: 'A', mac: '00-14-7F-00-00-02' }]);
  const both = await run(['mdap', 'discover', ...twins.argv, '--timeout', '1']);
  t.match(both, { code: 0, err: 'E_MDAP_CONFLICT: A is the ANT-ID of 2 modems\n' });
  t.match(await run(['mdap', 'exec', 'A', 'ip iplist', ...twins.argv]), { code: 1, err: /^E_MDAP_CONFLICT/ });
});

t.test('info tells what a modem tells of itself', async (t) => {
  const { argv } = await startAnts(t, ANTS);
  const shown = await run(['mdap', 'info', 'CP0703KT3PP', ...argv]);
  t.match(shown, {
    code: 0,
    err: '',
    out: /^ANT-ID {6}0703KT3PP\n(.*\n)*BOARD-NAME {2}BANT-W\nSW-VERSION {2}6\.2\.17\.5\n$/,
  });
  t.match(json(await run(['mdap', 'info', '0703KT3PP', ...argv, '--json'])), {
    ant: '0703KT3PP',
    mac: '00-14-7F-12-34-56',
    facts: [{ key: 'BOARD-NAME', value: 'BANT-W' }, {}],
  });
  const wrong = await run(['mdap', 'info', '0703KT3PP', ...argv, '--password', 'topsecret']);
  t.match(wrong, { code: 1, out: '', err: /^E_MDAP_CREDENTIALS/ });
  t.notMatch(wrong.err, /topsecret/);
  t.match(await run(['mdap', 'info', 'NOBODY', ...argv]), { code: 1, err: /^E_MDAP_ANT_UNKNOWN.*NOBODY/ });
});

t.test('exec runs a command on one, some and all', async (t) => {
  const { argv, ran } = await startAnts(t, ANTS);
  const one = await run(['mdap', 'exec', '0703KT3PP', 'ip iplist', ...argv]);
  t.match(one, { code: 0, err: '', out: 'Interface   IP-address\n1 LocalNetwork 192.168.1.254\n' });
  const all = await run(['mdap', 'exec', '--all', 'env get var=X', ...argv]);
  t.equal(
    all.out,
    '== 0644JTHJ4 SpeedTouch 780\n0644JTHJ4 env get var=X\n' +
      '== 0703KT3PP SpeedTouch 585\n0703KT3PP env get var=X\n',
  );
  const bad = await run(['mdap', 'exec', '0703KT3PP', '0644JTHJ4', 'no such', ...argv, '--json']);
  t.equal(bad.code, 1);
  t.match(json(bad), [
    { ant: '0703KT3PP', ok: false, steps: [{ command: 'no such', outcome: 'refused', code: -3 }] },
    { ant: '0644JTHJ4', ok: false },
  ]);
  const away = await run(['mdap', 'exec', '0703KT3PP', 'system reboot', ...argv]);
  t.match(away, { code: 0, out: '', err: /^0703KT3PP: sent/ });
  t.equal(ran.length, 6);
});

t.test('exec runs a script, each modem with its number, and asks once', async (t) => {
  const { argv, ran } = await startAnts(t, ANTS);
  const folder = await temporaryFolder(t);
  const script = path.join(folder, 'renumber.txt');
  await writeFile(
    script,
    ['# new addresses', '', 'ip ipadd addr=ask(network|192.168.1).24\x24{n}', 'no such', 'ip iplist'].join(
      '\n',
    ),
  );
  const asked = await run(['mdap', 'exec', '--all', '--script', script, ...argv], { input: '10.0.0\n' });
  t.equal(asked.code, 1);
  t.match(asked.err, /^network \[192\.168\.1\]: E_MDAP_REFUSED.*0644JTHJ4: -3/);
  t.strictSame(ran.sort(), [
    ...['0644JTHJ4 ip ipadd addr=10.0.0.241', '0644JTHJ4 no such'],
    ...['0703KT3PP ip ipadd addr=10.0.0.242', '0703KT3PP no such'],
  ]);
  ran.length = 0;
  const rest = ['--script', script, '--defaults', '--keep-going', '--first', '7', ...argv, '--json'];
  const going = await run(['mdap', 'exec', '0703KT3PP', ...rest]);
  t.match(json(going), [
    { ok: false, steps: [{ outcome: 'done' }, { code: -3 }, { output: /LocalNetwork/ }] },
  ]);
  t.equal(ran[0], '0703KT3PP ip ipadd addr=192.168.1.247');
  const input = 'ip rtlist\n';
  t.equal((await run(['mdap', 'exec', '--all', '--script', '-', ...argv], { input })).code, 0);
  const silent = await run(['mdap', 'exec', '--all', '--script', script, ...argv], { input: '' });
  t.match(silent, { code: 2, err: /E_USAGE.*no answer to "network"/ });
});

t.test('a shell carries out lines, knows its own, and takes over the prompt of the modem', async (t) => {
  const prompt = { is: 'text', text: 'in ip\r\n{Administrator}[ip]=>' } as const;
  const plain = { is: 'text', text: 'plain\r\n' } as const;
  const { argv, ran } = await startAnts(t, [
    {
      antId: 'A',
      run: ({ command }) =>
        command === 'ip' ? prompt : command === 'bad' ? { is: 'error', code: -3 } : plain,
    },
  ]);
  const input = '.help\nip\n\nlist\n.nope\nbad\n..\nexit\nnever\n';
  const ended = await run(['mdap', 'shell', 'A', ...argv], { input });
  t.equal(ended.code, 0);
  t.equal(ended.out, 'in ip\nplain\nplain\n');
  t.match(
    ended.err,
    new RegExp(
      [
        String.raw`\.quit {3}quit`,
        String.raw`\{Administrator\}=>\{Administrator\}\[ip\]=>`,
        String.raw`unknown command \.nope`,
        'E_MDAP_REFUSED',
      ].join(String.raw`[\s\S]*`),
    ),
  );
  t.strictSame(ran, ['A ip', 'A list', 'A bad', 'A ..']);
  const last = await run(['mdap', 'shell', 'A', ...argv, '--json'], { input: 'list\nbad\n' });
  t.equal(last.code, 1, 'the last command failed');
  t.match(
    last.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    [
      { command: 'list', outcome: 'done', output: 'plain\r\n' },
      { command: 'bad', outcome: 'refused', error: /E_MDAP_REFUSED/ },
    ],
  );
});

t.test('run has rule modules talk to the modems that they fit', async (t) => {
  const { argv, ran } = await startAnts(t, ANTS);
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'rules.mjs');
  await writeFile(
    file,
    `export default (on) => {
      on.ant({ name: /780/ }, async (ant) => { await ant.exec('ip rtlist'); });
      on.ant({ name: /585/ }, async (ant) => { await ant.exec('no such'); });
    };`,
  );
  const rows = await run(['mdap', 'run', file, ...argv, '--json']);
  t.equal(rows.code, 1);
  t.match(json(rows), [
    { ant: '0644JTHJ4', rules: 1, commands: [{ command: 'ip rtlist' }] },
    { ant: '0703KT3PP', rules: 1, error: /^E_MDAP_REFUSED/ },
  ]);
  t.strictSame(ran.sort(), ['0644JTHJ4 ip rtlist', '0703KT3PP no such']);
  t.match(
    (await run(['mdap', 'run', file, ...argv])).out,
    /^ANT .*RESULT\n0644JTHJ4 .*ok\n0703KT3PP .*E_MDAP_REFUSED/,
  );
  t.match(await run(['mdap', 'run', 'nothing.mjs', ...argv]), {
    code: 2,
    err: /^E_FILE_INVALID.*nothing\.mjs/,
  });
});

t.test('listen shows what others say, but no password', async (t) => {
  const { argv } = await startAnts(t, ANTS);
  const listener = start(['mdap', 'listen', ...argv, '--json']);
  t.match(JSON.parse(await listener.firstLine), { event: 'listening' });
  await run(['mdap', 'info', '0703KT3PP', ...argv, '--password', 'topsecret']);
  listener.signal();
  const { code, out } = await listener.end;
  t.equal(code, 0);
  const messages = out
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line).message);
  t.ok(messages.includes('ANT-SEARCH'));
  t.ok(
    messages.some((text) =>
      /^INFO SEQ-NR:1 TO-ANT:0703KT3PP USER-ID:Administrator USER-PWD:\*\*\*$/.test(text),
    ),
  );
  t.ok(messages.some((text) => /^REPLY-INFO .*SEQ-NR:-1$/.test(text)));
  t.notMatch(out, /topsecret/);
  t.equal((await run(['mdap', 'listen', ...argv, '--timeout', '0.05'])).code, 0, 'its time is over');
});

t.test('misuse ends with 2', async (t) => {
  const bad: readonly (readonly [readonly string[], RegExp])[] = [
    [['exec', 'A'], /E_USAGE: .*name the modems before/],
    [['exec'], /E_USAGE: .*expected a command line or --script/],
    [['exec', '--all', 'ip', 'iplist'], /E_USAGE: .*quotes/],
    [['exec', '--script', 'x'], /E_USAGE: .*name the modems/],
    [['exec', 'A', '--script', 'nothing.txt'], /E_FILE_INVALID: .*nothing\.txt/],
    [['discover', '--iface', 'nowhere0'], /E_MDAP_INTERFACE: .*no nowhere0; there are .*127\.0\.0\.1/],
    [['discover', '--group', '10.0.0.1'], /E_USAGE: .*multicast address/],
    [['discover', '--port', '0'], /E_USAGE/],
    [['info'], /E_USAGE/],
  ];
  for (const [argv, message] of bad) {
    const { code, out, err } = await run(['mdap', ...argv]);
    t.equal(code, 2, argv.join(' '));
    t.equal(out, '');
    t.match(err, message);
  }
});
