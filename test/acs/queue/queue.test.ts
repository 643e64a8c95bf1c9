import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { storageName } from '../../../acs/device-key.ts';
import { systemProcesses } from '../../../acs/processes.ts';
import { openQueue } from '../../../acs/queue/open.ts';
import { QUEUE_KINDS, type QueueOptions } from '../../../acs/queue/options.ts';
import type { Task, TaskQueue, TaskState } from '../../../acs/queue/queue.ts';
import { isTaskId, taskIds } from '../../../acs/queue/task-id.ts';
import { readTaskName, writeTaskName } from '../../../acs/queue/task-name.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../../protocol/errors.ts';
import {
  type Breakage,
  brokenFiles,
  Crash,
  pretendedProcesses,
  quickFiles,
} from '../../support/acs/broken-files.ts';
import { gather } from '../../support/acs/device-record.ts';

const repeatable: Request<CpeMethod> = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
const once: Request<CpeMethod> = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } };
const DEVICE = '00147F-SpeedTouch%20780-CP0638JT5PH';

async function folderFor(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-queue-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** What must be there. */
function present<T>(value: T | undefined): T {
  assert.ok(value !== undefined, 'nothing there');
  return value;
}

const claimed = async (queue: TaskQueue, device = DEVICE): Promise<Task> =>
  present(await queue.claim(device));
const sent = async (queue: TaskQueue, device = DEVICE): Promise<Task> =>
  queue.markSent(await claimed(queue, device));
const states = async (queue: TaskQueue): Promise<TaskState[]> =>
  (await gather(queue.list())).map(({ state }) => state);

for (const kind of QUEUE_KINDS) {
  const queueFor = async (t: Test, options: Partial<QueueOptions> = {}): Promise<TaskQueue> => {
    const queue = await openQueue(kind, await folderFor(t), { owner: 'acs-1', ...options });
    t.teardown(() => queue.close());
    return queue;
  };

  t.test(`${kind}: a task goes from new to done with its answer`, async (t) => {
    const now = Date.parse('2026-03-04T05:06:07.890Z');
    const queue = await queueFor(t, { now: () => now, leaseMs: 60_000 });
    const added = await queue.add(DEVICE, once);
    t.strictSame(added, {
      id: added.id,
      device: DEVICE,
      request: once,
      state: 'new',
      attempts: 0,
      acceptedAt: '2026-03-04T05:06:07.890Z',
    });
    t.strictSame(await queue.get(added.id), added);
    const held = { ...added, state: 'claimed', owner: 'acs-1', leaseUntil: '2026-03-04T05:07:07.890Z' };
    t.strictSame(await queue.claim(DEVICE), held);
    t.equal(await queue.claim(DEVICE), undefined, 'a task is claimed once');
    const sent = await queue.markSent({ ...added, state: 'claimed' });
    t.strictSame(sent, { ...held, state: 'sent', attempts: 1, sentAt: '2026-03-04T05:06:07.890Z' });
    t.strictSame(await queue.get(added.id), sent);
    const done = await queue.end(sent, { is: 'done', answer: { MethodList: ['ä'] } });
    t.strictSame(done, {
      ...added,
      state: 'done',
      attempts: 1,
      sentAt: '2026-03-04T05:06:07.890Z',
      endedAt: '2026-03-04T05:06:07.890Z',
      answer: { MethodList: ['ä'] },
    });
    t.strictSame(await gather(queue.list()), [done]);
    t.strictSame(await queue.open(DEVICE), []);
    await t.rejects(queue.end(sent, { is: 'done', answer: {} }), { code: 'E_TASK_STATE' });
    await t.rejects(queue.markSent(done), { code: 'E_TASK_STATE' });
    await t.rejects(queue.retry(done.id), { code: 'E_TASK_STATE' });
    await t.rejects(queue.cancel(done.id), { code: 'E_TASK_STATE' });
  });

  t.test(
    `${kind}: tasks come oldest first, each device its own; what is given back comes first again`,
    async (t) => {
      const queue = await queueFor(t);
      const added: Task[] = [];
      for (let index = 0; index < 12; index += 1)
        added.push(await queue.add(index % 2 === 0 ? 'A-1' : 'A-2', once));
      t.strictSame(
        (await gather(queue.list())).map(({ id }) => id),
        added.map(({ id }) => id),
      );
      t.strictSame((await gather(queue.list('A-2'))).length, 6);
      t.strictSame(await gather(queue.list('A-3')), []);
      const first = await sent(queue, 'A-1');
      t.equal(first.id, added[0]?.id);
      const second = await claimed(queue, 'A-1');
      t.equal(second.id, added[2]?.id);
      await queue.giveBack(second);
      t.equal((await claimed(queue, 'A-1')).id, second.id);
      const back = await queue.giveBack(first);
      t.match(back, { state: 'new', attempts: 1, sentAt: first.sentAt });
      t.notOk('owner' in back);
      t.strictSame(await claimed(queue, 'A-1').then(({ id, attempts }) => ({ id, attempts })), {
        id: first.id,
        attempts: 1,
      });
      t.equal((await claimed(queue, 'A-2')).id, added[1]?.id);
    },
  );

  t.test(`${kind}: unsure and running tasks are open until they end, and block nothing`, async (t) => {
    const queue = await queueFor(t);
    for (let index = 0; index < 4; index += 1) await queue.add(DEVICE, once);
    const unsure = await queue.markUnsure(await sent(queue));
    t.match(unsure, { state: 'unsure', attempts: 1 });
    const deadline = new Date('2026-03-04T06:00:00.000Z');
    const running = await queue.markRunning(await sent(queue), deadline);
    t.match(running, { state: 'running', deadline: '2026-03-04T06:00:00.000Z' });
    await sent(queue);
    t.strictSame(await queue.open(DEVICE), [unsure, running]);
    t.strictSame(await states(queue), ['unsure', 'running', 'sent', 'new']);
    const fault = { FaultCode: 9010, FaultString: 'Download failure', SetParameterValuesFault: [] };
    t.match(await queue.end(running, { is: 'failed', fault }), { state: 'failed', fault });
    t.equal((await queue.markRunning(unsure, deadline)).state, 'running');
    t.equal((await queue.markUnsure(unsure)).state, 'unsure');
    t.equal((await queue.giveBack(unsure)).state, 'new');
    t.strictSame(await queue.open(DEVICE), []);
    t.equal((await claimed(queue)).id, unsure.id);
  });

  t.test(`${kind}: a failed or unsure task can be tried again, with its attempts kept`, async (t) => {
    const queue = await queueFor(t);
    const { id } = await queue.add(DEVICE, once);
    await t.rejects(queue.retry(id), { code: 'E_TASK_STATE' });
    const failed = await queue.end(await sent(queue), {
      is: 'failed',
      error: { code: 'E_TASK_UNANSWERED', place: 'x' },
    });
    t.match(failed, { state: 'failed', error: { code: 'E_TASK_UNANSWERED', place: 'x' }, attempts: 1 });
    const again = await queue.retry(id);
    t.match(again, { id, state: 'new', attempts: 1, sentAt: failed.sentAt });
    t.notOk('error' in again);
    t.strictSame(await queue.get(id), again);
    await t.rejects(queue.retry(id), { code: 'E_TASK_STATE' });
    const unsure = await queue.markUnsure(await sent(queue));
    t.equal(unsure.attempts, 2);
    t.match(await queue.retry(id), { id, state: 'new', attempts: 2 });
    const held = await claimed(queue);
    await t.rejects(queue.retry(id), { code: 'E_TASK_STATE' });
    await queue.markRunning(await queue.markSent(held), new Date());
    await t.rejects(queue.retry(id), { code: 'E_TASK_STATE' });
    for (const unknown of ['01HZZZZZZZZZZZZZZZZZZZZZZZ', '', '../../x', '__proto__'])
      await t.rejects(queue.retry(unknown), { code: 'E_TASK_UNKNOWN' });
  });

  t.test(`${kind}: a task that no modem has can be cancelled, one that is with a modem cannot`, async (t) => {
    const queue = await queueFor(t);
    const fresh = await queue.add(DEVICE, once);
    const cancelled = await queue.cancel(fresh.id);
    t.match(cancelled, { state: 'failed', attempts: 0, error: { code: 'E_TASK_STATE' } });
    t.equal(await queue.claim(DEVICE), undefined);
    await queue.add(DEVICE, once);
    const held = await claimed(queue);
    await t.rejects(queue.cancel(held.id), { code: 'E_TASK_STATE' });
    const sent = await queue.markSent(held);
    await t.rejects(queue.cancel(held.id), { code: 'E_TASK_STATE' });
    await queue.markRunning(sent, new Date());
    t.match(await queue.cancel(held.id), { state: 'failed', attempts: 1 });
    await t.rejects(queue.cancel(held.id), { code: 'E_TASK_STATE' });
    await t.rejects(queue.cancel('01HZZZZZZZZZZZZZZZZZZZZZZZ'), { code: 'E_TASK_UNKNOWN' });
    t.strictSame(await states(queue), ['failed', 'failed']);
  });

  t.test(`${kind}: waiting ends with the task, with the time, or at once`, async (t) => {
    const queue = await queueFor(t);
    t.equal(await queue.wait('01HZZZZZZZZZZZZZZZZZZZZZZZ', 60_000), undefined);
    const { id } = await queue.add(DEVICE, once);
    t.equal((await queue.wait(id, 1))?.state, 'new');
    const waits = [queue.wait(id, 60_000), queue.wait(id, 60_000)];
    await queue.end(await sent(queue), { is: 'done', answer: {} });
    t.strictSame(
      (await Promise.all(waits)).map((task) => task?.state),
      ['done', 'done'],
    );
    t.equal((await queue.wait(id, 60_000))?.state, 'done');
    const other = await queue.add(DEVICE, once);
    const open = queue.wait(other.id, 60_000);
    const cancel = queue.wait(other.id, 60_000);
    await queue.cancel(other.id);
    t.equal((await cancel)?.state, 'failed');
    t.equal((await open)?.state, 'failed');
  });

  t.test(`${kind}: of ended tasks the newest are kept`, async (t) => {
    const queue = await queueFor(t, { keep: 5 });
    const ids: string[] = [];
    for (let index = 0; index < 9; index += 1) {
      ids.push((await queue.add(DEVICE, repeatable)).id);
      await queue.end(await sent(queue), { is: 'done', answer: {} });
    }
    const failed = await queue.add(DEVICE, repeatable);
    await queue.cancel(failed.id);
    t.strictSame(
      (await gather(queue.list())).map(({ id }) => id),
      [...ids.slice(4), failed.id],
    );
    t.equal(await queue.get(ids[0] ?? ''), undefined);
  });

  t.test(`${kind}: arguments that do not fit the RPC are refused with their place`, async (t) => {
    const queue = await queueFor(t);
    const long: Request<CpeMethod> = { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'x'.repeat(33) } };
    await t.rejects(queue.add(DEVICE, long), { code: 'E_TASK_INVALID', place: /Reboot\.CommandKey/ });
    t.strictSame(await states(queue), []);
  });

  t.test(`${kind}: device names are data, whatever they look like`, async (t) => {
    const folder = await folderFor(t);
    const queue = await openQueue(kind, join(folder, 'data'), { owner: '../../o' });
    const devices = [
      '__proto__',
      '../../x',
      '..',
      '.',
      '',
      'a/b',
      'a\0b',
      'x'.repeat(5000),
      'Ä中😀',
      '\ud800',
      '.drafts',
      'format.json',
    ];
    const ids = new Map<string, string>();
    for (const device of devices) ids.set(device, (await queue.add(device, once)).id);
    for (const device of devices) {
      const id = ids.get(device) ?? '';
      assert.equal((await queue.get(id))?.device, device);
      const task = await sent(queue, device);
      assert.equal(task.id, id);
      assert.equal(task.device, device);
      assert.equal(await queue.claim(device), undefined);
      assert.equal((await queue.end(task, { is: 'done', answer: {} })).device, device);
      assert.deepEqual(
        (await gather(queue.list(device))).map((one) => one.id),
        [id],
      );
    }
    t.equal((await states(queue)).length, devices.length);
    await queue.close();
    t.strictSame(await readdir(folder), kind === 'memory' ? [] : ['data'], 'nothing was written elsewhere');
  });

  t.test(`${kind}: a queue that is closed gives back what it held, and ends what waits for it`, async (t) => {
    const folder = await folderFor(t);
    const queue = await openQueue(kind, folder, { owner: 'acs-1' });
    for (const request of [once, repeatable, once]) await queue.add(DEVICE, request);
    const first = await sent(queue);
    await sent(queue);
    await claimed(queue);
    const waiting = queue.wait(first.id, 60_000);
    await queue.close();
    t.equal((await waiting)?.id, first.id);
    const after = kind === 'memory' ? queue : await openQueue(kind, folder, { owner: 'acs-2' });
    t.strictSame(await states(after), ['unsure', 'new', 'new']);
  });
}

t.test('dir: an empty queue costs one look at a folder, and still nothing is missed', async (t) => {
  const folder = await folderFor(t);
  const [ours, theirs] = [
    await openQueue('dir', folder, { owner: 'a' }),
    await openQueue('dir', folder, { owner: 'b' }),
  ];
  for (let round = 0; round < 90; round += 1) {
    assert.equal(await ours.claim(DEVICE), undefined);
    const { id } = await theirs.add(DEVICE, repeatable);
    const task = await ours.claim(DEVICE);
    if (task?.id !== id) t.fail(`round ${round}: what another process added was not seen at once`);
    await ours.end(await ours.markSent(present(task)), { is: 'done', answer: {} });
    if (round % 30 === 29) await new Promise((resolve) => setTimeout(resolve, 120));
  }
  t.pass('every one was seen');
  await Promise.all([ours.close(), theirs.close()]);
});

t.test(
  'dir: tasks of a dead process come back at once: not sent or repeatable as new, others unsure',
  async (t) => {
    const folder = await folderFor(t);
    const dead = new Set<number>();
    const first = await openQueue('dir', folder, { owner: 'a', processes: pretendedProcesses(1, dead) });
    const second = await openQueue('dir', folder, { owner: 'b', processes: pretendedProcesses(2, dead) });
    const ids: string[] = [];
    for (const request of [once, repeatable, once, once]) ids.push((await first.add(DEVICE, request)).id);
    const running = await first.markRunning(await sent(first), new Date('2026-03-04T06:00:00.000Z'));
    await sent(first);
    await sent(first);
    await claimed(first);
    t.strictSame(await second.open(DEVICE), [running]);
    t.equal(await second.claim(DEVICE), undefined, 'while it lives nothing is taken from it');
    await t.rejects(second.cancel(ids[3] ?? ''), { code: 'E_TASK_STATE' });
    dead.add(1);
    t.strictSame(
      (await second.open(DEVICE)).map(({ id, state }) => [id, state]),
      [
        [ids[0], 'running'],
        [ids[2], 'unsure'],
      ],
    );
    t.strictSame(await states(second), ['running', 'new', 'unsure', 'new']);
    t.match(await claimed(second), { id: ids[1], attempts: 1, owner: 'b' });
    t.match(await claimed(second), { id: ids[3], attempts: 0 });
    await second.close();
  },
);

t.test('dir: a lease of another host ends with its time and the allowance for clocks', async (t) => {
  const folder = await folderFor(t);
  let now = Date.parse('2026-03-04T05:00:00Z');
  const options = { leaseMs: 60_000, skewMs: 10_000, now: () => now };
  const first = await openQueue('dir', folder, {
    owner: 'a',
    ...options,
    processes: pretendedProcesses(1, new Set(), 'h1'),
  });
  const second = await openQueue('dir', folder, {
    owner: 'b',
    ...options,
    processes: pretendedProcesses(1, new Set(), 'h2'),
  });
  await first.add(DEVICE, once);
  await first.add(DEVICE, once);
  const task = await sent(first);
  const other = await claimed(first);
  now += 70_000;
  t.equal(await second.claim(DEVICE), undefined);
  now += 1;
  t.strictSame(
    (await second.open(DEVICE)).map(({ id, state }) => [id, state]),
    [[task.id, 'unsure']],
  );
  t.equal((await claimed(second)).id, other.id);
  await t.rejects(
    first.markSent(other),
    { code: 'E_TASK_STATE' },
    'who lost the lease learns it before sending',
  );
  t.equal(
    (await first.end(task, { is: 'done', answer: {} })).state,
    'done',
    'the answer to an unsure task still counts',
  );
  t.strictSame(await states(second), ['done', 'claimed']);
});

t.test('dir: a damaged task is moved aside and reported, is not lost, and stops no other', async (t) => {
  const folder = await folderFor(t);
  const problems: ModemlabError[] = [];
  const queue = await openQueue('dir', folder, {
    owner: 'a',
    onProblem: (problem) => problems.push(problem),
  });
  const device = join(folder, 'queue', DEVICE);
  for (let index = 0; index < 7; index += 1) await queue.add(DEVICE, repeatable);
  const last = await queue.add(DEVICE, once);
  const files = (await readdir(join(device, 'new'))).sort();
  const text = await readFile(join(device, 'new', present(files[7])), 'utf8');
  const contents = [
    '',
    text.slice(0, -20),
    text.replace('Reboot', 'Inform'),
    text.replace('"k"', '5'),
    text.replace(DEVICE, 'other'),
    text,
    text.replace('"version": 1', '"version": 2'),
  ];
  for (const [index, content] of contents.entries())
    await writeFile(join(device, 'new', present(files[index])), content);
  await writeFile(join(device, 'new', 'note.json'), '{}');
  await writeFile(join(device, 'new', 'README'), 'kept');
  await mkdir(join(device, 'new', '.hidden'));
  t.equal((await claimed(queue)).id, last.id);
  t.equal(problems.length, 8);
  t.ok(
    problems.every(
      ({ code, place }) => code === 'E_DATA_UNREADABLE' && place?.includes(join(DEVICE, 'damaged')),
    ),
  );
  const aside = await readdir(join(device, 'damaged'));
  t.equal(aside.length, 8);
  const kept = await Promise.all(aside.map((file) => readFile(join(device, 'damaged', file), 'utf8')));
  t.strictSame(kept.sort(), [...contents, '{}'].sort(), 'byte for byte');
  t.strictSame((await readdir(join(device, 'new'))).sort(), ['.hidden', 'README']);
  await queue.close();
});

t.test('dir: a folder of another kind is refused, folders removed by hand are made again', async (t) => {
  const folder = await folderFor(t);
  const queue = await openQueue('dir', folder, { owner: 'a' });
  await queue.add(DEVICE, once);
  await rm(join(folder, 'queue', DEVICE), { recursive: true });
  t.equal(await queue.claim(DEVICE), undefined);
  const { id } = await queue.add(DEVICE, once);
  await rm(join(folder, 'queue', DEVICE, 'claimed'), { recursive: true });
  t.equal((await claimed(queue)).id, id);
  await queue.close();
  await writeFile(join(folder, 'queue', 'format.json'), '{"holds":"queue","kind":"dir","version":2}');
  await t.rejects(openQueue('dir', folder, { owner: 'a' }), { code: 'E_DATA_IN_USE', place: /format\.json/ });
});

t.test('dir: if the system reports no changes, waiting looks again', async (t) => {
  const queue = await openQueue('dir', await folderFor(t), { owner: 'a', local: false });
  const { id } = await queue.add(DEVICE, once);
  const waiting = queue.wait(id, 60_000);
  await queue.end(await sent(queue), { is: 'done', answer: {} });
  t.equal((await waiting)?.state, 'done');
  t.equal(await queue.claim(DEVICE), undefined);
  await queue.close();
});

/** Where a task may be, and be called, once its owner is dead and another server has looked. */
function recovered(state: TaskState, request: Request<CpeMethod>): TaskState {
  if (state === 'claimed') return 'new';
  if (state === 'sent') return request.rpc === 'Reboot' ? 'unsure' : 'new';
  return state;
}

/** Tasks that a script was promised, with the states that each may be in now. */
class Promised {
  readonly tasks = new Map<string, { request: Request<CpeMethod>; may: TaskState[] }>();

  async step(task: Task, next: TaskState, work: () => Promise<Task>): Promise<Task> {
    const entry = present(this.tasks.get(task.id));
    entry.may = [...entry.may, next];
    const after = await work();
    assert.equal(after.state, next);
    entry.may = [next];
    return after;
  }

  async add(queue: TaskQueue, request: Request<CpeMethod>): Promise<Task> {
    const task = await queue.add(DEVICE, request);
    this.tasks.set(task.id, { request, may: ['new'] });
    return task;
  }

  async claim(queue: TaskQueue): Promise<Task> {
    const [oldest] = [...this.tasks]
      .filter(([, { may }]) => may.length === 1 && may[0] === 'new')
      .map(([id]) => id)
      .sort();
    return this.step({ ...(await neverMind(oldest)) }, 'claimed', async () =>
      present(await queue.claim(DEVICE)),
    );
  }
}

/** A task of which only the id matters. */
async function neverMind(id: string | undefined): Promise<Task> {
  return { id: present(id), device: DEVICE, request: once, state: 'new', attempts: 0, acceptedAt: '' };
}

/** Every operation of the queue, on tasks of both sorts. */
async function useAll(queue: TaskQueue, promised: Promised): Promise<void> {
  for (const request of [once, repeatable]) {
    await promised.add(queue, request);
    const aside = await promised.add(queue, request);
    const held = await promised.claim(queue);
    await promised.step(held, 'new', () => queue.giveBack(held));
    const again = await promised.claim(queue);
    const sent = await promised.step(again, 'sent', () => queue.markSent(again));
    const unsure = await promised.step(sent, 'unsure', () => queue.markUnsure(sent));
    const running = await promised.step(unsure, 'running', () => queue.markRunning(unsure, new Date(0)));
    const fault = { FaultCode: 9002, FaultString: '', SetParameterValuesFault: [] };
    const failed = await promised.step(running, 'failed', () => queue.end(running, { is: 'failed', fault }));
    await promised.step(failed, 'new', () => queue.retry(failed.id));
    const third = await promised.claim(queue);
    const resent = await promised.step(third, 'sent', () => queue.markSent(third));
    await promised.step(resent, 'done', () =>
      queue.end(resent, { is: 'done', answer: { x: 'y'.repeat(99) } }),
    );
    await promised.step(aside, 'failed', () => queue.cancel(aside.id));
  }
  await queue.close();
}

/** A data folder whose queue is made already: what waits for the disk would take most of the time. */
async function quickFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-queue-'));
  await mkdir(join(folder, 'queue'));
  await writeFile(join(folder, 'queue', 'format.json'), '{"holds":"queue","kind":"dir","version":1}');
  return folder;
}

async function operations(): Promise<number> {
  const folder = await quickFolder();
  const files = brokenFiles(0, 'before');
  const queue = await openQueue('dir', folder, {
    owner: 'a',
    files,
    local: true,
    processes: pretendedProcesses(1, new Set()),
  });
  await useAll(queue, new Promised());
  await rm(folder, { recursive: true });
  return files.count;
}

async function breakAt(at: number, how: Breakage): Promise<void> {
  const folder = await quickFolder();
  const dead = new Set<number>();
  const promised = new Promised();
  const files = brokenFiles(at, how);
  try {
    const first = await openQueue('dir', folder, {
      owner: 'a',
      files,
      local: true,
      processes: pretendedProcesses(1, dead),
    });
    await useAll(first, promised);
    assert.equal(how, 'lost reply', 'the crash was not noticed');
  } catch (error) {
    const crash = error instanceof ModemlabError ? error.cause : error;
    if (!(crash instanceof Crash)) throw error;
  }
  dead.add(1);
  const problems: string[] = [];
  const onProblem = ({ message }: ModemlabError) => problems.push(message);
  const processes = pretendedProcesses(2, dead);
  const second = await openQueue('dir', folder, { owner: 'b', onProblem, files: quickFiles(), processes });
  await second.open(DEVICE);
  const places = await filesOf(folder);
  const listed = await gather(second.list());
  for (const [id, { request, may }] of promised.tasks) {
    const task = present(listed.find((one) => one.id === id));
    assert.ok(
      may.map((state) => recovered(state, request)).includes(task.state),
      `${task.state}, not one of ${may}`,
    );
    if (task.state === 'done') assert.deepEqual(task.answer, { x: 'y'.repeat(99) });
    assert.deepEqual(await second.get(id), task);
  }
  // A task that was not promised may be there too (after a crash between its acceptance and the reply), but
  // only once.
  assert.equal(new Set(places).size, places.length, 'a task is in two places');
  assert.deepEqual(
    places.sort(),
    listed.map(({ id }) => id),
  );
  assert.ok(listed.length - promised.tasks.size <= 1);
  assert.deepEqual(problems, []);
  assert.deepEqual(await readdir(join(folder, 'queue', '.drafts')), [], 'drafts are left');
  for (let task = await second.claim(DEVICE); task !== undefined; task = await second.claim(DEVICE))
    await second.end(await second.markSent(task), { is: 'done', answer: {} });
  await second.close();
  await rm(folder, { recursive: true });
}

/** Ids of the tasks in all folders, one for each file. */
async function filesOf(folder: string): Promise<string[]> {
  const device = join(folder, 'queue', storageName(DEVICE));
  const all = await Promise.all(
    ['new', 'claimed', 'done', 'failed'].map((place) => readdir(join(device, place)).catch(() => [])),
  );
  return all.flat().map((file) => file.slice(0, 26));
}

for (const how of ['before', 'after', 'torn', 'lost reply'] as const) {
  const what = how === 'lost reply' ? 'a rename whose success is not reported' : `a crash (${how})`;
  t.test(
    `dir: ${what}, at any operation, leaves each task in one readable state that was promised`,
    async (t) => {
      const count = await operations();
      t.ok(count > 100, `${count} operations`);
      for (let at = 1; at <= count; at += 1) {
        try {
          await breakAt(at, how);
        } catch (error) {
          throw new Error(`at operation ${at} of ${count}, ${how}`, { cause: error });
        }
      }
    },
  );
}

t.test('dir: an end that was written down is completed by whoever looks next', async (t) => {
  const folder = await folderFor(t);
  const dead = new Set<number>();
  const first = await openQueue('dir', folder, { owner: 'a', processes: pretendedProcesses(1, dead) });
  await first.add(DEVICE, once);
  await first.end(await sent(first), { is: 'done', answer: { y: 1 } });
  const device = join(folder, 'queue', DEVICE);
  const [file] = await readdir(join(device, 'done'));
  const { end } = JSON.parse(await readFile(join(device, 'done', present(file)), 'utf8'));
  // As it was a moment before its last move.
  await rename(join(device, 'done', present(file)), join(device, 'claimed', end.as));
  dead.add(1);
  const second = await openQueue('dir', folder, { owner: 'b', processes: pretendedProcesses(2, dead) });
  t.strictSame(await second.open(DEVICE), []);
  t.match(await gather(second.list()), [{ state: 'done', answer: { y: 1 } }]);
});

t.test('ids sort by time, never repeat, and fit a CommandKey', async (t) => {
  let now = 1_800_000_000_000;
  const next = taskIds(() => now);
  const ids: string[] = [];
  for (let index = 0; index < 40_000; index += 1) ids.push(next('A-1'));
  now -= 5000;
  ids.push(next('A-2'));
  now += 60_000;
  ids.push(next('A-1'));
  t.strictSame([...ids].sort(), ids);
  t.equal(new Set(ids).size, ids.length);
  t.ok(ids.every(isTaskId));
  t.equal(ids[0]?.length, 26);
});

t.test('the name of a task carries its state, and is short enough for any file system', async (t) => {
  const holder = {
    process: { ...systemProcesses().self, host: 'h'.repeat(59) },
    owner: '\u00e4 / ~.'.repeat(50),
    nonce: '0123456789',
    serial: 2 ** 40,
  };
  const name = {
    id: taskIds(Date.now)('A-1'),
    state: 'sent',
    attempts: 123_456,
    sentAt: Date.now(),
    deadline: Date.now() + 1,
    leaseUntil: Date.now() + 2,
    holder,
  } as const;
  const file = writeTaskName(name);
  t.ok(file.length <= 255 && /^[\w~.-]+$/.test(file), `${file.length}: ${file}`);
  t.match(readTaskName(file), { ...name, holder: { ...holder, owner: /^[\w-]{48}$/ } });
  for (const bad of [
    '',
    'x.json',
    `${name.id}.json`,
    `${file}x`,
    file.replace('.s.', '.x.'),
    file.replace('~', ''),
  ])
    t.equal(readTaskName(bad), undefined, bad);
});
