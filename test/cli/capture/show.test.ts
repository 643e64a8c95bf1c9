/** `modemlab capture`: what a person and a program get of a capture. */
import { execFile, spawnSync } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { createStory } from '../../../captures/story/story.ts';
import { progressLine } from '../../../cli/capture/progress.ts';
import { INFORM, sessionOf } from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf } from '../../../scripts/captures/packets.ts';
import { captureFile } from '../../support/capture/capture-files.ts';
import { run, start, temporaryFolder } from '../../support/process/cli.ts';

const hostile = '</script><script>document.title="broken"</script>';
const frames = framesOf([
  ...packetsOf(
    sessionOf([
      [
        { kind: 'request', rpc: 'GetParameterValues', args: { ParameterNames: ['A.B'] } },
        {
          kind: 'response',
          rpc: 'GetParameterValues',
          args: { ParameterList: [{ Name: 'A.B', Value: hostile, Type: 'string' }] },
        },
      ],
      [
        { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } },
        { kind: 'fault', fault: { FaultCode: 9001, FaultString: 'no', SetParameterValuesFault: [] } },
      ],
    ]),
    PLAIN,
  ),
  ...packetsOf(sessionOf([], { cookie: 'other=1' }), { ...PLAIN, clientPort: 50_001 }),
]);
const file = captureFile(frames, { format: 'pcapng', order: 'little', microseconds: false, gzip: true });

t.test('one line a message, then the sessions', async (t) => {
  const folder = await temporaryFolder(t);
  const name = path.join(folder, 'a.pcapng.gz');
  await writeFile(name, file);
  const { code, err, out } = await run(['capture', 'show', name]);
  t.equal(code, 0, err);
  const lines = out.split('\n');
  t.equal(lines[0], '2023-11-14 (UTC)');
  t.match(
    lines[1],
    /^22:13:20\.003 {2}#1 {4}CWMP {3}192\.0\.2\.2:50000 > 192\.0\.2\.1:7547 {2}Inform {2}1 BOOT, serial CP0644JTSGR, 2 values {2}Q-VL-07$/,
  );
  t.match(out, /Fault {2}9001 no\n/);
  t.match(out, /\n {6}2 {2}00147F-SpeedTouch%20780-CP0644JTSGR .* ended\n/);
  const same = await run(['capture', 'show', '-'], { input: file });
  t.equal(same.out, out, 'standard input gives the same');
  const narrow = await run(['capture', 'show', name], { columns: 110 });
  t.ok(
    narrow.out.split('\n').every((line) => line.length <= 110),
    'lines fit the terminal',
  );
});

t.test('a session, a device, and the whole of what was said', async (t) => {
  const show = (...options: string[]) => run(['capture', 'show', '-', ...options], { input: file });
  const second = await show('--session', '2');
  t.match(second.out, /#2/);
  t.notMatch(second.out, /#1/);
  t.match((await show('--device', 'CP0644JTSGR')).out, /#1 .*Inform/);
  t.notMatch((await show('--device', 'other')).out, /Inform/);
  const full = await show('--full', '--session', '1');
  t.match(full.out, /Q-VL-07: No time zone/);
  t.match(full.out, /SerialNumber/);
  t.match(full.out, /A\.B {2,}<\/script>/);
});

t.test('--json is one document', async (t) => {
  const { out } = await run(['capture', 'show', '-', '--json'], { input: file });
  const shown = JSON.parse(out);
  t.equal(shown.records.length, 12);
  t.match(shown.records[0], { protocol: 'CWMP', what: 'Inform', decoded: { message: INFORM } });
  t.match(shown.sessions, [
    { number: 1, posts: 4, faults: 1, state: 'ended' },
    { number: 2, posts: 2 },
  ]);
  t.match(shown.capture, { format: 'pcapng', frames: { frames: frames.length }, fault: null });
  const none = await run(['capture', 'show', '-', '--json', '--session', '9'], { input: file });
  t.match(JSON.parse(none.out), { records: [], sessions: [] });
});

t.test('a file that is cut off is shown up to that point; what is not a capture is refused', async (t) => {
  const plain = captureFile(frames, { format: 'pcap', order: 'big', microseconds: true, gzip: false });
  const cut = await run(['capture', 'show', '-', '--json'], { input: plain.subarray(0, plain.length - 5) });
  t.equal(cut.code, 1);
  t.match(cut.err, /E_CAPTURE_CUT: .* at byte \d+/);
  t.equal(JSON.parse(cut.out).records.length, 12);
  t.match(await run(['capture', 'show', '-'], { input: 'no capture' }), { code: 2, err: /E_CAPTURE_FORMAT/ });
  t.match(await run(['capture', 'show', '/no/such/file']), { code: 2, err: /E_FILE_INVALID.*no such file/ });
});

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version']).status === 0,
);

t.test('the page lists sessions, opens a message, and what a modem sent stays text', async (t) => {
  const folder = await temporaryFolder(t);
  const page = path.join(folder, 'a.html');
  const { code, err } = await run(['capture', 'show', '-', '--html', page], { input: file });
  t.equal(code, 0, err);
  const text = await readFile(page, 'utf8');
  t.equal(text.includes(hostile), false);
  t.notMatch(text, /(src|href)="?https?:/, 'nothing is fetched');
  if (chromium === undefined) {
    t.comment('chromium is not installed: the page is not opened');
    return;
  }
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    // It is alone with the page.
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--enable-logging=stderr',
    `--user-data-dir=${folder}/profile`,
    '--dump-dom',
  ];
  const { stderr, stdout } = await promisify(execFile)(chromium, [...args, `file://${page}#m4`], {
    timeout: 120_000,
    maxBuffer: 1e8,
  });
  t.notMatch(stderr, /CONSOLE/, 'no console error');
  t.match(stdout, /<title>standard input<\/title>/);
  t.equal(stdout.match(/<button data-key="s\d"/g)?.length, 2, 'two sessions are listed');
  t.match(
    stdout,
    /<div class="open">.*GetParameterValuesResponse/s,
    'the message named by the address is open',
  );
  t.match(stdout, /class="m cpe faulty"/);
});

t.test('what a server and its modem record of the same sessions tells the same story', async (t) => {
  const folder = await temporaryFolder(t);
  const at = (name: string): string => path.join(folder, name);
  const kept = ['--store', 'memory', '--queue', 'memory', '--data', at('data')];
  const acs = start([
    'acs',
    '--host',
    '127.0.0.1',
    '--port',
    '0',
    '--json',
    '--record',
    at('acs.pcapng'),
    ...kept,
  ]);
  const { url } = JSON.parse(await acs.firstLine);
  const modems = await run([
    'simulate',
    'cpe',
    '--acs',
    url,
    '--speed',
    '1000',
    '--listen',
    'none',
    '--record',
    at('cpe.pcapng'),
  ]);
  t.equal(modems.code, 0, modems.err);
  acs.signal();
  t.equal((await acs.end).code, 0);
  const shown = await Promise.all(
    ['acs.pcapng', 'cpe.pcapng'].map(async (name) => {
      const { code, out } = await run(['capture', 'show', at(name), '--json']);
      t.equal(code, 0, name);
      const { records, sessions } = JSON.parse(out);
      return {
        sessions: sessions.map(({ device, state }: Record<string, unknown>) => [device, state]),
        records: records.map(({ from, raw, to, what }: Record<string, unknown>) => ({ from, raw, to, what })),
      };
    }),
  );
  t.ok(shown[0]?.sessions.length > 0, 'there are sessions');
  t.ok(shown[0]?.records.some(({ what }: Record<string, unknown>) => what === 'GetParameterNames'));
  t.strictSame(shown[0], shown[1]);
  t.match((await run(['capture', 'show', at('acs.pcapng')])).out, /Inform {2}.* serial /);
  t.match((await readFile(at('acs.pcapng'))).toString('latin1'), /modemlab: session 1, \S+, CPE: Inform/);
  const refused = await run(['acs', '--port', '0', '--record', at('none/a.pcapng'), ...kept]);
  t.match(refused, { code: 2, err: /E_FILE_INVALID/ });
});

t.test('a terminal shows how much of a large file has been read; nothing else does', async (t) => {
  const folder = await temporaryFolder(t);
  const made = spawnSync('mkfifo', [path.join(folder, 'slow')]);
  if (made.status !== 0) return t.comment('there is no mkfifo');
  const plain = captureFile(frames, { format: 'pcapng', order: 'little', microseconds: false, gzip: false });
  const slow = path.join(folder, 'slow');
  const shown = start(['capture', 'show', slow, '--json'], { colours: true });
  const pipe = await open(slow, 'w');
  await pipe.write(plain.subarray(0, plain.length / 2));
  await shown.untilErr((err) => err.includes('frames'));
  t.match(shown.errSoFar(), /0\.0 MiB, \d+ frames, 1 session$/);
  await pipe.write(plain.subarray(plain.length / 2));
  await pipe.close();
  const { code, err, out } = await shown.end;
  t.equal(code, 0);
  t.equal(JSON.parse(out).sessions.length, 2);
  t.ok(err.endsWith('\r\u001b[J'), 'the line is gone in the end');
  const story = createStory();
  t.equal(progressLine(3 * 2 ** 20, 12 * 2 ** 20, story), '3.0 of 12 MiB (25 %), 0 frames, 0 sessions');
});
