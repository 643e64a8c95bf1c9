import { once } from 'node:events';
import net from 'node:net';
import t, { type Test } from 'tap';
import type { Modem, SwarmOptions } from '../../../simulator/index.ts';
import { createSwarm } from '../../../simulator/index.ts';
import { SessionLimiter } from '../../../simulator/time/session-limiter.ts';
import { runAcs } from '../../support/acs/run-acs.ts';

const QUICK = { profile: 'st706wl', bootSeconds: 0, speed: 1000, timeoutMs: 20_000 } as const;

/** A swarm that is stopped after the test. */
function swarmOf(t: Test, options: Omit<SwarmOptions, 'profile'> & Partial<SwarmOptions>) {
  const swarm = createSwarm({ ...QUICK, ...options });
  t.teardown(() => swarm.stop());
  return swarm;
}

async function acsOf(t: Test) {
  const acs = await runAcs();
  t.teardown(() => acs.stop());
  return acs;
}

/** A port that closes every connection as soon as it receives something. */
async function hangingUp(t: Test): Promise<string> {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined).on('data', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}

t.test('a limiter lets in as many as it may, and the others in their order as those leave', (t) => {
  const limiter = new SessionLimiter(2);
  const admitted: number[] = [];
  const waiter = (number: number, needs = true) => ({
    admit: () => {
      if (needs) admitted.push(number);
      return needs;
    },
  });
  t.ok(limiter.enter(waiter(0)));
  t.ok(limiter.enter(waiter(1)));
  for (let number = 2; number < 300; number++) t.notOk(limiter.enter(waiter(number, number % 3 !== 0)));
  t.match({ open: limiter.open, waiting: limiter.waiting }, { open: 2, waiting: 298 });
  limiter.leave();
  t.strictSame(admitted, [2]);
  limiter.leave();
  t.strictSame(admitted, [2, 4], 'who has no need of it any more is passed over');
  for (let round = 0; round < 197; round++) limiter.leave();
  t.equal(admitted.length, 199);
  t.strictSame(
    admitted,
    [...admitted].sort((a, b) => a - b),
  );
  limiter.leave();
  limiter.leave();
  t.match({ open: limiter.open, waiting: limiter.waiting }, { open: 0, waiting: 0 });
  t.end();
});

t.test('a storm of known modems ends well, nothing is lost, and the summary says so', async (t) => {
  const acs = await acsOf(t);
  const seen = new Map<string, readonly string[]>();
  const storm = { acs: acs.url, count: 200, seed: 'storm', maxOpen: 32 };
  const first = swarmOf(t, storm);
  t.match(await first.done, { ok: true, modems: 200, good: 200, givenUp: 0, sessionsOk: 200 });
  const keys: string[] = [];
  for await (const { key } of acs.store.list()) keys.push(key);
  t.equal(keys.length, 200, 'each of them another device');
  const counted = first.stats();
  t.ok((counted.rpcs.GetParameterNames ?? 0) >= 200, 'discovered');
  t.equal(counted.rpcs.Inform, 200);
  t.match(counted, { failures: {}, faults: {}, open: 0, waiting: 0, started: 200 });
  await first.stop();

  const asked = keys.filter((_, index) => index % 10 === 0);
  for (const device of asked)
    await acs.queue.add(device, {
      kind: 'request',
      rpc: 'GetParameterValues',
      args: { ParameterNames: ['InternetGatewayDevice.DeviceInfo.SoftwareVersion'] },
    });
  const again = swarmOf(t, {
    ...storm,
    thenOff: true,
    onSession: ({ id }, { events }) => seen.set(id.SerialNumber, events),
  });
  const result = await again.done;
  t.match(result, { ok: true, sessionsOk: 200, sessionsFailed: 0, requests: asked.length });
  t.equal(result.rpcs.GetParameterValues, asked.length);
  t.ok(result.latencyMs.p50 > 0 && result.latencyMs.p50 <= result.latencyMs.p99);
  t.ok(result.latencyMs.p99 <= result.latencyMs.max);
  t.equal(seen.size, 200);
  t.ok([...seen.values()].every((events) => events.includes('1 BOOT')));
  for (const device of asked) {
    const states: string[] = [];
    for await (const task of acs.queue.list(device)) states.push(task.state);
    t.strictSame(states, ['done']);
  }
  for await (const { lastInform } of acs.store.list()) t.ok(lastInform.events.length > 0);
});

t.test('no more sessions are open at once than allowed, and all are opened in the end', async (t) => {
  const acs = await acsOf(t);
  const swarm = swarmOf(t, {
    acs: acs.url,
    count: 50,
    maxOpen: 3,
    sessions: 2,
    onSession: (modem, { ok }) => {
      if (ok && swarm.stats().open > 3) t.fail(`${swarm.stats().open} are open`);
      if (!again.has(modem)) modem.inform('2 PERIODIC');
      again.add(modem);
    },
  });
  const again = new Set<Modem>();
  t.match(await swarm.done, { ok: true, sessionsOk: 100 });
});

t.test('processes that split a range are one fleet', async (t) => {
  const acs = 'http://127.0.0.1:9/';
  const serials = (first: number, count: number): string[] =>
    swarmOf(t, { profile: ['st706wl', 'st780wl'], acs, first, count, rate: 0.001 }).modems.map(
      ({ id }) => `${id.ProductClass} ${id.SerialNumber}`,
    );
  t.strictSame([...serials(0, 3), ...serials(3, 4)], serials(0, 7));
  t.end();
});

t.test('modems that fail too often are given up, and the summary says why', async (t) => {
  const swarm = swarmOf(t, { acs: await hangingUp(t), count: 5, retries: 1, speed: 100_000 });
  const result = await swarm.done;
  t.match(result, {
    ok: false,
    good: 0,
    givenUp: 5,
    sessionsOk: 0,
    sessionsFailed: 10,
    failures: { lost: 10 },
  });
  t.equal(result.latencyMs.max, 0);
});

t.test('the starts are spread over the ramp', async (t) => {
  const acs = await acsOf(t);
  const started: number[] = [];
  const swarm = swarmOf(t, {
    acs: acs.url,
    count: 20,
    speed: 'max',
    rampUpSeconds: 190,
    onSession: ({ index }) => started.push(index),
  });
  t.match(await swarm.done, { ok: true, started: 20 });
  t.equal(started.length, 20);
});

t.test('a stopped swarm reports its progress', async (t) => {
  const swarm = swarmOf(t, { acs: 'http://127.0.0.1:9/', count: 3, rate: 0.01, sessions: 5 });
  await swarm.stop();
  t.match(await swarm.done, { ok: false, modems: 3, started: 1, good: 0 });
});
