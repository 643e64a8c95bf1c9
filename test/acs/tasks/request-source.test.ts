import type { Test } from 'tap';
import t from 'tap';
import { openQueue } from '../../../acs/queue/open.ts';
import type { Task } from '../../../acs/queue/queue.ts';
import type { Cpe } from '../../../acs/rules/rule-runner.ts';
import { RuleRunner } from '../../../acs/rules/rule-runner.ts';
import { openStore } from '../../../acs/store/open.ts';
import type { DeviceStore } from '../../../acs/store/store.ts';
import { connectCpe, envelopeOf, post } from '../../../peers/cpe.ts';
import type { CpeAnswer, CpeScript, PlayedSession, SessionOptions } from '../../../peers/cpe-session.ts';
import { fault, isForCpe, playSession } from '../../../peers/cpe-session.ts';
import type { CpeTree } from '../../../peers/cpe-tree.ts';
import { goodCpe, leavesOf } from '../../../peers/cpe-tree.ts';
import { envelopeText, informText } from '../../../peers/samples/invented-modem.ts';
import type { CpeMethod, Message, Request } from '../../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../../protocol/errors.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';

const KEY = '00A1B2-Gateway%201-S0001';
const ROOT = 'InternetGatewayDevice.';
const TABLE = `${ROOT}LANDevice.1.Hosts.Host.`;
const UNKNOWN_TIME = '0001-01-01T00:00:00Z';

async function acsFor(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  return acs;
}

const TREE: CpeTree = { leaves: leavesOf(12) };

/** An ACS that knows the device already, so that only tasks are asked of it. */
async function knownDevice(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await acsFor(t, options);
  await playSession(acs.port, goodCpe(TREE));
  return acs;
}

const add = (acs: TestAcs, request: Request<CpeMethod>): Promise<Task> => acs.queue.add(KEY, request);

async function taskOf(acs: TestAcs, { id }: Pick<Task, 'id'>): Promise<Task> {
  const task = await acs.queue.get(id);
  if (task === undefined) throw new Error(`no task ${id}`);
  return task;
}

const stateOf = async (acs: TestAcs, task: Pick<Task, 'id'>): Promise<string> => {
  const { state, error, fault: cpeFault } = await taskOf(acs, task);
  return [state, error?.code ?? cpeFault?.FaultCode].filter((part) => part !== undefined).join(' ');
};

const rpcs = ({ asked }: PlayedSession): readonly string[] => asked.map(({ rpc }) => rpc);

/** A session in which the modem says this to one RPC, and what is right to all others. */
const session = (
  acs: TestAcs,
  say: Readonly<Partial<Record<CpeMethod, CpeAnswer>>> = {},
  options: SessionOptions = {},
): Promise<PlayedSession> => {
  const good = goodCpe(TREE);
  const script: CpeScript = (request) => say[request.rpc] ?? good(request);
  return playSession(acs.port, script, options);
};

const REBOOT = { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } } as const;
const FACTORY_RESET = { kind: 'request', rpc: 'FactoryReset', args: {} } as const;
const DOWNLOAD: Request<'Download'> = {
  kind: 'request',
  rpc: 'Download',
  args: {
    CommandKey: '',
    FileType: '1 Firmware Upgrade Image',
    URL: 'http://127.0.0.1/image',
    Username: '',
    Password: '',
    FileSize: 8,
    TargetFileName: '',
    DelaySeconds: 0,
    SuccessURL: '',
    FailureURL: '',
  },
};
const STARTED: Message = {
  kind: 'response',
  rpc: 'Download',
  args: { Status: 1, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME },
};
const READ: Request<'GetParameterAttributes'> = {
  kind: 'request',
  rpc: 'GetParameterAttributes',
  args: { ParameterNames: [ROOT] },
};
const ATTRIBUTES: Message = {
  kind: 'response',
  rpc: 'GetParameterAttributes',
  args: { ParameterList: [] },
};

const complete = (CommandKey: string, FaultCode = 0): Message => ({
  kind: 'request',
  rpc: 'TransferComplete',
  args: {
    CommandKey,
    FaultStruct: { FaultCode, FaultString: FaultCode === 0 ? '' : 'Download failure' },
    StartTime: UNKNOWN_TIME,
    CompleteTime: UNKNOWN_TIME,
  },
});

t.test('a transfer runs until its TransferComplete tells how it ended', async (t) => {
  const acs = await knownDevice(t);
  for (const [fields, expected] of [
    [0, 'done'],
    [9010, 'failed 9010'],
  ] as const) {
    const task = await add(acs, DOWNLOAD);
    const { asked } = await session(acs, { Download: STARTED });
    t.match(asked, [{ rpc: 'Download', args: { CommandKey: task.id } }], 'its id stands in for a key');
    t.equal(await stateOf(acs, task), 'running');
    await session(acs, {}, { inform: { events: [['7 TRANSFER COMPLETE'], ['M Download', 'other']] } });
    t.equal(await stateOf(acs, task), 'running', 'events alone decide nothing');
    await session(acs, {}, { first: [complete('other')] });
    t.equal(await stateOf(acs, task), 'running', 'another key is answered and decides nothing');
    await session(acs, {}, { first: [complete(task.id, fields)] });
    t.equal(await stateOf(acs, task), expected);
    await session(acs, {}, { first: [complete(task.id, fields), complete(task.id, fields)] });
    t.equal(await stateOf(acs, task), expected, 'sent again, it is answered again');
  }
});

t.test('a transfer with a key of the user is found by that key', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, { ...DOWNLOAD, args: { ...DOWNLOAD.args, CommandKey: 'nightly' } });
  await session(acs, { Download: STARTED });
  await session(acs, {}, { first: [complete('nightly')] });
  t.equal(await stateOf(acs, task), 'done');
});

t.test('an empty CommandKey means the only transfer there is, and none of two', async (t) => {
  const acs = await knownDevice(t);
  const first = await add(acs, DOWNLOAD);
  const second = await add(acs, DOWNLOAD);
  await session(acs, { Download: STARTED });
  await session(acs, {}, { first: [complete('', 9015)] });
  t.strictSame([await stateOf(acs, first), await stateOf(acs, second)], ['running', 'running']);
  await session(acs, {}, { first: [complete(first.id)] });
  await session(acs, {}, { first: [complete('', 9015)] });
  t.strictSame([await stateOf(acs, first), await stateOf(acs, second)], ['done', 'failed 9015']);
});

t.test('a TransferComplete of a Download whose answer was lost ends it', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, DOWNLOAD);
  await session(acs, { Download: 'hang-up' });
  const { asked } = await session(acs, { Download: fault(9010) });
  t.equal(await stateOf(acs, task), 'unsure');
  t.strictSame(asked, [], 'it is not sent again');
  await session(acs, {}, { first: [complete(task.id)] });
  t.equal(await stateOf(acs, task), 'done');
});

t.test('a Download that is carried out at once is done with its answer', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, DOWNLOAD);
  await session(acs, {
    Download: {
      kind: 'response',
      rpc: 'Download',
      args: { Status: 0, StartTime: UNKNOWN_TIME, CompleteTime: UNKNOWN_TIME },
    },
  });
  t.equal(await stateOf(acs, task), 'done');
});

t.test('a transfer without an end, and one without an answer, fail at their deadline', async (t) => {
  let now = Date.now();
  const acs = await knownDevice(t, { now: () => now, transferMs: 60_000, sessionTimeoutMs: 86_400_000 });
  const running = await add(acs, DOWNLOAD);
  await session(acs, { Download: STARTED });
  const unsure = await add(acs, DOWNLOAD);
  await session(acs, { Download: 'hang-up' });
  now += 50_000;
  await session(acs);
  t.strictSame([await stateOf(acs, running), await stateOf(acs, unsure)], ['running', 'unsure']);
  now += 60_000;
  const { asked } = await session(acs);
  t.strictSame(
    [await stateOf(acs, running), await stateOf(acs, unsure)],
    ['failed E_TASK_TIMEOUT', 'failed E_TASK_UNSURE'],
  );
  t.strictSame(asked, []);
});

t.test('a Reboot whose answer was lost is done when the modem tells of it, with its key', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, REBOOT);
  await session(acs, { Reboot: 'hang-up' });
  const events = (key: string) => ({ inform: { events: [['1 BOOT'], ['M Reboot', key]] } }) as const;
  const { asked } = await session(acs, {}, events('of somebody else'));
  t.equal(await stateOf(acs, task), 'unsure');
  t.strictSame(asked, []);
  await session(acs, {}, events(task.id));
  t.equal(await stateOf(acs, task), 'done');
});

t.test('a Reboot that two whole sessions in a row do not show was not done, and is sent again', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, REBOOT);
  await session(acs, { Reboot: 'hang-up' });
  t.strictSame((await session(acs)).asked, []);
  t.equal(await stateOf(acs, task), 'unsure');
  const again = await session(acs, { Reboot: { kind: 'response', rpc: 'Reboot', args: {} } });
  t.strictSame(rpcs(again), ['Reboot']);
  t.equal(await stateOf(acs, task), 'done');
  t.equal((await taskOf(acs, task)).attempts, 2);
});

t.test('a FactoryReset whose answer was lost is done when the modem comes as a new one', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, FACTORY_RESET);
  await session(acs, { FactoryReset: 'hang-up' });
  const { asked } = await session(acs, {}, { inform: { events: [['0 BOOTSTRAP'], ['1 BOOT']] } });
  t.equal(await stateOf(acs, task), 'done');
  t.strictSame(asked, []);
});

const ADD: Request<'AddObject'> = {
  kind: 'request',
  rpc: 'AddObject',
  args: { ObjectName: TABLE, ParameterKey: '' },
};

/** Answers what is asked of the table's names as if it had these instances; all else is right. */
const withInstances =
  (instances: readonly number[], say: CpeAnswer, asked: string[] = []): CpeScript =>
  (request) => {
    asked.push(request.rpc);
    if (request.rpc === 'AddObject' || request.rpc === 'DeleteObject') return say;
    if (request.rpc !== 'GetParameterNames') return goodCpe(TREE)(request);
    const { ParameterPath } = request.args;
    const names = instances.map((instance) => `${TABLE}${instance}.`);
    const listed = ParameterPath === TABLE ? names : names.filter((name) => name.startsWith(ParameterPath));
    if (listed.length === 0) return fault(9005);
    const ParameterList = listed.map((Name) => ({ Name, Writable: true }));
    return { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList } };
  };

t.test('an AddObject whose answer was lost is done when its key and a new instance are there', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, ADD);
  await session(acs, { AddObject: 'hang-up' });
  const asked: string[] = [];
  await playSession(acs.port, withInstances([2, 7], fault(9003), asked), {
    inform: { parameterKey: task.id },
  });
  t.strictSame(asked, ['GetParameterNames'], 'it is asked for, and not added again');
  t.equal(await stateOf(acs, task), 'done');
  t.match((await taskOf(acs, task)).answer, { InstanceNumber: 7, Status: 0 });
});

t.test(
  "after a factory reset a row that the store lacks may be the factory's, and gives no number",
  async (t) => {
    const acs = await knownDevice(t);
    const reset = await add(acs, FACTORY_RESET);
    await session(acs, { FactoryReset: { kind: 'response', rpc: 'FactoryReset', args: {} } });
    t.equal(await stateOf(acs, reset), 'done');
    const task = await add(acs, ADD);
    await session(acs, { AddObject: 'hang-up' });
    await playSession(acs.port, withInstances([2, 7], fault(9003)), { inform: { parameterKey: task.id } });
    t.equal(await stateOf(acs, task), 'failed E_TASK_UNSURE', 'its key is there, but 7 need not be its row');
  },
);

t.test('an AddObject that left neither key nor instance was not done, and is sent again', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, ADD);
  await session(acs, { AddObject: 'hang-up' });
  const added: Message = { kind: 'response', rpc: 'AddObject', args: { InstanceNumber: 3, Status: 0 } };
  const asked: string[] = [];
  await playSession(acs.port, withInstances([2], added, asked));
  t.strictSame(asked, ['GetParameterNames', 'AddObject']);
  t.equal(await stateOf(acs, task), 'done');
  t.equal((await acs.store.parameter(KEY, `${TABLE}3.`))?.writable, true, 'the instance is in the tree');
});

t.test('a new instance without the key, or the key without one, is no reason to add another', async (t) => {
  for (const [instances, ours] of [
    [[2, 7], false],
    [[2], true],
  ] as const) {
    const acs = await knownDevice(t);
    const task = await add(acs, ADD);
    await session(acs, { AddObject: 'hang-up' });
    const asked: string[] = [];
    for (let again = 0; again < 3; again++)
      await playSession(acs.port, withInstances(instances, fault(9003), asked), {
        inform: { parameterKey: ours ? task.id : '' },
      });
    t.notOk(asked.includes('AddObject'), 'it is not sent again');
    t.not(await stateOf(acs, task), 'done');
  }
});

t.test(
  'a factory reset hides what an AddObject or DeleteObject did, so that neither is sent again',
  async (t) => {
    const remove = {
      kind: 'request',
      rpc: 'DeleteObject',
      args: { ObjectName: `${TABLE}2.`, ParameterKey: '' },
    } as const;
    const keyed = {
      kind: 'request',
      rpc: 'SetParameterValues',
      args: { ParameterList: [], ParameterKey: '' },
    } as const;
    for (const request of [ADD, remove]) {
      for (const events of [[['0 BOOTSTRAP'], ['1 BOOT']], [['2 PERIODIC']]] as const) {
        const acs = await knownDevice(t);
        // The modem had a key of ours: without one it was reset, even if its BOOTSTRAP came before.
        await add(acs, keyed);
        await session(acs, {
          SetParameterValues: { kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } },
        });
        const task = await add(acs, request);
        await session(acs, { [request.rpc]: 'hang-up' });
        const asked: string[] = [];
        await playSession(acs.port, withInstances([2], fault(9003), asked), {
          inform: { events, parameterKey: '' },
        });
        t.notOk(asked.includes(request.rpc), `${request.rpc} is not sent again`);
        t.match(await taskOf(acs, task), { state: 'failed', error: { code: 'E_TASK_UNSURE' } });
      }
    }
  },
);

t.test('a DeleteObject whose answer was lost is asked for: what is gone is deleted', async (t) => {
  const acs = await knownDevice(t);
  const gone = { kind: 'request', rpc: 'DeleteObject', args: { ObjectName: `${TABLE}2.`, ParameterKey: '' } };
  const task = await add(acs, { ...gone, kind: 'request', rpc: 'DeleteObject' });
  await session(acs, { DeleteObject: 'hang-up' });
  const asked: string[] = [];
  await playSession(acs.port, withInstances([], fault(9005), asked), { inform: { parameterKey: task.id } });
  t.strictSame(asked, ['GetParameterNames']);
  t.equal(await stateOf(acs, task), 'done');
});

t.test('a DeleteObject whose object is still there is sent again', async (t) => {
  const acs = await knownDevice(t);
  const args = { ObjectName: `${TABLE}2.`, ParameterKey: '' };
  const task = await add(acs, { kind: 'request', rpc: 'DeleteObject', args });
  await session(acs, { DeleteObject: 'hang-up' });
  const asked: string[] = [];
  const deleted: Message = { kind: 'response', rpc: 'DeleteObject', args: { Status: 0 } };
  await playSession(acs.port, withInstances([2], deleted, asked));
  t.strictSame(asked, ['GetParameterNames', 'DeleteObject']);
  t.equal(await stateOf(acs, task), 'done');
  const left: string[] = [];
  for await (const { name } of acs.store.tree(KEY, `${TABLE}2.`)) left.push(name);
  t.strictSame(left, [], 'its parameters are forgotten');
});

t.test('a modem that answers a task with an empty POST is not asked again, and served on', async (t) => {
  const acs = await knownDevice(t);
  const mute = await add(acs, READ);
  const reboot = await add(acs, REBOOT);
  const last = await add(acs, {
    kind: 'request',
    rpc: 'GetParameterValues',
    args: { ParameterNames: [`${ROOT}P3`] },
  });
  const played = await session(acs, { GetParameterAttributes: 'empty', Reboot: 'empty' });
  t.strictSame(rpcs(played), ['GetParameterAttributes', 'Reboot', 'GetParameterValues']);
  t.equal(played.end, 'empty');
  t.equal(await stateOf(acs, mute), 'failed E_TASK_UNANSWERED');
  t.equal(await stateOf(acs, reboot), 'unsure');
  t.equal(await stateOf(acs, last), 'done');
});

t.test('a fault ends its task with the fault, and no other', async (t) => {
  const acs = await knownDevice(t);
  const refused = await add(acs, READ);
  const other = await add(acs, REBOOT);
  await session(acs, {
    GetParameterAttributes: fault(9005),
    Reboot: { kind: 'response', rpc: 'Reboot', args: {} },
  });
  t.strictSame([await stateOf(acs, refused), await stateOf(acs, other)], ['failed 9005', 'done']);
});

t.test('a second Inform in the middle begins a new session, which gets the task again', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, READ);
  let asked = 0;
  const played = await playSession(acs.port, (request) => {
    if (request.rpc !== 'GetParameterAttributes') return goodCpe(TREE)(request);
    asked += 1;
    return asked === 1 ? { inform: { events: [['1 BOOT']] } } : ATTRIBUTES;
  });
  t.equal(played.end, 'empty');
  t.strictSame(rpcs(played), ['GetParameterAttributes', 'GetParameterAttributes']);
  t.match(await taskOf(acs, task), { state: 'done', attempts: 2 });
  t.equal(acs.acs.openSessions, 0);
  t.strictSame(
    acs.seen.flatMap((seen) => (seen.is === 'session-ended' ? [seen.why] : [])),
    ['done', 'superseded', 'done'],
  );
});

t.test('a task that breaks ten sessions is given up, and those behind it are served', async (t) => {
  const acs = await knownDevice(t);
  const poison = await add(acs, READ);
  const behind = await add(acs, {
    kind: 'request',
    rpc: 'GetParameterValues',
    args: { ParameterNames: [`${ROOT}P3`] },
  });
  let sent = 0;
  for (let sessions = 0; sessions < 14; sessions++) {
    const played = await session(acs, { GetParameterAttributes: 'hang-up' });
    sent += rpcs(played).filter((rpc) => rpc === 'GetParameterAttributes').length;
  }
  t.equal(sent, 10);
  t.equal(await stateOf(acs, poison), 'failed E_TASK_UNANSWERED');
  t.equal(await stateOf(acs, behind), 'done');
});

t.test('of two Informs of one device at the same moment one session is left', async (t) => {
  const acs = await knownDevice(t);
  const task = await add(acs, READ);
  const clients = await Promise.all([1, 2, 3].map(() => connectCpe(acs.port)));
  t.teardown(() => {
    for (const client of clients) client.close();
  });
  for (const client of clients) client.send(post(informText()));
  await Promise.all(clients.map((client) => client.response().catch(() => undefined)));
  t.equal(acs.acs.openSessions, 1);
  await session(acs, { GetParameterAttributes: ATTRIBUTES });
  t.match(await taskOf(acs, task), { state: 'done', attempts: 1 });
});

t.test(
  'an answer that comes after the end of its session is refused, and its task is not lost',
  async (t) => {
    const acs = await knownDevice(t);
    const task = await add(acs, READ);
    const late = await connectCpe(acs.port);
    t.teardown(() => late.close());
    late.send(post(informText()));
    await late.response();
    late.send(post(''));
    const { message, id } = envelopeOf(await late.response());
    t.ok(isForCpe(message));
    // It connects again, and its new session ends this one.
    const second = await connectCpe(acs.port);
    t.teardown(() => second.close());
    second.send(post(informText()));
    await second.response();
    late.send(post(envelopeText(ATTRIBUTES, id)));
    t.equal((await late.response()).status, 400);
    t.equal(await stateOf(acs, task), 'new');
    second.close();
    await session(acs, { GetParameterAttributes: ATTRIBUTES });
    t.match(await taskOf(acs, task), { state: 'done', attempts: 2 });
  },
);

/** A store of which some parts are others. */
const altered = (store: DeviceStore, parts: Partial<DeviceStore>): DeviceStore => ({
  get: (key) => store.get(key),
  list: () => store.list(),
  update: (key, change) => store.update(key, change),
  delete: (key) => store.delete(key),
  tree: (key, prefix) => store.tree(key, prefix),
  parameter: (key, name) => store.parameter(key, name),
  merge: (key, parameters) => store.merge(key, parameters),
  forget: (key, name) => store.forget(key, name),
  learned: (model) => store.learned(model),
  learn: (learned) => store.learn(learned),
  durable: () => store.durable(),
  close: () => store.close(),
  ...parts,
});

t.test('of Informs of one device that overtake each other one session is left', async (t) => {
  const store = await openStore('memory', '');
  const waiting: (() => void)[] = [];
  const acs = await acsFor(t, {
    data: {
      store: altered(store, {
        learned: async (model) => {
          await new Promise<void>((resolve) => waiting.push(resolve));
          return store.learned(model);
        },
      }),
      queue: await openQueue('memory', '', { owner: 'test' }),
    },
  });
  const clients = await Promise.all([1, 2, 3].map(() => connectCpe(acs.port)));
  t.teardown(() => {
    for (const client of clients) client.close();
  });
  const answers = clients.map(async (client) => {
    client.send(post(informText()));
    return (await client.response()).status;
  });
  while (waiting.length < clients.length) await new Promise((resolve) => setImmediate(resolve));
  for (const go of waiting) go();
  const statuses = await Promise.all(answers);
  t.ok(statuses.includes(200), statuses.join(' '));
  t.equal(acs.acs.openSessions, 1);
});

t.test('a rule that throws does not end the session, nor the tasks behind it', async (t) => {
  const data = {
    store: altered(await openStore('memory', ''), {
      tree: () => {
        throw new Error('the disk is gone');
      },
    }),
    queue: await openQueue('memory', '', { owner: 'test' }),
  };
  const acs = await acsFor(t, { data });
  let task: Task | undefined;
  const good = goodCpe(TREE);
  const played = await playSession(acs.port, async (request) => {
    if (request.rpc === 'GetParameterAttributes') return ATTRIBUTES;
    if (request.rpc === 'GetRPCMethods') task = await add(acs, READ);
    return good(request);
  });
  t.equal(played.end, 'empty');
  t.ok(rpcs(played).includes('GetParameterAttributes'));
  t.notOk(rpcs(played).includes('GetParameterValues'), 'the rule did fail');
  t.equal(task && (await stateOf(acs, task)), 'done');
  t.equal((await acs.store.get(KEY))?.discovery.state, 'none', 'it is tried again in the next session');
});

const ask = (ParameterPath: string): Request<CpeMethod> => ({
  kind: 'request',
  rpc: 'GetParameterNames',
  args: { ParameterPath, NextLevel: true },
});

t.test('each call of a rule becomes the next request, and its answer goes back to it', async (t) => {
  const heard: unknown[] = [];
  const conversation = new RuleRunner(async (cpe) => {
    heard.push(await cpe.call(ask('a.')));
    // Two calls at once go out one after the other.
    heard.push(...(await Promise.all([cpe.call(ask('b.')), cpe.call(ask('c.'))])));
  });
  const response: Message = { kind: 'response', rpc: 'GetParameterNames', args: { ParameterList: [] } };
  const refusal = { FaultCode: 9005, FaultString: '', SetParameterValuesFault: [] };
  t.strictSame(await conversation.next(), ask('a.'));
  conversation.settle({ is: 'response', response });
  t.strictSame(await conversation.next(), ask('b.'));
  conversation.settle({ is: 'fault', fault: refusal });
  t.strictSame(await conversation.next(), ask('c.'));
  conversation.settle({ is: 'unanswered' });
  t.equal(await conversation.next(), undefined);
  t.strictSame(heard, [{ is: 'response', response }, { is: 'fault', fault: refusal }, { is: 'unanswered' }]);
  t.equal(await conversation.next(), undefined, 'after the end there is nothing more');
  conversation.settle({ is: 'unanswered' });
});

t.test('what a rule throws is thrown once by the next request, and then it is over', async (t) => {
  const early = new RuleRunner(async () => {
    throw new Error('before its first call');
  });
  await t.rejects(early.next(), { message: 'before its first call' });
  t.equal(await early.next(), undefined);
  const late = new RuleRunner(async (cpe) => {
    await cpe.call(ask('a.'));
    throw new Error('after it');
  });
  t.strictSame(await late.next(), ask('a.'));
  late.settle({ is: 'unanswered' });
  await t.rejects(late.next(), { message: 'after it' });
  t.equal(await late.next(), undefined);
});

/** The codes of what the calls of a rule were rejected with. */
async function codesOf(calls: (cpe: Cpe) => readonly Promise<unknown>[], cpe: Cpe): Promise<string[]> {
  const codes: string[] = [];
  for (const call of calls(cpe)) {
    await call.catch((error: unknown) => {
      codes.push(error instanceof ModemlabError ? error.code : String(error));
    });
  }
  return codes;
}

t.test('when the session breaks every call of its rule is rejected, waiting or to come', async (t) => {
  const codes: string[] = [];
  let over = (): void => undefined;
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  const conversation = new RuleRunner(async (cpe) => {
    codes.push(...(await codesOf((to) => [to.call(ask('a.')), to.call(ask('b.'))], cpe)));
    codes.push(...(await codesOf((to) => [to.call(ask('c.'))], cpe)));
    over();
  });
  t.strictSame(await conversation.next(), ask('a.'));
  conversation.settle({ is: 'lost' });
  await ended;
  t.strictSame(codes, ['E_SESSION_LOST', 'E_SESSION_LOST', 'E_SESSION_LOST']);
  t.equal(await conversation.next(), undefined);
});

t.test('a session that ends while nothing is outstanding breaks its rule too', async (t) => {
  const conversation = new RuleRunner(async (cpe) => {
    await cpe.call(ask('a.'));
  });
  conversation.break();
  await t.rejects(conversation.next(), { code: 'E_SESSION_LOST' });
  conversation.break();
});

t.test('what a modem does after its Inform is noted too, and counted once a session', async (t) => {
  const acs = await acsFor(t);
  const noted = async (): Promise<unknown> => (await acs.store.get(KEY))?.quirks;
  const good = goodCpe(TREE);
  // Untyped values and an empty list that closes itself: neither is in the Inform.
  const script: CpeScript = (request, id) => {
    const said = good(request);
    if (request.rpc !== 'GetParameterValues') return said;
    return { raw: envelopeText(said, id).replaceAll(' xsi:type="xsd:string"', '') };
  };
  await playSession(acs.port, script);
  t.match(await noted(), { 'Q-AT-08': 1, 'Q-HT-04': 1 }, 'the missing Content-Type is in both');
  for (const [counted, contentType] of [
    [1, 2],
    [2, 3],
    [3, 4],
  ]) {
    await add(acs, {
      kind: 'request',
      rpc: 'GetParameterValues',
      args: { ParameterNames: [`${ROOT}P3`] },
    });
    await playSession(acs.port, script);
    t.match(await noted(), { 'Q-AT-08': counted, 'Q-HT-04': contentType }, 'it waits for the next Inform');
  }
});
