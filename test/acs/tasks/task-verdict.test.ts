/** What became of a request whose answer was lost: what proves it, what does not, and what stays open. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import type { QueueFiles } from '../../../acs/queue/files.ts';
import { systemFiles } from '../../../acs/queue/files.ts';
import { openQueue } from '../../../acs/queue/open.ts';
import type { Task } from '../../../acs/queue/queue.ts';
import { taskIds } from '../../../acs/queue/task-id.ts';
import { openStore } from '../../../acs/store/open.ts';
import { delayOf, keyVerdict, verdictOf } from '../../../acs/tasks/task-verdict.ts';
import type { CpeAnswer, CpeScript } from '../../../peers/cpe-session.ts';
import { fault, playSession } from '../../../peers/cpe-session.ts';
import { goodCpe, leavesOf } from '../../../peers/cpe-tree.ts';
import { type InformOf, informArgs } from '../../../peers/samples/invented-modem.ts';
import type { CpeMethod, Message, Request } from '../../../protocol/cwmp/messages.ts';
import type { TestAcs } from '../../support/acs/run-acs.ts';
import { runAcs } from '../../support/acs/run-acs.ts';
import { filesTwice } from '../../support/acs/task-load.ts';

const KEY = '00A1B2-Gateway%201-S0001';
const TABLE = 'InternetGatewayDevice.LANDevice.1.Hosts.Host.';
const ADD = { kind: 'request', rpc: 'AddObject', args: { ObjectName: TABLE, ParameterKey: '' } } as const;
const DELETE = {
  kind: 'request',
  rpc: 'DeleteObject',
  args: { ObjectName: `${TABLE}2.`, ParameterKey: '' },
} as const;
const REBOOT = { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } } as const;
const RESET = { kind: 'request', rpc: 'FactoryReset', args: {} } as const;
const READ = {
  kind: 'request',
  rpc: 'GetParameterNames',
  args: { ParameterPath: TABLE, NextLevel: true },
} as const;
const newId = taskIds(() => 1_700_000_000_000);

const taskOf = (request: Request<CpeMethod>, more: Partial<Task> = {}): Task => ({
  id: newId(KEY),
  device: KEY,
  request,
  state: 'unsure',
  attempts: 1,
  acceptedAt: '2026-01-01T00:00:00.000Z',
  ...more,
});

t.test('events prove Reboot and FactoryReset, and a BOOTSTRAP that may be an old one does not', async (t) => {
  const reboot = taskOf(REBOOT);
  const reset = taskOf(RESET);
  const inform = (events: InformOf['events'], retryCount = 0) =>
    informArgs({ ...(events === undefined ? {} : { events }), retryCount });
  const unsure = { is: 'failed', error: { code: 'E_TASK_UNSURE' } };
  const boot = inform([['1 BOOT'], ['M Reboot', reboot.id]]);
  t.strictSame(verdictOf(reboot, boot, []), { is: 'done', answer: {} });
  t.equal(verdictOf(reboot, inform([['1 BOOT'], ['M Reboot', newId(KEY)]]), []), 'missing', "another's key");
  t.strictSame(
    verdictOf(reboot, inform([['0 BOOTSTRAP'], ['1 BOOT']]), []),
    unsure,
    'M Reboot was discarded',
  );
  t.equal(verdictOf(reset, inform([['1 BOOT']]), []), 'missing');
  t.strictSame(verdictOf(reset, inform([['0 BOOTSTRAP']]), ['2 PERIODIC']), { is: 'done', answer: {} });
  t.strictSame(verdictOf(reset, inform([['0 BOOTSTRAP']]), ['0 BOOTSTRAP']), { is: 'done', answer: {} });
  t.strictSame(verdictOf(reset, inform([['0 BOOTSTRAP']], 1), ['0 BOOTSTRAP']), unsure, 'repeated');
});

t.test('only a ParameterKey of ours proves anything, and none that a user chose', async (t) => {
  const add = taskOf(ADD);
  const shows = (parameterKey: string, task = add) => keyVerdict(task, informArgs({ parameterKey }));
  t.equal(shows(add.id), 'done');
  t.equal(shows(newId(KEY)), 'not-done', 'an earlier task of the device');
  t.equal(shows(newId('00A1B2-Gateway%201-S0002')), 'unknown', 'a task of another device');
  for (const key of ['', 'unsetCommandKey', 'k7', 'null']) t.equal(shows(key), 'unknown', key);
  const named = taskOf({ ...ADD, args: { ...ADD.args, ParameterKey: 'mine' } });
  t.equal(shows('mine', named), 'unknown', 'it may have been there before');
  t.equal(shows(newId(KEY), named), 'unknown');
});

const DOWNLOAD = {
  CommandKey: '',
  FileType: '3 Vendor Configuration File',
  URL: 'http://127.0.0.1/user.ini',
  Username: '',
  Password: '',
  FileSize: 0,
  TargetFileName: '',
} as const;

t.test('a delay that the request asks for is no delay of the modem', async (t) => {
  const later = { ...DOWNLOAD, DelaySeconds: 90_000, SuccessURL: '', FailureURL: '' };
  t.equal(delayOf(taskOf({ kind: 'request', rpc: 'Download', args: later })), 90_000_000);
  const window = {
    WindowStart: 0,
    WindowEnd: 7200,
    WindowMode: '1 At Any Time',
    UserMessage: '',
    MaxRetries: 0,
  };
  const args = { ...DOWNLOAD, TimeWindowList: [{ ...window, WindowEnd: 60 }, window] };
  t.equal(delayOf(taskOf({ kind: 'request', rpc: 'ScheduleDownload', args })), 7_200_000);
  t.equal(delayOf(taskOf(REBOOT)), 0);

  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, { kind: 'request', rpc: 'Download', args: later });
  const time = '0001-01-01T00:00:00Z';
  const started = { Status: 1, StartTime: time, CompleteTime: time };
  await session(acs, { Download: { kind: 'response', rpc: 'Download', args: started } });
  const { sentAt = '', deadline = '' } = (await acs.queue.get(task.id)) ?? {};
  t.ok(Date.parse(deadline) - Date.parse(sentAt) >= 90_000_000 + 24 * 3_600_000, deadline);
});

/** An ACS that knows the device already, so that only tasks are asked of it. */
async function knownDevice(t: Test, options: Parameters<typeof runAcs>[0] = {}): Promise<TestAcs> {
  const acs = await runAcs(options);
  t.teardown(() => acs.stop());
  await playSession(acs.port, goodCpe({ leaves: leavesOf(12) }));
  return acs;
}

type Answers = Readonly<Partial<Record<CpeMethod, CpeAnswer>>>;

/**
 * A session in which the modem says this, and otherwise the right thing. Resolves with the RPCs that it was
 * asked.
 */
async function session(acs: TestAcs, say: Answers, inform: InformOf = {}): Promise<readonly CpeMethod[]> {
  const good = goodCpe({ leaves: leavesOf(12) });
  const script: CpeScript = (request) => say[request.rpc] ?? good(request);
  const { asked } = await playSession(acs.port, script, { inform });
  return asked.map(({ rpc }) => rpc);
}

const rows = (...numbers: readonly number[]): Message => ({
  kind: 'response',
  rpc: 'GetParameterNames',
  args: { ParameterList: numbers.map((number) => ({ Name: `${TABLE}${number}.`, Writable: true })) },
});
const added = (InstanceNumber: number): Message => ({
  kind: 'response',
  rpc: 'AddObject',
  args: { InstanceNumber, Status: 0 },
});

async function stateOf(acs: TestAcs, { id }: Task): Promise<string> {
  const task = await acs.queue.get(id);
  return [task?.state, task?.error?.code ?? task?.fault?.FaultCode].filter(Boolean).join(' ');
}

t.test(
  'a new row without our key ends an AddObject as unsure, before anyone can take the row for an old one',
  async (t) => {
    const acs = await knownDevice(t);
    await acs.store.merge(KEY, [{ name: `${TABLE}2.`, writable: true }]);
    const task = await acs.queue.add(KEY, ADD);
    await session(acs, { AddObject: 'hang-up' });
    const read = await acs.queue.add(KEY, READ);
    // The modem did it, and keeps no ParameterKey. The second task makes the row known.
    const asked = await session(acs, { GetParameterNames: rows(2, 7), AddObject: added(8) });
    t.strictSame(asked, ['GetParameterNames', 'GetParameterNames']);
    t.equal(await stateOf(acs, task), 'failed E_TASK_UNSURE');
    t.equal(await stateOf(acs, read), 'done');
    t.strictSame(await session(acs, { GetParameterNames: rows(2, 7), AddObject: added(8) }), []);
  },
);

t.test(
  'the key of an earlier task proves that an AddObject was not done, also before the tree is known',
  async (t) => {
    const acs = await runAcs();
    t.teardown(() => acs.stop());
    const set = { ParameterList: [], ParameterKey: '' };
    const earlier = await acs.queue.add(KEY, { kind: 'request', rpc: 'SetParameterValues', args: set });
    const task = await acs.queue.add(KEY, ADD);
    await session(acs, {
      SetParameterValues: { kind: 'response', rpc: 'SetParameterValues', args: { Status: 0 } },
      AddObject: 'hang-up',
    });
    t.equal(await stateOf(acs, earlier), 'done');
    const say = { GetParameterNames: rows(1, 2), AddObject: added(3) };
    const asked = await session(acs, say, { parameterKey: earlier.id });
    t.strictSame(asked.slice(0, 2), ['GetParameterNames', 'AddObject']);
    t.match((await acs.queue.get(task.id))?.answer, { InstanceNumber: 3 });
  },
);

t.test('a row that the answer of an earlier AddObject names is not taken for the new one', async (t) => {
  const acs = await knownDevice(t);
  const first = await acs.queue.add(KEY, ADD);
  await session(acs, { AddObject: added(9) });
  // As after a crash between the end of the task and the tree.
  await acs.store.forget(KEY, `${TABLE}9.`);
  const second = await acs.queue.add(KEY, ADD);
  await session(acs, { AddObject: 'hang-up' }, { parameterKey: first.id });
  const say = { GetParameterNames: rows(9), AddObject: added(10) };
  t.strictSame(await session(acs, say, { parameterKey: first.id }), ['GetParameterNames', 'AddObject']);
  t.match((await acs.queue.get(second.id))?.answer, { InstanceNumber: 10 });
});

t.test('an AddObject that is proved done is in the tree', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, ADD);
  await session(acs, { AddObject: 'hang-up' });
  await session(acs, { GetParameterNames: rows(4) }, { parameterKey: task.id });
  t.equal(await stateOf(acs, task), 'done');
  t.equal((await acs.store.parameter(KEY, `${TABLE}4.`))?.writable, true);
});

t.test('after an AddObject without an answer nothing more is asked in its session', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, ADD);
  await acs.queue.add(KEY, READ);
  t.strictSame(await session(acs, { AddObject: 'empty' }), ['AddObject']);
  t.equal(await stateOf(acs, task), 'unsure');
});

t.test('a modem that will not list its table leaves an AddObject unsure, and is served on', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, ADD);
  await session(acs, { AddObject: 'hang-up' });
  const reboot = await acs.queue.add(KEY, REBOOT);
  const done: Message = { kind: 'response', rpc: 'Reboot', args: {} };
  const asked = await session(acs, { GetParameterNames: fault(9002), Reboot: done });
  t.strictSame(asked, ['GetParameterNames', 'Reboot']);
  t.equal(await stateOf(acs, task), 'failed E_TASK_UNSURE');
  t.equal(await stateOf(acs, reboot), 'done');
});

t.test(
  'an object that is gone proves a DeleteObject only where it was known, and no reset took it',
  async (t) => {
    const cases = [
      // ParameterKey, whether the object was known, what the task ends as.
      ['unsetCommandKey', true, 'done'],
      ['unsetCommandKey', false, 'failed E_TASK_UNSURE'],
      ['', true, 'failed E_TASK_UNSURE'],
    ] as const;
    for (const [parameterKey, isKnown, end] of cases) {
      const acs = await knownDevice(t);
      await acs.store.forget(KEY, `${TABLE}2.`);
      if (isKnown) await acs.store.merge(KEY, [{ name: `${TABLE}2.`, writable: true }]);
      const task = await acs.queue.add(KEY, DELETE);
      await session(acs, { DeleteObject: 'hang-up' });
      const asked = await session(acs, { GetParameterNames: fault(9005) }, { parameterKey });
      t.strictSame(asked, ['GetParameterNames']);
      t.equal(await stateOf(acs, task), end, `${parameterKey} ${isKnown}`);
    }
  },
);

t.test('an empty list does not say that an object is gone, nor that it is there', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, DELETE);
  await session(acs, { DeleteObject: 'hang-up' });
  t.strictSame(await session(acs, { GetParameterNames: rows() }), ['GetParameterNames']);
  t.equal(await stateOf(acs, task), 'failed E_TASK_UNSURE');
});

t.test('what a session showed of one sending of a Reboot says nothing of the next', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, REBOOT);
  await session(acs, { Reboot: 'hang-up' });
  t.strictSame(await session(acs, {}), [], 'a whole session without M Reboot');
  await acs.queue.retry(task.id);
  t.strictSame(await session(acs, { Reboot: 'hang-up' }), ['Reboot'], 'sent again, because a user says so');
  t.strictSame(await session(acs, {}), [], 'the modem may be about to do it');
  const done: Message = { kind: 'response', rpc: 'Reboot', args: {} };
  t.strictSame(await session(acs, { Reboot: done }), ['Reboot'], 'two sessions later it was not done');
});

t.test('a FactoryReset is not proved by the BOOTSTRAP of the session that it broke', async (t) => {
  const acs = await knownDevice(t);
  const task = await acs.queue.add(KEY, RESET);
  await session(acs, { FactoryReset: 'hang-up' }, { events: [['0 BOOTSTRAP']] });
  t.strictSame(await session(acs, {}, { events: [['0 BOOTSTRAP']], retryCount: 1 }), []);
  t.equal(await stateOf(acs, task), 'failed E_TASK_UNSURE');
});

t.test('a task whose answer could not be kept is not held for ever', async (t) => {
  const store = await openStore('memory', '');
  const queue = await openQueue('memory', '', { owner: 'test' });
  const acs = await knownDevice(t, { data: { store, queue } });
  const task = await queue.add(KEY, READ);
  const { merge } = store;
  store.merge = () => Promise.reject(new Error('the disk is full'));
  await t.rejects(session(acs, { GetParameterNames: rows(1) }), 'the session breaks');
  store.merge = merge;
  t.strictSame(await session(acs, { GetParameterNames: rows(1) }), ['GetParameterNames']);
  t.equal(await stateOf(acs, task), 'done');
});

t.test('where a session begins, what another server has of its device comes back', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-evidence-'));
  const one = await openQueue('dir', folder, { owner: 'one' });
  const two = await openQueue('dir', folder, { owner: 'two' });
  t.teardown(async () => {
    await one.close();
    await two.close();
    await rm(folder, { recursive: true, force: true });
  });
  const ids: string[] = [];
  for (const request of [REBOOT, READ, REBOOT]) ids.push((await one.add(KEY, request)).id);
  const held: Task[] = [];
  for (const _ of ids) {
    const task = await one.claim(KEY);
    if (task !== undefined) held.push(held.length < 2 ? await one.markSent(task) : task);
  }
  await one.takeOver(KEY);
  const states = async () => Promise.all(ids.map(async (id) => (await two.get(id))?.state));
  t.strictSame(await states(), ['sent', 'sent', 'claimed'], 'its own are left to it');
  await two.takeOver(KEY);
  t.strictSame(await states(), ['unsure', 'new', 'new']);
  for (const task of held.slice(1)) await t.rejects(one.giveBack(task), { code: 'E_TASK_STATE' });
  t.strictSame(await filesTwice(folder), []);
});

t.test('a task whose end is being written is not taken over', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-evidence-'));
  const two = await openQueue('dir', folder, { owner: 'two' });
  const files = systemFiles(true);
  let meanwhile = async (): Promise<void> => undefined;
  const slow: QueueFiles = {
    ...files,
    rename: async (from, to) => {
      await meanwhile();
      const moved = await files.rename(from, to);
      await meanwhile();
      return moved;
    },
  };
  const one = await openQueue('dir', folder, { owner: 'one', files: slow });
  t.teardown(async () => {
    await one.close();
    await two.close();
    await rm(folder, { recursive: true, force: true });
  });
  const { id } = await one.add(KEY, REBOOT);
  const claimed = await one.claim(KEY);
  if (claimed === undefined) throw new Error('nothing to claim');
  const sent = await one.markSent(claimed);
  let renames = 0;
  meanwhile = async () => {
    renames += 1;
    // Not before the first rename: then the other server would be the faster one.
    if (renames > 1) await two.takeOver(KEY);
  };
  await one.end(sent, { is: 'done', answer: {} });
  t.ok(renames > 3);
  t.equal((await two.get(id))?.state, 'done');
  t.strictSame(await filesTwice(folder), []);
});
