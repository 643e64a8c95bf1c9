/** `modemlab capture record`: a whole session through the proxy is the session that both ends had. */
import net from 'node:net';
import path from 'node:path';
import t from 'tap';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { noTshark, wireshark } from '../../support/capture/capture-files.ts';
import type { Running } from '../../support/process/cli.ts';
import { run, start, temporaryFolder } from '../../support/process/cli.ts';
import { fixture } from '../../support/tree.ts';

const SERVER = ['--tls-cert', fixture('tls-server-cert.pem'), '--tls-key', fixture('tls-server-key.pem')];
const CA = fixture('tls-ca.pem');
const MODEM = ['simulate', 'cpe', '--listen', 'none', '--speed', 'max', '--json'];

/** What the first line of JSON says. */
const listening = async (proxy: Running) => JSON.parse((await proxy.firstLine).split('\n')[0] ?? '');

const eventsOf = (out: string) =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

for (const [name, own, trust] of [
  ['plain', [], []],
  ['TLS on the side of the modem', SERVER, ['--ca', CA]],
] as const)
  t.test(`two modems discovered through the proxy, ${name}: each message is recorded once`, async (t) => {
    const acs = await runAcs();
    t.teardown(() => acs.stop());
    const file = path.join(await temporaryFolder(t), 'said.pcapng');
    const to = new URL('/cwmp', acs.url).href;
    const proxy = start([
      ...['capture', 'record', '--proxy', '127.0.0.1:0', '--to', to, '-o', file, '--json', ...own],
    ]);
    const { event, url } = await listening(proxy);
    t.equal(event, 'listening');
    t.match(url, own.length === 0 ? /^http:\/\/127.*\/cwmp$/ : /^https:\/\/127.*\/cwmp$/);
    const modems = await run([...MODEM, '--acs', url, '--count', '2', ...trust]);
    t.equal(modems.code, 0, modems.err);
    proxy.signal();
    const { code, out } = await proxy.end;
    t.equal(code, 0);
    const events = eventsOf(out);
    t.match(events.at(-1), { event: 'stopped', open: 0, failed: 0 });
    const opened = events.filter((one) => one.event === 'opened');
    t.match(
      events.filter((one) => one.event === 'closed'),
      opened.map(() => ({ how: /finished|stopped/, bytes: { modem: Number, acs: Number } })),
    );
    const { records, sessions } = JSON.parse((await run(['capture', 'show', file, '--json'])).out);
    t.equal(sessions.length, 2);
    const ended = { device: /SpeedTouch/, state: 'ended', acs: `127.0.0.1:${acs.port}` };
    t.match(sessions, [ended, ended]);
    const informs = records.filter(({ what }: StoryRecord) => what === 'Inform');
    t.strictSame(
      informs.map(({ from }: StoryRecord) => from).sort(),
      opened.map(({ modem }) => modem).sort(),
      'once, from the modem itself',
    );
    if (noTshark !== false) return t.comment(noTshark);
    const tshark = (...args: string[]) =>
      wireshark('tshark', ['-r', file, '-d', `tcp.port==${acs.port},http`, ...args]);
    t.equal(await tshark('-Y', '_ws.malformed || tcp.analysis.flags || tcp.checksum.status == "Bad"'), '');
    const posts = (await tshark('-Y', 'http.request')).trim().split('\n').length;
    t.equal(posts, sessions[0].posts + sessions[1].posts);
    t.match(await tshark('-q', '-z', 'follow,tcp,ascii,0'), /POST \/cwmp HTTP\/1\.1[\s\S]*InformResponse/);
    t.match(await tshark('-Y', 'frame.comment contains "connection 1 of the proxy"'), /SYN/);
  });

t.test('an ACS that speaks TLS: certificates count, unless any will do', async (t) => {
  const folder = await temporaryFolder(t);
  const acs = start([
    ...['acs', '--host', '127.0.0.1', '--port', '0', '--store', 'memory', '--queue', 'memory', '--json'],
    ...['--log-level', 'error', ...SERVER],
  ]);
  t.teardown(() => acs.signal());
  const { url: to } = await listening(acs);
  for (const [trust, fine] of [
    [['--tls-ca', CA], true],
    [['--insecure'], true],
    [[], false],
  ] as const) {
    const file = path.join(folder, `${trust[0] ?? 'none'}.pcapng`);
    const proxy = start(['capture', 'record', '--proxy', '127.0.0.1:0', '--to', to, '-o', file, ...trust]);
    await proxy.untilErr((err) => err.includes('forwards to'));
    const url = /http:\/\/\S+/.exec(proxy.errSoFar())?.[0] ?? '';
    const modem = await run([...MODEM, '--acs', url, '--retries', '0']);
    t.equal(modem.code, fine ? 0 : 1);
    proxy.signal();
    const { err } = await proxy.end;
    t.match(
      err,
      fine ? / 0 failed, \d{4,} bytes\n$/ : /: the ACS cannot be reached: .*certificate[\s\S]* 1 failed/,
    );
    const { records, sessions } = JSON.parse((await run(['capture', 'show', file, '--json'])).out);
    t.equal(sessions.length, fine ? 1 : 0);
    if (!fine) t.match(records, [{ protocol: 'comment', what: /^the ACS cannot be reached/ }, {}]);
  }
});

t.test('a terminal shows the counts while it runs, and what goes wrong in lines of their own', async (t) => {
  const spare = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => spare.once('listening', resolve));
  const address = spare.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await new Promise((resolve) => spare.close(resolve));
  const file = path.join(await temporaryFolder(t), 'said.pcapng');
  const proxy = start(
    ['capture', 'record', '--proxy', '127.0.0.1:0', '--to', `http://127.0.0.1:${port}/`, '-o', file],
    { columns: 100, colours: true },
  );
  const until = (text: RegExp): Promise<void> => proxy.untilErr((err) => text.test(err));
  await until(/0 connections open/);
  const [, own = ''] = /127\.0\.0\.1:(\d+)\/ forwards to/.exec(proxy.errSoFar()) ?? [];
  const modem = net.connect(Number(own), '127.0.0.1').on('error', () => undefined);
  await until(/\n?.*127\.0\.0\.1:\d+: the ACS cannot be reached: .*ECONNREFUSED.*\n/);
  await until(/1 failed/);
  modem.destroy();
  proxy.signal();
  const { code, err } = await proxy.end;
  t.equal(code, 0);
  t.match(err, /0 connections open, 0 ended, 1 failed, 0 bytes\n$/);
});

t.test('impossible options are refused before anything listens', async (t) => {
  const folder = await temporaryFolder(t);
  const file = path.join(folder, 'said.pcapng');
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const at = ['--proxy', '127.0.0.1:0'];
  const to = ['--to', 'http://127.0.0.1:1/'];
  const out = ['-o', file];
  for (const [args, says] of [
    [[...at, ...to], /E_USAGE.*--out/],
    [[...at, ...out], /E_USAGE.*--to/],
    [[...to, ...out], /E_USAGE.*--proxy/],
    [['--proxy', '1:2:3', ...to, ...out], /HOST:PORT/],
    [[...at, '--to', 'acs', ...out], /http:\/\/ or https:\/\//],
    [[...at, ...to, ...out, '--insecure'], /^E_CONFIG.*https/],
    [[...at, ...to, ...out, '--tls-cert', 'x'], /^E_CONFIG.*--tls-key/],
    [[...at, ...to, ...out, '--tls-cert', CA, '--tls-key', CA], /^E_CONFIG/],
    [['--proxy', `127.0.0.1:${port}`, ...to, ...out], /^E_ADDRESS_IN_USE/],
    [[...at, ...to, '-o', folder], /^E_FILE_INVALID/],
  ] as const)
    t.match(await run(['capture', 'record', ...args]), { code: 2, err: says }, args.join(' '));
});
