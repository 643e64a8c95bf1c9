/** `--record` of the commands of the LAN side: both ends of a bench are on the record with the same story. */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { openUdp } from '../../../mdap/datagram-port.ts';
import { noTshark, wireshark } from '../../support/capture/capture-files.ts';
import { startAnts } from '../../support/lan/mdap-ants.ts';
import { run, start, temporaryFolder } from '../../support/process/cli.ts';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const none = { onDatagram: () => undefined, onError: () => undefined };
  const port = await openUdp({ listen: { address: '127.0.0.1', port: 0 } }, none);
  await port.close();
  return port.local.port;
}

/** What `capture show` tells of a file. */
async function storyOf(file: string): Promise<readonly StoryRecord[]> {
  const shown = await run(['capture', 'show', file, '--json']);
  if (shown.code !== 0) throw new Error(shown.err);
  return JSON.parse(shown.out).records;
}

const lines = (records: readonly StoryRecord[]): readonly string[] =>
  records.map(({ from, to, protocol, what }) => `${protocol} ${what} ${from} > ${to}`);

t.test('each command that speaks MDAP records what it sends and hears', async (t) => {
  const folder = await temporaryFolder(t);
  const bench = await startAnts(t, [{ antId: '0703KT3PP' }]);
  const { argv, group, port } = bench;
  const file = path.join(folder, 'said.pcapng');
  const rules = path.join(folder, 'rules.mjs');
  await writeFile(
    rules,
    "export default (on) => on.ant({}, async (ant) => { await ant.exec('ip iplist'); });\n",
  );
  const asked = ['ANT-SEARCH', 'REPLY-ANT-SEARCH'];
  const commanded = [...asked, 'EXEC-CLI', 'REPLY-EXEC-CLI'];
  for (const [words, kinds] of [
    [['discover', '--expect', '1'], asked],
    [
      ['info', '0703KT3PP'],
      [...asked, 'INFO', 'REPLY-INFO'],
    ],
    [['exec', '0703KT3PP', 'ip iplist'], commanded],
    [['shell', '0703KT3PP'], commanded],
    [['run', rules], commanded],
  ] as const) {
    const ran = await run(['mdap', ...words, ...argv, '--record', file], { input: 'ip iplist\n' });
    t.equal(ran.code, 0, `${words[0]}: ${ran.err}`);
    const records = await storyOf(file);
    t.strictSame([...new Set(records.map(({ what }) => what))], kinds, words[0]);
    t.ok(
      records.every(({ from, to, protocol }) => protocol === 'MDAP' && (from + to).includes('127.0.0.1:')),
      'with the addresses of the interface',
    );
    t.equal(records[0]?.to, `${group}:${port}`);
    const requests = records.filter(({ what }) => what === 'EXEC-CLI').map(({ telling }) => telling);
    t.equal(new Set(requests).size, requests.length, 'what comes back from the group is not recorded again');
  }
  const listening = start(['mdap', 'listen', ...argv, '--json', '--record', file]);
  await listening.firstLine;
  await run(['mdap', 'discover', '--expect', '1', ...argv]);
  for (let tries = 0; !listening.errSoFar() && tries < 3; tries += 1)
    await run(['mdap', 'discover', '--expect', '1', ...argv]);
  listening.signal();
  t.equal((await listening.end).code, 0);
  t.match(lines(await storyOf(file)), [/^MDAP ANT-SEARCH 127.*> 239/, /^MDAP REPLY-ANT-SEARCH/]);
  t.match(await run(['mdap', 'discover', ...argv, '--record', path.join(folder, 'no', 'such')]), {
    code: 2,
    err: /^E_FILE_INVALID.*no\/such/,
  });
});

t.test('a flashing is the same story at both ends, and Wireshark reads it', async (t) => {
  const folder = await temporaryFolder(t);
  const files = { host: path.join(folder, 'host.pcapng'), ants: path.join(folder, 'ants.pcapng') };
  const image = path.join(folder, 'new.bli');
  await run(['file', 'make-image', '--board', 'BANT-W', '--version', '6.2.29.2', '--out', image]);
  const plan = path.join(folder, 'plan.yaml');
  await writeFile(plan, 'version: 1\nimages: [new.bli]\nrules: [{ name: one }]\n');
  const [mdap, bootp, tftp] = [await freePort(), await freePort(), await freePort()];
  const ports = [
    '--group',
    '239.255.44.8',
    '--port',
    `${mdap}`,
    '--bootp-port',
    `${bootp}`,
    '--tftp-port',
    `${tftp}`,
  ];
  const ants = start([
    ...['simulate', 'ant', '--speed', '50', '--client-port', '0', '--bootp-server', '127.0.0.1'],
    ...[...ports, '--record', files.ants],
  ]);
  t.teardown(() => ants.signal());
  await ants.firstLine;
  const flashed = await run([
    ...['mdap', 'flash', '--plan', plan, '--iface', '127.0.0.1', '--expect', '1'],
    ...[...ports, '--record', files.host],
  ]);
  t.equal(flashed.code, 0, flashed.err);
  ants.signal();
  t.equal((await ants.end).code, 0);
  const stories = { host: await storyOf(files.host), ants: await storyOf(files.ants) };
  // A modem that is away hears nothing, so that a request may be sent again.
  const once = (records: readonly StoryRecord[]): readonly string[] => [...new Set(lines(records))].sort();
  t.strictSame(once(stories.host), once(stories.ants));
  for (const records of Object.values(stories)) {
    const kinds = records
      .filter(({ protocol }) => protocol !== 'MDAP')
      .map(({ protocol, what }) => `${protocol} ${what}`);
    t.strictSame([...new Set(kinds)].sort(), [
      'BOOTP BOOTREPLY',
      'BOOTP BOOTREQUEST',
      'TFTP RRQ',
      'TFTP transfer done',
    ]);
    t.match(
      records.find(({ what }) => what === 'transfer done'),
      { telling: /new\.bli, 65884 bytes, 129 blocks/ },
    );
    t.strictSame(
      records.flatMap(({ breaches }) => breaches),
      [],
    );
  }
  if (noTshark !== false) return t.comment(noTshark);
  for (const file of Object.values(files)) {
    const known = ['-d', `udp.port==${bootp},bootp`, '-d', `udp.port==${tftp},tftp`];
    const tshark = (filter: string) => wireshark('tshark', ['-r', file, ...known, '-Y', filter]);
    const count = async (filter: string) => (await tshark(filter)).trim().split('\n').length;
    t.equal(await tshark('_ws.malformed || udp.checksum.status == "Bad"'), '');
    t.ok((await count('dhcp')) >= 2);
    t.ok((await count('tftp')) >= 1 + 2 * 129);
    t.match(await tshark('frame.comment contains "modemlab: MDAP EXEC-CLI"'), /239\.255\.44\.8/);
  }
});
