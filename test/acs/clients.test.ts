import { setImmediate } from 'node:timers/promises';
import type { Test } from 'tap';
import t from 'tap';
import type { AcsEvent } from '../../acs/acs-events.ts';
import { deviceKey } from '../../acs/device-key.ts';
import { openQueue } from '../../acs/queue/open.ts';
import { modelOf } from '../../acs/session/reply-style.ts';
import { openStore } from '../../acs/store/open.ts';
import type { DeviceRecord, DeviceStore } from '../../acs/store/store.ts';
import type { Asked, Tree } from '../../peers/clients/client.ts';
import { ClientSession } from '../../peers/clients/client.ts';
import type { KnownClient } from '../../peers/clients/known.ts';
import { cwmpSim, easycwmp, genieacsSim, netcwmp, thomson } from '../../peers/clients/known.ts';
import type { TestAcs } from '../support/acs/run-acs.ts';
import { runAcs } from '../support/acs/run-acs.ts';

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

const keyOf = ({ identity }: KnownClient): string => deviceKey(identity);
const VERSION = '3.4.1-r7';
const modelKeyOf = ({ identity }: KnownClient): string => modelOf(identity, VERSION);

/** How the sessions of a device ended, in their order. */
const endsOf = (seen: readonly AcsEvent[], peer: KnownClient): readonly string[] =>
  seen.flatMap((seen) => (seen.is === 'session-ended' && seen.device === keyOf(peer) ? [seen.why] : []));

async function recordOf(store: DeviceStore, peer: KnownClient): Promise<DeviceRecord> {
  const record = await store.get(keyOf(peer));
  if (record === undefined) throw new Error(`no device ${keyOf(peer)}`);
  return record;
}

const shown = (tree: Tree): readonly string[] =>
  [...tree].map(([name, { value, type, writable }]) => `${name}=${value} ${type} ${writable}`).sort();

/** Leaves that are kept of a device, but for names that no tree lists. */
async function kept(store: DeviceStore, peer: KnownClient): Promise<readonly string[]> {
  const leaves: string[] = [];
  for await (const { name, value, type, writable } of store.tree(keyOf(peer)))
    if (!name.endsWith('.') && writable !== undefined) leaves.push(`${name}=${value} ${type} ${writable}`);
  return leaves.sort();
}

/** Its first session: the device is known, with its whole tree. */
async function discovers(t: Test, acs: TestAcs, peer: KnownClient): Promise<void> {
  const played = await ClientSession.play(acs.port, peer, { events: [{ code: '0 BOOTSTRAP' }] });
  t.equal(played.end, 'empty');
  t.equal(played.answers.at(-1)?.status, 204, 'the session ends with 204');
  t.strictSame(played.asked.slice(0, 3), ['GetRPCMethods', 'GetParameterNames', 'GetParameterValues']);
  t.strictSame(endsOf(acs.seen, peer), ['done']);
  const record = await recordOf(acs.store, peer);
  t.strictSame(record.deviceId, peer.identity);
  t.equal(record.softwareVersion, VERSION);
  t.strictSame(record.lastInform.events, ['0 BOOTSTRAP']);
  t.equal(record.discovery.state, 'done');
  t.equal(record.discovery.values, peer.tree.size);
  t.strictSame(
    await kept(acs.store, peer),
    shown(peer.tree),
    'every leaf with value, type and writable flag',
  );
}

/** Its later sessions: Inform, empty POST, 204. */
async function comesAgain(
  t: Test,
  acs: TestAcs,
  peer: KnownClient,
  events: readonly string[],
): Promise<void> {
  const before = endsOf(acs.seen, peer).length;
  const codes = events.map((code) => ({ code }));
  const played = await ClientSession.play(acs.port, peer, { id: '77', events: codes });
  t.strictSame(played.asked, [], 'nothing is asked twice');
  t.strictSame(
    played.answers.map(({ status }) => status),
    [200, 204],
  );
  t.strictSame(endsOf(acs.seen, peer).slice(before), ['done']);
  const record = await recordOf(acs.store, peer);
  t.equal(record.informs, before + 1);
  t.strictSame(record.lastInform.events, events);
}

const ROOT = 'InternetGatewayDevice';

/** Writes a leaf, asks for attributes, reboots: what becomes of each, as `rpc: state fault`. */
async function worksOff(
  acs: TestAcs,
  peer: KnownClient,
  set: { root: string; leaf: string; value: string; type: string },
) {
  const key = keyOf(peer);
  const { root, value, type } = set;
  const ParameterList = [{ Name: `${root}.${set.leaf}`, Value: value, Type: type }];
  const tasks = [
    await acs.queue.add(key, {
      kind: 'request',
      rpc: 'SetParameterValues',
      args: { ParameterList, ParameterKey: 'mark-7' },
    }),
    await acs.queue.add(key, {
      kind: 'request',
      rpc: 'GetParameterAttributes',
      args: { ParameterNames: [`${root}.DeviceInfo.UpTime`] },
    }),
    await acs.queue.add(key, { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'again' } }),
  ];
  const played = await ClientSession.play(acs.port, peer);
  const became: string[] = [];
  for (const { id, request } of tasks) {
    const task = await acs.queue.get(id);
    const code = task?.fault?.FaultCode ?? task?.error?.code;
    became.push(`${request.rpc}: ${task?.state}${code === undefined ? '' : ` ${code}`}`);
  }
  const set9003 = (await acs.queue.get(tasks[0]?.id ?? ''))?.fault?.SetParameterValuesFault ?? [];
  return {
    played,
    became,
    refused: set9003.map(({ ParameterName, FaultCode }) => `${FaultCode} ${ParameterName}`),
  };
}

const interval = {
  root: ROOT,
  leaf: 'ManagementServer.PeriodicInformInterval',
  value: '451',
  type: 'unsignedInt',
};

t.test('easycwmp is discovered, carries out its tasks and comes again after its reboot', async (t) => {
  const acs = await acsFor(t);
  const peer = easycwmp('E-000041');
  await discovers(t, acs, peer);
  const record = await recordOf(acs.store, peer);
  t.equal(record.namespace, 'urn:dslforum-org:cwmp-1-2');
  t.equal(record.methods?.length, 10);
  const { played, became } = await worksOff(acs, peer, interval);
  t.equal(played.answers.at(-1)?.status, 204);
  t.strictSame(became, ['SetParameterValues: done', 'GetParameterAttributes: done', 'Reboot: done']);
  t.equal(peer.tree.get(`${ROOT}.ManagementServer.ParameterKey`)?.value, 'mark-7');
  await comesAgain(t, acs, peer, ['M Reboot', '2 PERIODIC']);
  t.strictSame(await kept(acs.store, peer), shown(peer.tree), 'what was set is kept');
});

t.test('easycwmp is answered in the version of its Inform, with its ID', async (t) => {
  const acs = await acsFor(t);
  const played = await ClientSession.play(acs.port, easycwmp('E-000042'), { id: 'p-19' });
  for (const { body } of played.answers.slice(0, -1)) t.match(body, 'xmlns:cwmp="urn:dslforum-org:cwmp-1-2"');
  t.match(played.answers[0]?.body ?? '', /:ID [^>]*>p-19<.*<cwmp:InformResponse>/s);
});

t.test(
  'easycwmp with digest sends its whole Inform again after the 401, and asks for our methods',
  async (t) => {
    const asked: string[] = [];
    const credentials = (username: string): string | undefined => {
      asked.push(username);
      return username === 'wrt-041' ? 'pa:ss "word"' : undefined;
    };
    const acs = await acsFor(t, { auth: 'digest', credentials });
    const peer = easycwmp('E-000043', { username: 'wrt-041', password: 'pa:ss "word"' });
    const played = await ClientSession.play(acs.port, peer, {
      events: [{ code: '1 BOOT' }],
      requests: [peer.getMethods('2')],
    });
    t.equal(played.end, 'empty');
    t.match(
      played.answers[1]?.body ?? '',
      /<cwmp:GetRPCMethodsResponse>.*<string>TransferComplete<\/string>/s,
    );
    t.strictSame(endsOf(acs.seen, peer), ['done']);
    t.equal((await recordOf(acs.store, peer)).informs, 1, 'the Inform that got 401 counts for nothing');
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    t.ok(asked.length > 4 && asked.every((username) => username === 'wrt-041'), 'each POST shows who it is');
  },
);

t.test('easycwmp with digest may reconnect for every POST, the one after the 401 too', async (t) => {
  const acs = await acsFor(t, { auth: 'digest', credentials: () => 'secret' });
  const peer = { ...easycwmp('E-000045', { username: 'wrt-041', password: 'secret' }), reconnects: true };
  await discovers(t, acs, peer);
  await comesAgain(t, acs, peer, ['2 PERIODIC']);
});

t.test('easycwmp with a wrong password gets 401 twice, and nothing of it is kept', async (t) => {
  const acs = await acsFor(t, { auth: 'digest', credentials: () => 'right' });
  const peer = easycwmp('E-000044', { username: 'wrt-041', password: 'wrong' });
  await t.rejects(ClientSession.play(acs.port, peer), { message: /^answered 401/ });
  t.equal(await acs.store.get(keyOf(peer)), undefined);
  t.strictSame(acs.seen, []);
});

t.test(
  'netcwmp is discovered, and its empty answers and odd faults end tasks, not the session',
  async (t) => {
    const acs = await acsFor(t);
    const peer = netcwmp('7000000000000031');
    await discovers(t, acs, peer);
    const { played, became, refused } = await worksOff(acs, peer, {
      root: ROOT,
      leaf: 'DeviceInfo.SpecVersion',
      value: '2.0',
      type: 'string',
    });
    t.equal(played.answers.at(-1)?.status, 204);
    t.strictSame(became, [
      'SetParameterValues: failed 9003',
      'GetParameterAttributes: failed E_TASK_UNANSWERED',
      'Reboot: done',
    ]);
    t.strictSame(refused, [`9008 ${ROOT}.DeviceInfo.SpecVersion`]);
    await comesAgain(t, acs, peer, ['1 BOOT']);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree), 'what was refused is not kept');
  },
);

t.test(
  'genieacs-sim is discovered although it declares 16 members and sends 7, and knows no GetRPCMethods',
  async (t) => {
    const acs = await acsFor(t);
    const peer = genieacsSim('000071');
    t.match(peer.inform('1', []), /ParameterValueStruct\[16\].*(<ParameterValueStruct>.*){7}/s);
    await discovers(t, acs, peer);
    const record = await recordOf(acs.store, peer);
    t.equal(record.methods, undefined);
    t.match(record.quirks, { 'Q-AT-03': 1, 'Q-HT-01': 1, 'Q-HT-15': 1 });
    const { played, became } = await worksOff(acs, peer, interval);
    t.equal(played.answers.at(-1)?.status, 204);
    t.strictSame(became, [
      'SetParameterValues: done',
      'GetParameterAttributes: failed 9000',
      'Reboot: failed 9000',
    ]);
    await comesAgain(t, acs, peer, ['2 PERIODIC']);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
  },
);

t.test('cwmp-sim, which knocks first and never shows a cookie, is discovered and comes again', async (t) => {
  const acs = await acsFor(t);
  const peer = cwmpSim('314159');
  await discovers(t, acs, peer);
  const { played, became } = await worksOff(acs, peer, { ...interval, root: 'Device' });
  t.equal(played.answers.at(-1)?.status, 204);
  t.strictSame(became, ['SetParameterValues: done', 'GetParameterAttributes: done', 'Reboot: done']);
  t.strictSame((await acs.store.parameter(keyOf(peer), 'Device.DeviceInfo.UpTime'))?.accessList, []);
  await comesAgain(t, acs, peer, ['1 BOOT', 'M Reboot']);
  t.strictSame(await kept(acs.store, peer), shown(peer.tree));
});

t.test(
  "perl-cwmp's Thomson is discovered, with its time before time and its name without an object",
  async (t) => {
    const acs = await acsFor(t);
    const peer = thomson('CP0701XY9ZZ');
    await discovers(t, acs, peer);
    const record = await recordOf(acs.store, peer);
    t.equal(record.lastInform.currentTime, '1970-01-01T00:41:07Z');
    t.equal(record.lastInform.retryCount, 3);
    t.equal((await acs.store.parameter(record.key, '.ExternalIPAddress'))?.value, '10.20.30.254');
    t.match(record.quirks, { 'Q-AT-01': 1 });
    const { became } = await worksOff(acs, peer, interval);
    t.strictSame(became, ['SetParameterValues: done', 'GetParameterAttributes: done', 'Reboot: done']);
    await comesAgain(t, acs, peer, ['1 BOOT', '4 VALUE CHANGE']);
  },
);

t.test(
  'a netcwmp that answers neither GetRPCMethods nor the whole tree is walked level by level',
  async (t) => {
    const acs = await acsFor(t);
    const whole = netcwmp('7000000000000032');
    const isDeaf = ({ rpc, body }: Asked): boolean =>
      rpc === 'GetRPCMethods' || (rpc === 'GetParameterNames' && body.includes('<NextLevel>0<'));
    const peer: KnownClient = { ...whole, answer: (asked) => (isDeaf(asked) ? '' : whole.answer(asked)) };
    const played = await ClientSession.play(acs.port, peer);
    t.equal(played.answers.at(-1)?.status, 204);
    t.strictSame(endsOf(acs.seen, peer), ['done']);
    t.ok(played.asked.filter((rpc) => rpc === 'GetParameterNames').length > 5);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    t.match(await acs.store.learned(modelKeyOf(peer)), { wholeTree: false });
  },
);

t.test('all six at the same time on one ACS, from one address, end well', async (t) => {
  const acs = await acsFor(t);
  const peers = [
    ...[easycwmp('P1'), netcwmp('P2'), genieacsSim('P3')],
    ...[cwmpSim('P4'), cwmpSim('P5', 14), thomson('P6')],
  ];
  await Promise.all(peers.map((peer) => ClientSession.play(acs.port, peer)));
  for (const peer of peers) {
    t.strictSame(endsOf(acs.seen, peer), ['done']);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
  }
  t.equal(acs.acs.openSessions, 0);
});

/** A client that accepts answers only with, or only without, an XML declaration. */
const fussy = (peer: KnownClient, wants: 'declaration' | 'none'): KnownClient => ({
  ...peer,
  dislikes: ({ body }) => body !== '' && body.startsWith('<?xml') !== (wants === 'declaration'),
});

t.test(
  'a client that insists on an XML declaration hangs up once and is served in its second session',
  async (t) => {
    const acs = await acsFor(t);
    const peer = fussy(cwmpSim('D1'), 'declaration');
    const first = await ClientSession.play(acs.port, peer);
    t.equal(first.end, 'hung-up');
    t.equal(first.answers.length, 1);
    const second = await ClientSession.play(acs.port, peer);
    t.equal(second.end, 'empty');
    t.strictSame(endsOf(acs.seen, peer), ['superseded', 'done']);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    t.match(await acs.store.learned(modelKeyOf(peer)), { replyStyle: 1, proven: true });
    await comesAgain(t, acs, peer, ['2 PERIODIC']);
    const sibling = fussy(cwmpSim('D2'), 'declaration');
    t.equal(
      (await ClientSession.play(acs.port, sibling)).end,
      'empty',
      'another of its model is served at once',
    );
    const later = await acsFor(t, {
      data: { store: acs.store, queue: await openQueue('memory', '', { owner: 'b' }) },
    });
    const third = fussy(cwmpSim('D3'), 'declaration');
    t.equal(
      (await ClientSession.play(later.port, third)).end,
      'empty',
      'and so it is by another ACS on that store',
    );
  },
);

t.test(
  'a client that hangs up on an XML declaration is served, with none, from its first session on',
  async (t) => {
    const acs = await acsFor(t);
    const peer = netcwmp('D4');
    for (const events of [['0 BOOTSTRAP'], ['1 BOOT'], ['2 PERIODIC']]) {
      const played = await ClientSession.play(acs.port, peer, { events: events.map((code) => ({ code })) });
      t.equal(played.end, 'empty');
      for (const { body } of played.answers) t.notOk(body.startsWith('<?xml'));
    }
    t.match(await acs.store.learned(modelKeyOf(peer)), { replyStyle: 0, proven: true });
  },
);

t.test(
  'a client that hangs up on a declaration which its model needs is served in its second session',
  async (t) => {
    const store = await openStore('memory', '');
    const peer = netcwmp('D5');
    await store.learn({ model: modelKeyOf(peer), replyStyle: 1, proven: false });
    const acs = await acsFor(t, { data: { store, queue: await openQueue('memory', '', { owner: 'a' }) } });
    t.equal((await ClientSession.play(acs.port, peer)).end, 'hung-up');
    t.equal((await ClientSession.play(acs.port, peer)).end, 'empty');
    t.strictSame(endsOf(acs.seen, peer), ['superseded', 'done']);
    t.strictSame(await kept(store, peer), shown(peer.tree));
    const learned = await store.learned(modelKeyOf(peer));
    t.equal(learned?.proven, true);
    t.not(learned?.replyStyle, 1);
    await comesAgain(t, acs, peer, ['2 PERIODIC']);
  },
);

t.test('a client that hung up and comes back only after its session timed out is served then', async (t) => {
  let now = Date.parse('2024-01-01T00:00:00Z');
  const acs = await acsFor(t, { now: () => now, sessionTimeoutMs: 40 });
  const peer = fussy(cwmpSim('D6'), 'declaration');
  t.equal((await ClientSession.play(acs.port, peer)).end, 'hung-up');
  now += 60_000;
  await acs.until((seen) => seen.is === 'session-ended');
  t.equal((await ClientSession.play(acs.port, peer)).end, 'empty');
  t.strictSame(endsOf(acs.seen, peer), ['timeout', 'done']);
});

for (const [cookies, makes] of [
  ['with cookies', easycwmp],
  ['with the whole Set-Cookie line as its cookie', genieacsSim],
  ['without cookies', cwmpSim],
] as const)
  t.test(
    `a client ${cookies} that opens a new connection for every POST is served as any other`,
    async (t) => {
      const acs = await acsFor(t);
      const peer = { ...makes('R1'), reconnects: true };
      await discovers(t, acs, peer);
      const { played, became } = await worksOff(acs, peer, {
        ...interval,
        root: makes === cwmpSim ? 'Device' : ROOT,
      });
      t.equal(played.answers.at(-1)?.status, 204);
      t.equal(became[0], 'SetParameterValues: done');
      await comesAgain(t, acs, peer, ['2 PERIODIC']);
      t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    },
  );

t.test('twenty clients with cookies that reconnect for every POST do not mix', async (t) => {
  const acs = await acsFor(t);
  const peers = Array.from({ length: 20 }, (_, i) => ({ ...easycwmp(`R2-${i}`), reconnects: true }));
  await Promise.all(peers.map((peer) => ClientSession.play(acs.port, peer)));
  for (const peer of peers) {
    t.strictSame(endsOf(acs.seen, peer), ['done']);
    t.strictSame(await kept(acs.store, peer), shown(peer.tree));
  }
});

t.test(
  'two clients without cookies at one address, POST by POST in turn on their own connections, do not mix',
  async (t) => {
    const acs = await acsFor(t);
    const one = cwmpSim('S1', 3);
    const other = cwmpSim('S2', 12);
    const sessions = [new ClientSession(acs.port, one), new ClientSession(acs.port, other)];
    t.teardown(() => {
      for (const session of sessions) session.close();
    });
    for (const session of sessions) await session.open();
    t.equal(acs.acs.openSessions, 2);
    for (let open = sessions; open.length > 0; ) {
      const left: ClientSession[] = [];
      for (const session of open) if (await session.step()) left.push(session);
      open = left;
    }
    for (const peer of [one, other]) {
      t.strictSame(endsOf(acs.seen, peer), ['done']);
      t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    }
  },
);

t.test(
  'a client without cookies that reconnects is served while others at its address show theirs',
  async (t) => {
    const acs = await acsFor(t);
    const silent = new ClientSession(acs.port, { ...cwmpSim('S3'), reconnects: true });
    const speaking = new ClientSession(acs.port, easycwmp('S4'));
    t.teardown(() => {
      silent.close();
      speaking.close();
    });
    await speaking.open();
    await speaking.step();
    await silent.open();
    while (await silent.step()) await speaking.step();
    while (await speaking.step());
    for (const peer of [cwmpSim('S3'), easycwmp('S4')]) {
      t.strictSame(endsOf(acs.seen, peer), ['done']);
      t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    }
  },
);

t.test(
  'two clients at one address that reconnect and show no cookie are sent home, not mixed, and served later',
  async (t) => {
    let now = Date.parse('2024-01-01T00:00:00Z');
    const acs = await acsFor(t, { now: () => now, sessionTimeoutMs: 40 });
    const peers = [3, 12].map((hosts) => ({ ...cwmpSim(`S5-${hosts}`, hosts), reconnects: true }));
    const sessions = peers.map((peer) => new ClientSession(acs.port, peer));
    for (const session of sessions) await session.open();
    // Both connections are gone before either speaks again: an open one would tell whose the POST is not.
    for (const session of sessions) session.close();
    for (let turns = 0; acs.acs.openConnections > 0 && turns < 10_000; turns++) await setImmediate();
    for (const session of sessions) {
      t.notOk(await session.step(), 'its empty POST, which could be of either, is answered with 204');
      t.strictSame(session.asked, []);
    }
    now += 60_000;
    for (const peer of peers)
      await acs.until(
        (seen) => seen.is === 'session-ended' && seen.device === keyOf(peer) && seen.why === 'timeout',
      );
    for (const peer of peers) {
      await ClientSession.play(acs.port, peer);
      t.strictSame(endsOf(acs.seen, peer), ['timeout', 'done']);
      t.strictSame(await kept(acs.store, peer), shown(peer.tree));
    }
  },
);
