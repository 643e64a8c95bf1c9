/** MDAP of a capture, played from both ends. */
import t, { type Test } from 'tap';
import type { Recorder } from '../../captures/record/record.ts';
import { openMdapHost } from '../../mdap/index.ts';
import {
  ALWAYS_IGNORED,
  createIgnores,
  type Recording,
  replayAsAnt,
  replayAsHost,
} from '../../replay/index.ts';
import type { Lan } from '../../simulator/index.ts';
import { createRandom, createUdpLan } from '../../simulator/index.ts';
import { recordToMemory } from '../support/capture/record-memory.ts';
import { recordingOf } from '../support/capture/replay-parts.ts';
import type { TestAnt } from '../support/lan/mdap-ants.ts';
import { GROUP, startAnts } from '../support/lan/mdap-ants.ts';

const IFACE = '127.0.0.1';
const USER = { user: 'Administrator', password: '' };
const ANTS: readonly TestAnt[] = [
  { antId: '0703KT3PP', mac: '00-14-7F-00-00-01' },
  { antId: '0703KT3PQ', mac: '00-14-7F-00-00-02' },
];
const LONG = { is: 'text', text: 'a line of a long answer\r\n'.repeat(200) } as const;

/** Writes down what is said to a group. */
async function listen(t: Test, recorder: Recorder, port: number): Promise<void> {
  const lan = createUdpLan({ iface: IFACE });
  const to = { address: GROUP, port };
  const joined = await lan.join(to, (bytes, from) => recorder.datagram(from, to, Buffer.from(bytes)));
  t.teardown(() => joined.close());
}

async function askAll(port: number, more: readonly string[] = []): Promise<void> {
  const settings = { search: { rounds: 1, interval: 50, wait: 800 } };
  const host = await openMdapHost({ interfaces: [IFACE], group: GROUP, port, settings });
  try {
    await host.discover();
    await host.info('0703KT3PP', USER);
    await host.exec('0703KT3PP', 'ip iplist', USER);
    await host.exec('0703KT3PQ', 'software version', USER);
    await host.exec('0703KT3PQ', 'config dump', USER);
    for (const line of more) await host.exec('0703KT3PQ', line, USER);
  } finally {
    await host.close();
  }
}

const dump: Pick<TestAnt, 'run'> = {
  run: ({ command }) => {
    if (command === undefined) return { is: 'facts', facts: new Map([['board', 'BANT-W'] as const]) };
    if (command === 'config dump') return LONG;
    return { is: 'text', text: `out of ${command}\r\n` };
  },
};

async function recorded(t: Test): Promise<Recording> {
  const bench = await startAnts(
    t,
    ANTS.map((ant) => ({ ...ant, ...dump })),
  );
  const { bytes, recorder } = recordToMemory();
  await listen(t, recorder, bench.port);
  await askAll(bench.port);
  return recordingOf(bytes());
}

const options = (port: number, lan: Lan = createUdpLan({ iface: IFACE })) => ({
  lan,
  iface: IFACE,
  group: { address: GROUP, port },
  speed: 'max' as const,
  timeoutMs: 3000,
  ignores: createIgnores(ALWAYS_IGNORED),
  signal: undefined,
  credentials: undefined,
});

const somePort = (): number => 20_000 + Math.floor(createRandom(`${process.pid} ${Date.now()}`)() * 12_000);

t.test(
  'the host of a capture finds no difference in ants of the same kind, also by other names',
  async (t) => {
    const recording = await recorded(t);
    const same = await startAnts(
      t,
      ANTS.map((ant) => ({ ...ant, ...dump })),
    );
    const report = await replayAsHost(recording, options(same.port));
    t.match(report, { role: 'host', same: true, differences: [], recorded: 5, played: 5 });
    t.strictSame(same.ran, [
      '0703KT3PP INFO',
      '0703KT3PP ip iplist',
      '0703KT3PQ software version',
      '0703KT3PQ config dump',
    ]);
    const others = await startAnts(t, [
      { antId: '0801AAAAA', mac: '00-14-7F-00-00-03', ...dump },
      { antId: '0801AAAAB', mac: '00-14-7F-00-00-04', ...dump },
    ]);
    t.match(await replayAsHost(recording, options(others.port)), { same: true, differences: [] });
    t.equal(others.ran.length, 4);
  },
);

t.test('what ants say otherwise is found at its place', async (t) => {
  const recording = await recorded(t);
  const run: TestAnt['run'] = (work) => {
    if (work.command === 'ip iplist') return { is: 'text', text: 'other\r\n' };
    if (work.command === 'software version') return { is: 'error', code: -3 };
    return dump.run?.(work) ?? { is: 'silence' };
  };
  const bench = await startAnts(
    t,
    ANTS.map((ant) => ({ ...ant, run, name: 'SpeedTouch 780' })),
  );
  const report = await replayAsHost(recording, options(bench.port));
  const places = report.differences.map(({ live, path, recorded }) => [path, recorded, live]);
  t.strictSame(places, [
    ['REPLY-ANT-SEARCH[0703KT3PP].ANT-NAME', 'SpeedTouch 585', 'SpeedTouch 780'],
    ['REPLY-ANT-SEARCH[0703KT3PQ].ANT-NAME', 'SpeedTouch 585', 'SpeedTouch 780'],
    ['EXEC-CLI(ip iplist).Output[0]', 'out of ip iplist', 'other'],
    ['EXEC-CLI(software version).Result', 'done', 'error -3'],
    ['EXEC-CLI(software version).Output[0]', 'out of software version', undefined],
  ]);
  const [first = { antId: '' }] = ANTS;
  const alone = await startAnts(t, [{ ...first, ...dump }]);
  const lacking = await replayAsHost(recording, { ...options(alone.port), timeoutMs: 1500 });
  t.match(lacking.differences, [
    { kind: 'missing', path: 'REPLY-ANT-SEARCH[0703KT3PQ]' },
    { path: 'EXEC-CLI(software version).Result', recorded: 'done', live: 'silence' },
  ]);
});

t.test('the ants of a capture answer a host as they did, and report what it asks differently', async (t) => {
  const recording = await recorded(t);
  const port = somePort();
  const asked = (more: readonly string[]) =>
    new Promise<void>((resolve, reject) => {
      replies.push(
        replayAsAnt(recording, {
          ...options(port),
          listening: () => void askAll(port, more).then(resolve, reject),
        }),
      );
    });
  const replies: ReturnType<typeof replayAsAnt>[] = [];
  await asked([]);
  t.match(await replies[0], { role: 'ant', same: true, differences: [], recorded: 5, played: 5 });
  await asked(['system reboot', 'nothing known']);
  const report = await replies[1];
  t.match(report?.differences, [
    { kind: 'added', path: 'EXEC-CLI(system reboot)', live: '0703KT3PQ' },
    { kind: 'added', path: 'EXEC-CLI(nothing known)' },
  ]);
  const never = await replayAsAnt(recording, { ...options(port), timeoutMs: 50 });
  t.strictSame(
    never.differences.map(({ kind, path }) => `${kind} ${path}`),
    [
      'missing INFO',
      'missing EXEC-CLI(ip iplist)',
      'missing EXEC-CLI(software version)',
      'missing EXEC-CLI(config dump)',
      'missing ANT-SEARCH',
    ],
  );
});
