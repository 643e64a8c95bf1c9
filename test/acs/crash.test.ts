/** The ACS is killed, again and again, while tasks come in and simulated modems carry them out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { openData } from '../../acs/data-folder.ts';
import { isDiscovered } from '../../acs/rules/first-contact.ts';
import type { DeviceStore } from '../../acs/store/store.ts';
import { createRandom } from '../../protocol/random.ts';
import { AcsProcesses, steadyPort } from '../support/acs/acs-process.ts';
import { serveFile } from '../support/acs/file-server.ts';
import { filesTwice, judge, TaskLoad } from '../support/acs/task-load.ts';
import type { Witness } from '../support/modem/witness.ts';
import { witness } from '../support/modem/witness.ts';
import { SEED, sized } from '../support/seed.ts';
import { until } from '../support/until.ts';

const KILLS = sized(25);
/** Open tasks that each modem always has. */
const MAX_TASKS = 2000;
/** Long enough for a transfer in this test, and short enough to wait for one that a reset discarded. */
const TRANSFER_MS = 15_000;
/**
 * One of each is discovered before the first kill; the small ones are discovered while the ACS is being
 * killed.
 */
const FIRST = ['st706', 'st780v74', 'st706'] as const;
const LATER = ['st706wl', 'st706wl', 'st706wl'] as const;

t.test(
  `killed ${KILLS} times, the ACS loses no task, invents no answer, repeats nothing blindly (seed ${SEED})`,
  async (t) => {
    t.comment(`MODEMLAB_SEED=${SEED} and ${KILLS} kills`);
    const random = createRandom(SEED);
    const folder = await mkdtemp(join(tmpdir(), 'modemlab-crash-'));
    const acss = new AcsProcesses(folder, 3);
    const port = await steadyPort(SEED);
    const data = await openData(folder, { owner: 'test', create: true });
    const files = await serveFile('[ user.ini ]\r\n');
    const acs = `http://127.0.0.1:${port}/`;
    const witnesses = [...FIRST, ...LATER].map((profile, index) =>
      witness({ acs, profile, index, seed: String(SEED), speed: 50, interval: 8 }),
    );
    t.teardown(async () => {
      await Promise.all(witnesses.map(({ modem }) => modem.stop()));
      await acss.end();
      files.close();
      await data.close();
      await rm(folder, { recursive: true, force: true });
    });

    const settings = { port, transferMs: TRANSFER_MS };
    let server = await acss.start(settings);
    const first = witnesses.slice(0, FIRST.length);
    for (const { modem } of first) modem.start();
    await discovered(data.store, first);
    for (const { modem } of witnesses.slice(FIRST.length)) modem.start();

    const load = new TaskLoad(data.queue, random, files.url);
    const adding = keepAdding(load, witnesses);
    for (let kill = 0; kill < KILLS; kill += 1) {
      await randomMoment(random, witnesses);
      await server.kill();
      server = await acss.start(settings);
    }
    await adding.stop();
    t.comment(`${load.accepted.length} tasks accepted`);

    const { counts, wrong } = await judge(data.queue, load.accepted, 90_000);
    t.comment([...counts].map(([how, count]) => `${how}: ${count}`).join(', '));
    for (const line of wrong) t.comment(line);
    t.strictSame(wrong, [], 'what the modems saw and what the queue says agree, task by task');
    t.strictSame(await filesTwice(folder), [], 'no task is in two places');
    t.ok((counts.get('done') ?? 0) > load.accepted.length / 2, 'most of them are done');
    await server.stop();
  },
);

async function discovered(store: DeviceStore, witnesses: readonly Witness[]): Promise<void> {
  for (const { key } of witnesses) {
    await until(async () => {
      const record = await store.get(key);
      return record !== undefined && isDiscovered(record);
    }, `${key} is discovered`);
  }
}

/** Two tasks for each modem, and another one whenever it has ended a session. */
function keepAdding(load: TaskLoad, witnesses: readonly Witness[]): { stop(): Promise<void> } {
  let on = true;
  let last = Promise.resolve();
  const add = (witness: Witness): void => {
    if (!on) return;
    last = last.then(async () => {
      if (on && load.accepted.length < MAX_TASKS) await load.add(witness);
    });
  };
  for (const witness of witnesses) {
    add(witness);
    add(witness);
    witness.modem.events.on('session-ended', ({ requests }) => {
      for (let tasks = 0; tasks <= Math.min(requests.length, 2); tasks += 1) add(witness);
    });
  }
  return {
    stop: async () => {
      on = false;
      await last;
    },
  };
}

/** Resolves after a random time, or as soon as the modems have got a random number of requests. */
async function randomMoment(random: () => number, witnesses: readonly Witness[]): Promise<void> {
  if (random() < 0.5) {
    await pause(20 + random() * 230);
    return;
  }
  const requests = 1 + Math.floor(random() * 12);
  const limit = AbortSignal.timeout(1000);
  const event = random() < 0.5 ? 'rpc' : 'performed';
  await new Promise<void>((resolve) => {
    let left = requests;
    const stop = (): void => {
      for (const { modem } of witnesses) modem.events.off(event, count);
      resolve();
    };
    const count = (): void => {
      left -= 1;
      if (left === 0) stop();
    };
    for (const { modem } of witnesses) modem.events.on(event, count);
    limit.addEventListener('abort', stop, { once: true });
  });
  if (random() < 0.5) await pause(random() * 8);
}
