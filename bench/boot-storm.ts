/**
 * `npm run bench -- storm`, or `npx tsx bench/boot-storm.ts [modems] [fresh]` by itself: the end of a power
 * cut. Modems that the ACS knows send 1 BOOT within ten seconds to one process of it (store lmdb, queue dir);
 * a task waits for one in ten. Its data folder is then compared with what the modems did. Afterwards
 * factory-fresh modems are discovered.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { DataFolder } from '../acs/data-folder.ts';
import { openData } from '../acs/data-folder.ts';
import { deviceKey } from '../acs/device-key.ts';
import { isDiscovered } from '../acs/rules/first-contact.ts';
import type { Parameter } from '../acs/store/store.ts';
import type { DeviceId } from '../protocol/cwmp/messages.ts';
import type { Modem, SwarmOptions, SwarmResult } from '../simulator/index.ts';
import { createModem, createSwarm } from '../simulator/index.ts';
import { startChild } from './child.ts';
import { playMany } from './driver.ts';
import type { Figure } from './report.ts';
import { isKept, table } from './report.ts';

const MODEMS = 10_000;
const FRESH = 1000;
/** Seconds in which power comes back everywhere, and in which all must be over. */
const STORM_SECONDS = 10;
const LIMIT_SECONDS = 120;
const KNOWN_PROFILE = 'st706wl';
const FRESH_PROFILE = 'generic-tr098';
const SEED = 'storm';
/** A task waits for one modem in so many. */
const TASK_EACH = 10;
const TASK = {
  kind: 'request',
  rpc: 'GetParameterValues',
  args: { ParameterNames: ['InternetGatewayDevice.DeviceInfo.SoftwareVersion'] },
} as const;

interface Course {
  readonly result: SwarmResult;
  readonly seconds: number;
  /** What does not agree with what the modems did; empty when nothing was lost. */
  readonly lost: readonly string[];
}

export async function stormFigures(modems = MODEMS, fresh = FRESH): Promise<readonly Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-bench-'));
  const acs = await startChild('./child-acs.ts', [folder]);
  const data = await openData(folder, { owner: `storm-${process.pid}`, create: false });
  const url = `http://127.0.0.1:${acs.port}/`;
  try {
    const storm = await rideStorm(url, data, modems);
    const discovery = await discover(url, data, fresh);
    return [
      figure(
        `${modems.toLocaleString('en')} known modems boot within ${STORM_SECONDS} s, one ACS process`,
        storm,
      ),
      figure(
        `${fresh.toLocaleString('en')} factory-fresh modems (${FRESH_PROFILE}) are discovered`,
        discovery,
      ),
    ];
  } finally {
    await acs.stop();
    await data.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function figure(question: string, { result, seconds, lost }: Course): Figure {
  const { p50, p99, max } = result.latencyMs;
  const found = lost.length === 0 ? 'nothing lost' : lost.join(', ');
  const reasons = Object.entries(result.failures).map(([reason, count]) => `${count} ${reason}`);
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : '';
  const failed = `${result.sessionsFailed} sessions failed${why}`;
  return {
    question,
    baseline: `session of ${p50.toFixed(0)} ms (99 %: ${p99.toFixed(0)} ms, longest ${max.toFixed(0)} ms)`,
    own: `${seconds.toFixed(1)} s, ${failed}, ${found}`,
    ratio: undefined,
    limit: LIMIT_SECONDS,
    kept: result.ok && lost.length === 0 && seconds <= LIMIT_SECONDS,
  };
}

const fleet = (acs: string, options: Pick<SwarmOptions, 'profile' | 'count'> & Partial<SwarmOptions>) =>
  createSwarm({ acs, bootSeconds: 0, seed: SEED, ...options });

async function rideStorm(acs: string, data: DataFolder, count: number): Promise<Course> {
  await makeKnown(acs, data, count);
  let called = 0;
  const booted = new Set<string>();
  const reported = new Map<string, readonly string[]>();
  let allCalled: () => void = () => undefined;
  const calm = new Promise<void>((resolve) => {
    allCalled = resolve;
  });
  const swarm = fleet(acs, {
    profile: KNOWN_PROFILE,
    count,
    sessions: 2,
    onSession: (modem, { ok, events }) => {
      if (!ok) return;
      reported.set(deviceKey(modem.id), events);
      if (events.includes('0 BOOTSTRAP') && ++called === count) allCalled();
      else if (events.includes('1 BOOT')) booted.add(deviceKey(modem.id));
    },
  });
  await calm;
  const asked = await queueTasks(data, swarm.modems);
  const begun = Date.now();
  await powerReturns(swarm.modems);
  const result = await swarm.done;
  const seconds = (Date.now() - begun) / 1000;
  await swarm.stop();
  const lost = await compare(data, swarm.modems, begun, reported);
  if (booted.size !== count) lost.push(`${count - booted.size} modems did not report their boot`);
  for (const device of asked)
    for await (const task of data.queue.list(device))
      if (task.state !== 'done') lost.push(`a task of ${device} is ${task.state}`);
  return { result, seconds, lost };
}

/** Makes the modems known to the ACS: what it discovers of the first is stored for all. */
async function makeKnown(acs: string, { store }: DataFolder, count: number): Promise<void> {
  const one = fleet(acs, { profile: KNOWN_PROFILE, count: 1 });
  await one.done;
  await one.stop();
  const known = await store.get(deviceKey(identify(0)));
  if (known === undefined) throw new Error('the ACS does not know the modem it has just spoken to');
  const tree: Parameter[] = [];
  for await (const parameter of store.tree(known.key)) tree.push(parameter);
  const writeDown = async (index: number): Promise<number> => {
    const deviceId = identify(index + 1);
    const key = deviceKey(deviceId);
    await store.update(key, () => ({ ...known, key, deviceId }));
    await store.merge(key, tree);
    return 1;
  };
  await playMany(count - 1, 100, writeDown);
}

function identify(index: number): DeviceId {
  return createModem({ acs: 'http://127.0.0.1/', profile: KNOWN_PROFILE, seed: SEED, index }).id;
}

async function queueTasks({ queue }: DataFolder, modems: readonly Modem[]): Promise<readonly string[]> {
  const asked = modems.filter((_, index) => index % TASK_EACH === 0).map(({ id }) => deviceKey(id));
  for (const device of asked) await queue.add(device, TASK);
  return asked;
}

/** Evenly over the time, a few each hundredth of a second. */
async function powerReturns(modems: readonly Modem[]): Promise<void> {
  const begun = performance.now();
  for (let next = 0; next < modems.length; ) {
    const due = Math.min(1, (performance.now() - begun) / 1000 / STORM_SECONDS) * modems.length;
    for (; next < due; next++) modems[next]?.powerCycle();
    await setTimeout(10);
  }
}

/** Compares the last Inform that the ACS recorded of each modem with the one that the modem sent. */
async function compare(
  { store }: DataFolder,
  modems: readonly Modem[],
  since: number,
  reported: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  const lost: string[] = [];
  for (const { id } of modems) {
    const key = deviceKey(id);
    const record = await store.get(key);
    const events = reported.get(key)?.join();
    if (record === undefined) lost.push(`${id.SerialNumber} is not known`);
    else if (!isDiscovered(record)) lost.push(`${id.SerialNumber} is not discovered`);
    else if (Date.parse(record.lastContact) < since || record.lastInform.events.join() !== events)
      lost.push(`${id.SerialNumber}: ${record.lastInform.events.join()} is recorded, it sent ${events}`);
  }
  return lost;
}

async function discover(acs: string, data: DataFolder, count: number): Promise<Course> {
  const begun = Date.now();
  const reported = new Map<string, readonly string[]>();
  const swarm = fleet(acs, {
    profile: FRESH_PROFILE,
    count,
    rampUpSeconds: STORM_SECONDS,
    onSession: (modem, { ok, events }) => {
      if (ok) reported.set(deviceKey(modem.id), events);
    },
  });
  const result = await swarm.done;
  const seconds = (Date.now() - begun) / 1000;
  await swarm.stop();
  return { result, seconds, lost: await compare(data, swarm.modems, begun, reported) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [modems = MODEMS, fresh = FRESH] = process.argv.slice(2).map(Number);
  const figures = await stormFigures(modems, fresh);
  process.stdout.write(`${table(figures)}\n`);
  process.exitCode = figures.every(isKept) ? 0 : 1;
}
