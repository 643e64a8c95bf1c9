import type { Test } from 'tap';
import t from 'tap';
import type { DeviceRecord, Learned } from '../../../acs/store/store.ts';
import type { CpeAnswer, CpeScript } from '../../../peers/cpe-session.ts';
import { fault, playSession } from '../../../peers/cpe-session.ts';
import type { CpeLeaf, CpeTree } from '../../../peers/cpe-tree.ts';
import {
  answerNames,
  answerValues,
  batchesOf,
  goodCpe,
  leavesOf,
  METHODS,
  namesOf,
} from '../../../peers/cpe-tree.ts';
import { envelopeText, informText } from '../../../peers/samples/invented-modem.ts';
import type { CpeMethod, Message, Request } from '../../../protocol/cwmp/messages.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';

const KEY = '00A1B2-Gateway%201-S0001';
const MODEL = 'Example|Gateway 1|1.0.0';
const ROOT = 'InternetGatewayDevice.';

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

async function recordOf(acs: TestAcs, key = KEY): Promise<DeviceRecord> {
  const record = await acs.store.get(key);
  if (record === undefined) throw new Error(`no device ${key}`);
  return record;
}

const learned = (acs: TestAcs, model = MODEL): Promise<Learned | undefined> => acs.store.learned(model);

/** Leaves below the root as `name=value`, without those that only the Inform has. */
async function kept(acs: TestAcs, key = KEY): Promise<readonly string[]> {
  const leaves: string[] = [];
  for await (const { name, value, writable } of acs.store.tree(key, ROOT))
    if (!name.endsWith('.') && writable !== undefined) leaves.push(`${name}=${value} ${writable}`);
  return leaves.sort();
}

const shown = (leaves: ReadonlyMap<string, CpeLeaf>): readonly string[] =>
  [...leaves].map(([name, { value, writable = false }]) => `${name}=${value} ${writable}`).sort();

const rpcs = (asked: readonly Request<CpeMethod>[]): readonly string[] => asked.map(({ rpc }) => rpc);

/** How often each name's value was read: asked for and answered. */
class Reads {
  readonly #counts = new Map<string, number>();
  count(request: Request<CpeMethod>, say: CpeAnswer): CpeAnswer {
    if (request.rpc === 'GetParameterValues' && typeof say === 'object' && 'rpc' in say)
      for (const name of request.args.ParameterNames)
        this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    return say;
  }
  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }
  get twice(): readonly string[] {
    return [...this.#counts].filter(([, count]) => count > 1).map(([name]) => name);
  }
}

t.test('a modem that can is read in one call for the names and a few for the values', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(300), objects: [`${ROOT}LANDevice.1.Empty.`] };
  const { asked, end } = await playSession(acs.port, goodCpe(tree));
  t.equal(end, 'empty');
  t.strictSame(rpcs(asked).slice(0, 3), ['GetRPCMethods', 'GetParameterNames', 'GetParameterValues']);
  t.strictSame(
    asked.flatMap((request) => (request.rpc === 'GetParameterNames' ? [request.args] : [])),
    [{ ParameterPath: ROOT, NextLevel: false }],
    'the root by its name: some refuse the empty path',
  );
  t.strictSame(
    batchesOf(asked).map(({ length }) => length),
    [32, 64, 128, 76],
    'batches grow while the modem answers',
  );
  t.strictSame(await kept(acs), shown(tree.leaves));
  for (const [name, writable] of namesOf(tree))
    if (name.endsWith('.')) t.equal((await acs.store.parameter(KEY, name))?.writable, writable, name);
  const { discovery, methods } = await recordOf(acs);
  t.match(discovery, { state: 'done', names: 300, values: 300, firmware: '1.0.0' });
  t.strictSame(methods, METHODS.args.MethodList);
  t.equal((await learned(acs))?.wholeTree, true);

  const again = await playSession(acs.port, goodCpe(tree));
  t.strictSame(again.asked, [], 'and not again in later sessions');
});

/** What modems do when the whole tree is asked for in one call. */
const REFUSALS: Readonly<Record<string, CpeAnswer>> = {
  'fault 9004': fault(9004, 'Resources exceeded'),
  'fault 9002': fault(9002, 'Internal error'),
  'fault 9005': fault(9005, 'Invalid parameter name'),
  'an empty POST': 'empty',
  'an empty list': { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList: [] } },
};

for (const [name, refusal] of Object.entries(REFUSALS)) {
  t.test(
    `a modem that answers the call for the whole tree with ${name} is walked level by level`,
    async (t) => {
      const acs = await acsFor(t);
      const tree: CpeTree = { leaves: leavesOf(40), objects: [`${ROOT}LANDevice.1.Empty.`] };
      const good = goodCpe(tree);
      const script: CpeScript = (request) =>
        request.rpc === 'GetParameterNames' && !request.args.NextLevel ? refusal : good(request);
      const { asked, end } = await playSession(acs.port, script);
      t.equal(end, 'empty');
      t.strictSame(await kept(acs), shown(tree.leaves));
      const whole = asked.filter((request) => request.rpc === 'GetParameterNames' && !request.args.NextLevel);
      t.equal(whole.length, 1);
      t.equal((await recordOf(acs)).discovery.state, 'done');
      t.equal((await learned(acs))?.wholeTree, false, 'which is kept of the model');

      const second = await playSession(acs.port, script, { inform: { serial: 'S0002' } });
      t.notOk(
        second.asked.some((request) => request.rpc === 'GetParameterNames' && !request.args.NextLevel),
        'another device of the model is not asked for it',
      );
      t.strictSame(await kept(acs, '00A1B2-Gateway%201-S0002'), shown(tree.leaves));
    },
  );
}

t.test(
  'a modem that hangs up, or crashes, over its whole tree is walked from the third session on',
  async (t) => {
    const acs = await acsFor(t);
    const tree: CpeTree = { leaves: leavesOf(40) };
    const good = goodCpe(tree);
    const script: CpeScript = (request) =>
      request.rpc === 'GetParameterNames' && !request.args.NextLevel ? 'hang-up' : good(request);
    t.equal((await playSession(acs.port, script)).end, 'hung-up');
    t.equal((await playSession(acs.port, script)).end, 'hung-up');
    t.equal((await playSession(acs.port, script)).end, 'empty');
    t.strictSame(await kept(acs), shown(tree.leaves));
  },
);

t.test(
  'a walk that is broken time and again goes on where it was, and asks for no object twice',
  async (t) => {
    const acs = await acsFor(t);
    const tree: CpeTree = {
      leaves: leavesOf(20),
      objects: Array.from({ length: 30 }, (_, index) => `${ROOT}LANDevice.${index + 2}.`),
    };
    const good = goodCpe(tree);
    const walked: string[] = [];
    let answered = 0;
    const script: CpeScript = (request) => {
      if (request.rpc !== 'GetParameterNames') return good(request);
      if (!request.args.NextLevel) return fault(9004);
      answered += 1;
      if (answered % 3 === 0) return 'hang-up';
      walked.push(request.args.ParameterPath);
      return good(request);
    };
    let sessions = 0;
    for (let end = ''; end !== 'empty' && sessions < 40; sessions += 1)
      ({ end } = await playSession(acs.port, script));
    t.ok(sessions > 12, `it took ${sessions} sessions`);
    t.strictSame(await kept(acs), shown(tree.leaves));
    t.equal(new Set(walked).size, walked.length, 'no object is asked for twice');
    t.equal((await recordOf(acs)).discovery.state, 'done');
  },
);

/** How modems answer a GetParameterValues with more names than they can handle (Q-FT-05). */
const REACTIONS: Readonly<Record<string, CpeAnswer>> = {
  'fault 9002': fault(9002),
  'fault 9004': fault(9004),
  'the vendor fault 9814': fault(9814),
  'an empty POST': 'empty',
};

for (const [name, reaction] of Object.entries(REACTIONS)) {
  t.test(
    `a modem that can handle 16 names and answers more with ${name} is read in smaller batches`,
    async (t) => {
      const acs = await acsFor(t);
      const tree: CpeTree = { leaves: leavesOf(100) };
      const good = goodCpe(tree);
      const reads = new Reads();
      const script: CpeScript = (request) =>
        reads.count(
          request,
          request.rpc === 'GetParameterValues' && request.args.ParameterNames.length > 16
            ? reaction
            : good(request),
        );
      const { asked, end } = await playSession(acs.port, script);
      t.equal(end, 'empty');
      t.strictSame(
        batchesOf(asked).map(({ length }) => length),
        [32, 16, 16, 16, 16, 16, 16, 4],
      );
      t.strictSame(await kept(acs), shown(tree.leaves));
      t.strictSame([reads.total, reads.twice], [100, []]);
      t.equal((await learned(acs))?.batch, 16);

      const second = await playSession(acs.port, script, { inform: { serial: 'S0002' } });
      t.strictSame(
        batchesOf(second.asked).map(({ length }) => length),
        [16, 16, 16, 16, 16, 16, 4],
        'the next device of the model is never asked for more',
      );
    },
  );
}

t.test('a modem that hangs up over more than 16 names is read all the same', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(100) };
  const good = goodCpe(tree);
  const reads = new Reads();
  const script: CpeScript = (request) =>
    reads.count(
      request,
      request.rpc === 'GetParameterValues' && request.args.ParameterNames.length > 16
        ? 'hang-up'
        : good(request),
    );
  let sessions = 1;
  while ((await playSession(acs.port, script)).end === 'hung-up' && sessions < 10) sessions++;
  t.ok(sessions <= 4, `${sessions} sessions`);
  t.equal((await recordOf(acs)).discovery.state, 'done');
  t.strictSame(await kept(acs), shown(tree.leaves));
  t.strictSame([reads.total, reads.twice], [100, []]);
  t.equal((await learned(acs))?.batch, 16);
});

t.test('a line that breaks now and then does not make the batches small for ever', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(200) };
  const good = goodCpe(tree);
  for (let session = 0; session < 10; session++) {
    let answered = 0;
    const script: CpeScript = (request) =>
      request.rpc === 'GetParameterValues' && ++answered > 1 ? 'hang-up' : good(request);
    if ((await playSession(acs.port, script)).end === 'empty') break;
  }
  t.equal((await recordOf(acs)).discovery.state, 'done');
  t.ok(((await learned(acs))?.batch ?? 512) >= 32, 'each session got on before it broke');
});

t.test('a name that hangs the modem up whenever its value is read does not stop the others', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(20) };
  const good = goodCpe(tree);
  const bad = `${ROOT}DeviceInfo.P4`;
  const script: CpeScript = (request) =>
    request.rpc === 'GetParameterValues' && request.args.ParameterNames.includes(bad)
      ? 'hang-up'
      : good(request);
  let sessions = 1;
  while ((await playSession(acs.port, script)).end === 'hung-up' && sessions < 30) sessions++;
  t.ok(sessions < 20, `${sessions} sessions`);
  t.equal((await recordOf(acs)).discovery.state, 'done');
  t.strictSame(
    await kept(acs),
    shown(tree.leaves).map((line) => (line.startsWith(`${bad}=`) ? `${bad}=undefined false` : line)),
  );
});

t.test('names that are listed and cannot be read are found, and all others are read', async (t) => {
  const acs = await acsFor(t);
  const leaves = leavesOf(90);
  const ghosts = [`${ROOT}DeviceInfo.P4`, `${ROOT}LANDevice.1.P41`, `${ROOT}P87`];
  const readable = new Map([...leaves].filter(([name]) => !ghosts.includes(name)));
  const reads = new Reads();
  const script: CpeScript = (request) => {
    const { rpc } = request;
    if (rpc === 'GetParameterNames')
      return answerNames({ leaves }, request.args.ParameterPath, request.args.NextLevel);
    if (rpc === 'GetParameterValues')
      return reads.count(request, answerValues({ leaves: readable }, request.args.ParameterNames));
    return METHODS;
  };
  const { end, asked } = await playSession(acs.port, script);
  t.equal(end, 'empty');
  t.ok(batchesOf(asked).length < 40, `${batchesOf(asked).length} calls: by halving`);
  for (const ghost of ghosts) {
    const parameter = await acs.store.parameter(KEY, ghost);
    t.equal(parameter?.value, undefined);
    t.type(parameter?.readAt, 'string', 'marked as read');
  }
  t.strictSame(
    (await kept(acs)).filter((line) => !line.includes('=undefined')),
    shown(readable),
  );
  t.strictSame([reads.total, reads.twice], [87, []]);
  t.match((await recordOf(acs)).discovery, { state: 'done', names: 90, values: 90 });
  t.equal((await learned(acs))?.batch, undefined, 'the size of the batches was not at fault');
  t.strictSame((await playSession(acs.port, script)).asked, [], 'they are not asked for again');
});

t.test('values that a modem leaves out of its answer are not asked for again', async (t) => {
  const acs = await acsFor(t);
  const leaves = leavesOf(50);
  const answered = new Map([...leaves].filter((_, at) => at % 5 > 0));
  const script: CpeScript = (request) => {
    if (request.rpc !== 'GetParameterValues') return goodCpe({ leaves })(request);
    return answerValues(
      { leaves: answered },
      request.args.ParameterNames.filter((name) => answered.has(name)),
    );
  };
  const { end, asked } = await playSession(acs.port, script, { most: 60 });
  t.equal(end, 'empty');
  t.equal(batchesOf(asked).length, 2);
  t.equal((await recordOf(acs)).discovery.state, 'done');
  t.strictSame((await playSession(acs.port, script)).asked, []);
});

t.test('a first contact goes on where a broken session left it, and reads nothing twice', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(400) };
  const good = goodCpe(tree);
  const reads = new Reads();
  let lists = 0;
  const cutAfter = (most: number): CpeScript => {
    let left = most;
    return (request) => {
      if (request.rpc === 'GetParameterNames') lists += 1;
      return left-- > 0 ? reads.count(request, good(request)) : 'hang-up';
    };
  };
  t.equal((await playSession(acs.port, cutAfter(4))).end, 'hung-up');
  const after = reads.total;
  t.ok(after > 0 && after < 400, `${after} values before the line broke`);
  t.match((await recordOf(acs)).discovery, { state: 'values', names: 400, values: after });
  t.equal((await playSession(acs.port, cutAfter(1))).end, 'hung-up');
  t.equal((await playSession(acs.port, cutAfter(100))).end, 'empty');
  t.strictSame([reads.total, reads.twice, lists], [400, [], 1]);
  t.strictSame(await kept(acs), shown(tree.leaves));
  t.match((await recordOf(acs)).discovery, { state: 'done', names: 400, values: 400 });
});

t.test('with new firmware the tree is read again, and what it lacks is forgotten', async (t) => {
  const acs = await acsFor(t);
  const old = leavesOf(20);
  old.set(`${ROOT}Services.Old.1.Enable`, { value: '1' });
  await playSession(acs.port, goodCpe({ leaves: old }));
  t.ok((await kept(acs)).some((line) => line.startsWith(`${ROOT}Services.Old.`)));
  const fresh = new Map([...leavesOf(20)].map(([name, leaf]) => [name, { ...leaf, value: 'new' }]));
  fresh.set(`${ROOT}Services.New.Enable`, { value: '0' });
  const inform = { software: '2.0.0', events: [['1 BOOT']] } as const;
  const { asked } = await playSession(acs.port, goodCpe({ leaves: fresh }), { inform });
  t.ok(rpcs(asked).includes('GetParameterNames'));
  t.strictSame(await kept(acs), shown(fresh));
  const objects: string[] = [];
  for await (const { name } of acs.store.tree(KEY, ROOT)) if (name.endsWith('.')) objects.push(name);
  t.notOk(
    objects.some((name) => name.startsWith(`${ROOT}Services.Old.`)),
    'objects too',
  );
  t.match((await recordOf(acs)).discovery, { state: 'done', firmware: '2.0.0', names: 21, values: 21 });
  t.strictSame((await playSession(acs.port, goodCpe({ leaves: fresh }), { inform })).asked, []);
});

t.test('an Inform without the firmware does not start the first contact over', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(200) };
  const good = goodCpe(tree);
  const reads = new Reads();
  let left = 3;
  await playSession(acs.port, (request) => (left-- > 0 ? reads.count(request, good(request)) : 'hang-up'));
  const silent = informText().replace(
    /<ParameterValueStruct><Name>[\w.]*SoftwareVersion<.*?<\/ParameterValueStruct>/,
    '',
  );
  t.notMatch(silent, /SoftwareVersion/);
  await playSession(acs.port, (request) => reads.count(request, good(request)), { inform: silent });
  t.strictSame([reads.total, reads.twice], [200, []]);
  t.match(await recordOf(acs), { softwareVersion: '1.0.0', discovery: { state: 'done', firmware: '1.0.0' } });
  t.strictSame((await playSession(acs.port, good, { inform: silent })).asked, []);
  t.strictSame((await playSession(acs.port, good)).asked, []);
});

t.test('values without a type get that of the data model, and only those', async (t) => {
  const acs = await acsFor(t);
  const leaves = new Map<string, CpeLeaf>([
    [`${ROOT}DeviceInfo.UpTime`, { value: '41' }],
    [`${ROOT}ManagementServer.PeriodicInformEnable`, { value: '1' }],
    [`${ROOT}Time.CurrentLocalTime`, { value: '2024-03-05T14:00:03' }],
    [`${ROOT}DeviceInfo.X_00A1B2_Note`, { value: '7' }],
  ]);
  const bare = { ...CANONICAL, valueTypes: 'none' } as const;
  await playSession(acs.port, goodCpe({ leaves }), { dialect: bare });
  const types: (readonly [string, string | undefined])[] = [];
  for (const name of leaves.keys()) types.push([name, (await acs.store.parameter(KEY, name))?.type]);
  t.strictSame(types, [
    [`${ROOT}DeviceInfo.UpTime`, 'unsignedInt'],
    [`${ROOT}ManagementServer.PeriodicInformEnable`, 'boolean'],
    [`${ROOT}Time.CurrentLocalTime`, 'dateTime'],
    [`${ROOT}DeviceInfo.X_00A1B2_Note`, 'string'],
  ]);
  t.equal((await recordOf(acs)).quirks['Q-AT-08'], 1, 'noted with the Inform');

  const half: CpeScript = async (request, id) => {
    const said = goodCpe({
      leaves: new Map([...leaves].map(([name, leaf]) => [name, { ...leaf, type: 'int' }])),
    })(request);
    if (request.rpc !== 'GetParameterValues') return said;
    const text = envelopeText(said, id);
    return { raw: text.replace(/(UpTime<\/Name><Value) xsi:type="xsd:int"/, '$1') };
  };
  await playSession(acs.port, half, { inform: { serial: 'S0002' } });
  const type = async (name: string) =>
    (await acs.store.parameter('00A1B2-Gateway%201-S0002', `${ROOT}${name}`))?.type;
  t.strictSame(
    [await type('DeviceInfo.UpTime'), await type('ManagementServer.PeriodicInformEnable')],
    ['unsignedInt', 'int'],
    'a type that was sent is kept beside one that was not',
  );
});

t.test('tasks that are added during a first contact are served between its steps', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(500) };
  const good = goodCpe(tree);
  const asked: string[] = [];
  let task: { id: string } | undefined;
  const { end } = await playSession(acs.port, async (request) => {
    asked.push(request.rpc);
    if (request.rpc === 'GetParameterAttributes')
      return { kind: 'response', rpc: 'GetParameterAttributes', args: { ParameterList: [] } };
    if (request.rpc === 'GetParameterValues' && task === undefined)
      task = await acs.queue.add(KEY, {
        kind: 'request',
        rpc: 'GetParameterAttributes',
        args: { ParameterNames: [`${ROOT}DeviceInfo.`] },
      });
    return good(request);
  });
  t.equal(end, 'empty');
  t.strictSame(asked.slice(0, 5), [
    'GetRPCMethods',
    'GetParameterNames',
    'GetParameterValues',
    'GetParameterAttributes',
    'GetParameterValues',
  ]);
  t.equal((await acs.queue.get(task?.id ?? ''))?.state, 'done');
  t.strictSame(await kept(acs), shown(tree.leaves), 'and nothing of the tree is missed');
});

t.test('a name without its root does no harm and is kept', async (t) => {
  const acs = await acsFor(t);
  const tree: CpeTree = { leaves: leavesOf(8) };
  const struct =
    '<ParameterValueStruct><Name>.ExternalIPAddress</Name>' +
    '<Value xsi:type="xsd:string">192.0.2.7</Value></ParameterValueStruct>';
  const inform = informText().replace('<ParameterValueStruct>', `${struct}<ParameterValueStruct>`);
  for (let session = 0; session < 2; session++) {
    const { asked, end } = await playSession(acs.port, goodCpe(tree), { inform });
    t.equal(end, 'empty');
    if (session === 0) t.match(asked[1], { args: { ParameterPath: ROOT } }, 'it is not taken for the root');
    t.strictSame(await kept(acs), shown(tree.leaves));
    t.equal((await acs.store.parameter(KEY, '.ExternalIPAddress'))?.value, '192.0.2.7');
  }
});

const HOSTILE = [
  '__proto__',
  'constructor',
  `${ROOT}__proto__.polluted`,
  `${ROOT}__proto__.`,
  `${ROOT}a..b`,
  `${ROOT}.`,
  '.',
  '..',
  '../../etc/passwd',
  `${ROOT}${'x'.repeat(900)}`,
  `${ROOT}${'x'.repeat(9000)}`,
  `${ROOT}${'x.'.repeat(400)}y`,
  `${ROOT}white space`,
  `${ROOT}line\nbreak`,
  `${ROOT}\u00fcml\u00e4ut`,
  `${ROOT}\u{1f600}`,
  `${ROOT}<&>"'`,
  '',
];

for (const nextLevelOnly of [false, true]) {
  t.test(
    `hostile names end no session and reach no other device (${nextLevelOnly ? 'walked' : 'in one call'})`,
    async (t) => {
      const acs = await acsFor(t);
      await playSession(acs.port, goodCpe({ leaves: leavesOf(4) }), { inform: { serial: 'other' } });
      const before = await kept(acs, '00A1B2-Gateway%201-other');
      const value = (Name: string) => ({ Name, Value: 'v', Type: 'string' });
      const script: CpeScript = (request): Message => {
        if (request.rpc === 'GetRPCMethods') return METHODS;
        if (request.rpc === 'GetParameterNames') {
          if (nextLevelOnly && !request.args.NextLevel) return fault(9004);
          const ParameterList = [...HOSTILE, `${ROOT}good`].map((Name) => ({ Name, Writable: true }));
          return { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList } };
        }
        if (request.rpc === 'GetParameterValues') {
          const bearable = HOSTILE.filter((name) => name.length < 1000);
          const ParameterList = [...request.args.ParameterNames, ...bearable].map(value);
          return { kind: 'response', rpc: 'GetParameterValues', args: { ParameterList } };
        }
        return fault(9000);
      };
      const { end } = await playSession(acs.port, script, { inform: { productClass: 'Hostile' }, most: 100 });
      t.equal(end, 'empty');
      const key = '00A1B2-Hostile-S0001';
      t.equal((await recordOf(acs, key)).discovery.state, 'done');
      t.equal((await acs.store.parameter(key, `${ROOT}good`))?.value, 'v');
      t.equal((await acs.store.parameter(key, `${ROOT}a..b`))?.value, 'v');
      t.notOk('polluted' in {}, 'no prototype was reached');
      t.strictSame(await kept(acs, '00A1B2-Gateway%201-other'), before);
      t.strictSame((await playSession(acs.port, script, { inform: { productClass: 'Hostile' } })).asked, []);
    },
  );
}
