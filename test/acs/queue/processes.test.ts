import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { openQueue } from '../../../acs/queue/open.ts';
import type { CpeMethod, Request } from '../../../protocol/cwmp/messages.ts';
import { gather } from '../../support/acs/device-record.ts';
import { type Child, startChild } from '../../support/process/children.ts';
import { SEED } from '../../support/seed.ts';

const repeatable: Request<CpeMethod> = { kind: 'request', rpc: 'GetRPCMethods', args: {} };
const once: Request<CpeMethod> = { kind: 'request', rpc: 'Reboot', args: { CommandKey: '' } };
const devices = Array.from({ length: 10 }, (_, index) => `00147F-SpeedTouch%20780-CP${index}`);

/** Ids that children said something of. */
const said = (children: readonly Child[], what: string): string[] =>
  children.flatMap((child) =>
    child
      .lines()
      .filter((line) => line.startsWith(`${what} `))
      .map((line) => line.slice(what.length + 1)),
  );

t.test('of three processes on one folder each of 300 tasks is claimed by one, once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-queue-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const queue = await openQueue('dir', folder, { owner: 'test' });
  const added: string[] = [];
  for (let index = 0; index < 300; index += 30) {
    const some = Array.from({ length: 30 }, (_, offset) =>
      queue.add(devices[(index + offset) % 10] ?? '', repeatable),
    );
    added.push(...(await Promise.all(some)).map(({ id }) => id));
  }
  const children = [1, 2, 3].map(() =>
    startChild('test/support/acs/queue-child.ts', [folder, 'drain', ...devices]),
  );
  for (const { code, errors } of await Promise.all(children.map(({ ended }) => ended)))
    t.strictSame([code, errors], [0, '']);
  t.strictSame(said(children, 'claimed').sort(), added.sort());
  t.strictSame(said(children, 'ended').sort(), added);
  t.ok(children.filter((child) => said([child], 'claimed').length > 0).length >= 2, 'they shared the work');
  const tasks = await gather(queue.list());
  t.strictSame(tasks.map(({ id }) => id).sort(), added);
  t.ok(tasks.every(({ state, attempts }) => state === 'done' && attempts === 1));
  await queue.close();
});

/** Random delays for each round, in milliseconds: one for each of its three processes. */
function delaysOf(rounds: number): readonly (readonly number[])[] {
  const round = fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 3, maxLength: 3 });
  const all = fc.array(round, { minLength: rounds, maxLength: rounds });
  return fc.sample(all, { seed: SEED, numRuns: 1 })[0] ?? [];
}

/**
 * Starts a process for each delay, runs `work` when all of them are ready, and kills each after its delay.
 */
async function killAll(
  folder: string,
  delays: readonly number[],
  work: () => Promise<void>,
): Promise<readonly Child[]> {
  const children = delays.map(() =>
    startChild('test/support/acs/queue-child.ts', [folder, 'serve', ...devices]),
  );
  await Promise.all(children.map(({ ready }) => ready));
  const killed = children.map(async ({ process, ended }, index) => {
    await new Promise((resolve) => setTimeout(resolve, delays[index]));
    process.kill('SIGKILL');
    await ended;
  });
  await work();
  await Promise.all(killed);
  return children;
}

/** Ids of the tasks in all folders, one for each file, sorted. */
async function idsInFolders(folder: string): Promise<readonly string[]> {
  const folders = devices.flatMap((device) =>
    ['new', 'claimed', 'done', 'failed'].map((place) => join(folder, 'queue', device, place)),
  );
  const names = await Promise.all(folders.map((place) => readdir(place)));
  return names
    .flat()
    .map((name) => name.slice(0, 26))
    .sort();
}

t.test(`processes that are killed at any moment lose no task and double none (seed ${SEED})`, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-queue-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const queue = await openQueue('dir', folder, { owner: 'test' });
  const reboots = new Set<string>();
  const others = new Set<string>();
  const children: Child[] = [];
  for (const delays of delaysOf(10)) {
    const killed = await killAll(folder, delays, async () => {
      for (let index = 0; index < 30; index += 1) {
        const device = devices[index % 10] ?? '';
        reboots.add((await queue.add(device, once)).id);
        others.add((await queue.add(device, repeatable)).id);
      }
    });
    children.push(...killed);
  }
  t.equal(children.length, 30);

  const last = startChild('test/support/acs/queue-child.ts', [folder, 'drain', ...devices]);
  t.strictSame(await last.ended, { code: 0, errors: '' });
  children.push(last);
  const all = [...reboots, ...others].sort();
  const tasks = await gather(queue.list());
  t.strictSame(tasks.map(({ id }) => id).sort(), all, 'none is lost, none is there twice');
  t.strictSame(await idsInFolders(folder), all, 'each is in one place');

  const sent = said(children, 'sent');
  const twice = sent.filter((id, index) => sent.indexOf(id) !== index);
  const rebootedTwice = twice.filter((id) => reboots.has(id));
  t.strictSame(rebootedTwice, [], 'no reboot was sent twice');
  const ended = said(children, 'ended');
  t.equal(new Set(ended).size, ended.length, 'none ended twice');
  const wasSent = new Set(sent);
  for (const { id, state, attempts } of tasks) {
    if (others.has(id)) t.equal(state, 'done', id);
    else if (state === 'unsure') t.equal(attempts, 1, id);
    else t.equal(state, 'done', id);
    if (state === 'done' && !wasSent.has(id)) t.fail(`${id} is done and was not sent`);
  }
  t.ok(ended.every((id) => tasks.some((task) => task.id === id && task.state === 'done')));
  const unsure = tasks.filter(({ state }) => state === 'unsure').length;
  t.comment(`30 kills, ${tasks.length} tasks, ${unsure} unsure, ${twice.length} sent again`);
  await queue.close();
});
