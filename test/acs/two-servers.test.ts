/** Two ACSs on one data folder, and modems that go from one to the other. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { openData } from '../../acs/data-folder.ts';
import type { TaskQueue } from '../../acs/queue/queue.ts';
import { isDiscovered } from '../../acs/rules/first-contact.ts';
import { modelOf } from '../../acs/session/reply-style.ts';
import type { DeviceStore, Parameter } from '../../acs/store/store.ts';
import { createRandom } from '../../protocol/random.ts';
import { AcsProcesses, steadyPort } from '../support/acs/acs-process.ts';
import { serveFile } from '../support/acs/file-server.ts';
import type { Relay } from '../support/acs/relay.ts';
import { openRelay } from '../support/acs/relay.ts';
import { filesTwice, judge, TABLES, TaskLoad } from '../support/acs/task-load.ts';
import type { Witness } from '../support/modem/witness.ts';
import { witness } from '../support/modem/witness.ts';
import { SEED } from '../support/seed.ts';
import { until } from '../support/until.ts';

const PROFILES = ['st706wl', 'st706', 'st706wl', 'st780v74', 'st706wl'] as const;
const COUNT = 10;
const TASKS = 480;
const TRANSFER_MS = 100_000;
/** RPCs of which a modem soon shows whether it did them. */
const VISIBLE = ['GetParameterValues', 'SetParameterValues', 'AddObject', 'DeleteObject', 'Reboot'] as const;

/** Modems, each of which reaches one of the servers through a relay of its own. */
interface Fleet {
  readonly relays: readonly Relay[];
  readonly witnesses: readonly Witness[];
}

async function fleetOf(ports: Ports): Promise<Fleet> {
  const relays: Relay[] = [];
  for (let index = 0; index < COUNT; index += 1) relays.push(await openRelay(ports[index % 2] ?? 0));
  const witnesses = relays.map(({ url }, index) =>
    witness({
      acs: url,
      profile: PROFILES[index % PROFILES.length] ?? PROFILES[0],
      index,
      seed: String(SEED),
      speed: 50,
      interval: 8,
    }),
  );
  return { relays, witnesses };
}

type Ports = readonly [number, number];

/** Some of the modems go to the other server now and then, and break off in the middle of a session. */
class Unrest {
  switches = 0;
  cuts = 0;
  isOver = false;

  constructor({ relays, witnesses }: Fleet, ports: Ports, random: () => number) {
    for (const [index, { modem }] of witnesses.entries()) {
      const relay = relays[index];
      if (relay === undefined || index % 3 > 0) continue;
      let pending = false;
      modem.events.on('session-ended', ({ ok }) => {
        if (this.isOver) return;
        pending &&= ok;
        // Never two sessions in a row: names at which every session breaks are not asked for again (Q-EV-13).
        if (ok && !pending && random() < 0.6) {
          pending = true;
          this.cuts += 1;
          // Nothing shows before its deadline whether a Download that was never looked at was done.
          const rpc = VISIBLE[Math.floor(random() * 2 * VISIBLE.length)];
          if (rpc === undefined) modem.cutNextSession('performed');
          else modem.cutNextSession('request-received', rpc);
        }
        if (random() < 0.5) return;
        this.switches += 1;
        relay.target = relay.target === ports[0] ? ports[1] : ports[0];
      });
    }
  }
}

/** Queues the tasks of the test, all modems in turn, with random pauses. */
async function queueTasks(
  queue: TaskQueue,
  witnesses: readonly Witness[],
  filesUrl: string,
  random: () => number,
): Promise<TaskLoad> {
  // Each modem gets a ParameterKey of ours first: without one, nothing shows what became of its first
  // AddObject.
  const keys = new TaskLoad(queue, random, filesUrl, ['SetParameterValues']);
  for (const on of witnesses) await keys.add(on);
  const load = new TaskLoad(queue, random, filesUrl, [...VISIBLE, 'Download']);
  for (let task = 0; task < TASKS; task += 1) {
    const on = witnesses[task % COUNT];
    if (on !== undefined) await load.add(on);
    if (task % COUNT === COUNT - 1) await pause(random() * 200);
  }
  return load;
}

t.test(
  `two ACSs on one data folder share queue and store without losing or doubling a task (seed ${SEED})`,
  async (t) => {
    t.comment(`MODEMLAB_SEED=${SEED}`);
    const random = createRandom(SEED);
    const folder = await mkdtemp(join(tmpdir(), 'modemlab-two-'));
    const acss = new AcsProcesses(folder, 2);
    const data = await openData(folder, { owner: 'test', create: true });
    const files = await serveFile('[ user.ini ]\r\n');
    const ports = [await steadyPort(SEED), await steadyPort(SEED + 1)] as const;
    const fleet = await fleetOf(ports);
    const { relays, witnesses } = fleet;
    const servers = [
      await acss.start({ port: ports[0], transferMs: TRANSFER_MS }),
      await acss.start({ port: ports[1], transferMs: TRANSFER_MS }),
    ];
    t.teardown(async () => {
      await Promise.all(witnesses.map(({ modem }) => modem.stop()));
      await acss.end();
      for (const relay of relays) relay.close();
      files.close();
      await data.close();
      await rm(folder, { recursive: true, force: true });
    });
    for (const { modem } of witnesses) modem.start();

    const unrest = new Unrest(fleet, ports, random);
    const load = await queueTasks(data.queue, witnesses, files.url, random);
    const { counts, wrong } = await judge(data.queue, load.accepted, 120_000);
    t.comment([...counts].map(([how, count]) => `${how}: ${count}`).join(', '));
    t.comment(`${unrest.switches} times a modem went to the other server, ${unrest.cuts} were to break off`);
    t.strictSame(wrong, [], 'what the modems saw and what the queue says agree, task by task');
    t.strictSame(await filesTwice(folder), [], 'no task is in two places');
    t.ok(unrest.switches > 10, 'modems went from one to the other');
    t.ok(unrest.cuts > 10, 'and broke off');
    t.strictSame([...counts.keys()].sort(), ['done', 'fault'], 'all are answered');

    unrest.isOver = true;
    await discovered(data.store, witnesses);
    await stylesLearned(data.store, witnesses);
    await Promise.all(witnesses.map(({ modem }) => modem.stop()));
    const [one, two] = await Promise.all(servers.map((server) => server.trees()));
    t.equal(Object.keys(one ?? {}).length, COUNT, 'all devices are stored');
    t.strictSame(one, two, 'both servers see the same trees');
    for (const server of servers) await server.stop();
    t.strictSame(await incomplete(data.store, witnesses), [], 'every parameter that a modem has is stored');
    t.strictSame(await readdir(join(folder, 'queue', '.drafts')), [], 'no draft is left behind');
  },
);

/** A style at which a modem breaks off three times in a row is in doubt until a session goes well. */
async function stylesLearned(store: DeviceStore, witnesses: readonly Witness[]): Promise<void> {
  for (const { modem } of witnesses) {
    const model = modelOf(modem.id, modem.device.firmware);
    await until(
      async () => (await store.learned(model))?.proven === true,
      `${model}: its reply style is learned`,
    );
  }
}

async function discovered(store: DeviceStore, witnesses: readonly Witness[]): Promise<void> {
  for (const { key } of witnesses)
    await until(async () => {
      const record = await store.get(key);
      return record !== undefined && isDiscovered(record);
    }, `${key} is discovered`);
}

/** What the store lacks, or has too much, of the modems' trees. Rows that were added are known as rows. */
async function incomplete(store: DeviceStore, witnesses: readonly Witness[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { key, modem } of witnesses) {
    const stored = new Map<string, Parameter>();
    for await (const parameter of store.tree(key)) stored.set(parameter.name, parameter);
    const missing = [...wrongLeaves(modem, stored), ...wrongRows(modem, stored)];
    wrong.push(...missing.map((what) => `${key} ${what}`));
  }
  return wrong;
}

type Stored = ReadonlyMap<string, Parameter>;

function wrongLeaves({ device }: Witness['modem'], stored: Stored): readonly string[] {
  const { tree } = device;
  const informNames = new Set(device.informParameters().map(({ Name }) => Name));
  const wrong: string[] = [];
  for (const { path } of tree.leaves(tree.root())) {
    if (TABLES.some((table) => path.startsWith(table))) continue;
    const { value, type, writable } = stored.get(path) ?? {};
    // A name that an Inform has and no list is stored without its flag.
    const isListed = writable !== undefined || informNames.has(path);
    if (value === undefined || type === undefined || !isListed) wrong.push(path);
  }
  return wrong;
}

function wrongRows({ device: { tree } }: Witness['modem'], stored: Stored): readonly string[] {
  return TABLES.flatMap((table) => {
    const rows = new Set<string>();
    for (const name of stored.keys())
      if (name.startsWith(table) && name !== table) rows.add(`${name.slice(table.length).split('.')[0]}`);
    const real = tree.find(table) === undefined ? [] : tree.instances(table);
    const known = [...rows].map(Number).sort((a, b) => a - b);
    return known.join() === real.join() ? [] : [`${table}: ${known.join()}, not ${real.join()}`];
  });
}
