/**
 * Runs with the real host and servers against simulated ants: many on a line that is bad, and some that are
 * bad themselves.
 */
import { createSocket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { bootAdapter } from '../../../mdap/flash/boot-adapter.ts';
import { hostAdapter } from '../../../mdap/flash/host-adapter.ts';
import type { Plan } from '../../../mdap/flash/plan.ts';
import { problemText } from '../../../mdap/flash/plan.ts';
import { readPlan } from '../../../mdap/flash/plan-read.ts';
import { startFlashRun } from '../../../mdap/flash/run.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { Endpoint } from '../../../protocol/ipv4.ts';
import { HOST_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { createRandom } from '../../../protocol/random.ts';
import { lanPort } from '../../../scripts/captures/lan-port.ts';
import { createAnt } from '../../../simulator/ant/ant.ts';
import type { AntFault } from '../../../simulator/ant/settings.ts';
import { createLossyLan } from '../../../simulator/lan/lossy.ts';
import { createSegment } from '../../../simulator/lan/segment.ts';
import { createUdpLan } from '../../../simulator/lan/udp.ts';
import type { Scheduler } from '../../../simulator/time/scheduler.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import { SEED } from '../../support/seed.ts';

const COUNT = 64;
const LOOPBACK = '127.0.0.1';
const GROUP = '239.255.77.8';
/** Simulated seconds a second. */
const SPEED = 20;

/**
 * Of a request and its reply one is lost in 19 tries of 100. A command has two steps, three commands of the
 * plan are not given twice, so 64 ants have 384 steps that must get through. With the three repetitions of
 * the defaults each fails 0.19^4 = 1.3 times in a thousand: two runs of five have an ant that does. With
 * eight it is 0.19^9, once in eight thousand runs; they are closer together, so that all have their turn
 * within the time of a command.
 */
const PATIENT = {
  conv: { ...HOST_SETTINGS.conv, timeout: 1000, growth: 1.2, retries: 8, silentRetries: 3 },
};

/**
 * A block that is lost four times, or its ACK, lets a transfer stand still for the 15 s that are borne: 1.3
 * in a thousand of 40 blocks are 5 transfers of 100, and three of 64 ants in a run (two are seen: loaders say
 * their ACK again too). Three such in a row, the default, would be one run of 110; five are one of 40,000.
 */
const LIMITS = `times: { trigger: 20, search-every: 10 }
limits: { transfers: 5 }
`;

const planText = (network: string): string => `version: 1
network: ${network}.0/24
images: [new.bli]
counters: { n: { from: 10, to: 90 } }
commands:
  - ip ipadd intf=LocalNetwork addr=${network}.\${n}
  - ip ipdelete addr=192.168.1.254
  - ip ipdelete addr=10.0.0.138
  - { cli: saveall, retry: 3 }
rules:
  - { name: 'bench-\${n}', address: '${network}.\${n}' }
verify:
  commands: [{ cli: ip iplist, shows: '\${address}' }]
`;

async function planOf(t: Test, text: string, host: string): Promise<Plan> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-flash-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const image = writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' }, 20_000);
  await writeFile(path.join(folder, 'new.bli'), image);
  await writeFile(path.join(folder, 'plan.yaml'), text);
  const read = await readPlan(path.join(folder, 'plan.yaml'), host);
  if (!read.ok) throw new Error(read.error.map(problemText).join('\n'));
  return read.value;
}

const tickerOf = (scheduler: Scheduler) => ({
  now: () => scheduler.now(),
  after: (ms: number, run: () => void) => scheduler.after(ms, run),
});

/** A port of a group that nobody else on this machine uses, for as long as the test runs. */
async function ownGroup(t: Test): Promise<Endpoint> {
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  socket.bind({ port: 0, address: GROUP });
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  return { address: GROUP, port: socket.address().port };
}

/**
 * Real time, of which that is left out in which the process was busy or had no turn: what waits in a socket
 * is not late.
 */
function ownTime(t: Test): () => number {
  let [now, last] = [0, performance.now()];
  const ticking = setInterval(() => {
    const real = performance.now();
    now += Math.min(real - last, 5);
    last = real;
  }, 2);
  t.teardown(() => clearInterval(ticking));
  return () => now;
}

t.test(`${COUNT} ants are flashed by UDP over loopback, on a line that is bad (seed ${SEED})`, async (t) => {
  const scheduler = createScheduler({ speed: SPEED, clock: ownTime(t) });
  const group = await ownGroup(t);
  const plan = await planOf(t, planText('127.0.66') + LIMITS, LOOPBACK);
  const ticker = tickerOf(scheduler);
  const ports = new EventEmitter<{ known: [{ readonly bootp: number; readonly tftp: number }] }>();
  const listening = once(ports, 'known');
  const iface = { name: 'lo', address: LOOPBACK, mask: '255.0.0.0', loopback: true };
  const where = { interfaces: [LOOPBACK], group: group.address, port: group.port };
  const run = startFlashRun({
    plan,
    expect: COUNT,
    ticker,
    clock: () => scheduler.now(),
    startHost: hostAdapter({ ...where, ticker, settings: PATIENT }),
    startBoot: bootAdapter({
      iface,
      bootpPort: 0,
      tftpPort: 0,
      ticker,
      plan,
      onListening: (known) => ports.emit('known', known),
    }),
  });
  const [{ bootp, tftp }] = await listening;
  const line = { loss: 0.1, duplication: 0.05, jitter: { ms: 30, scheduler } };
  const ants = Array.from({ length: COUNT }, (_, index) =>
    createAnt({
      profile: 'st585v6',
      index,
      scheduler,
      clock: () => scheduler.now(),
      lan: createLossyLan(createUdpLan({ iface: LOOPBACK }), line, createRandom(`${SEED}/${index}`)),
      ant: { group, boot: { servers: { address: LOOPBACK, port: bootp }, clientPort: 0, tftpPort: tftp } },
    }),
  );
  t.teardown(async () => {
    await Promise.all(ants.map((ant) => ant.stop()));
    scheduler.stop();
  });
  for (const ant of ants) ant.start();
  const report = await run.done;
  for (const { serial, reason, note, notes } of report.modems)
    if (reason !== null) t.comment(`${serial}: ${reason}, ${note}; ${notes.join('; ')}`);
  t.match(report, { done: COUNT, failed: 0 });
  t.equal(new Set(ants.map(({ box }) => box.addresses()[0]?.address)).size, COUNT);
  t.ok(ants.every(({ modem }) => modem.device.firmware === '6.2.29.2'));
  const took = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  const broken = report.modems.filter(({ notes }) => notes.length > 0).length;
  t.comment(`${took} simulated seconds, ${broken} with a transfer that broke`);
  t.ok(took < 900, `${took} simulated seconds`);
});

t.test(
  'one whose loader refuses the image is left alone after its second BOOTP, the others are through',
  async (t) => {
    const time = simulatedTime();
    const { scheduler } = time;
    const segment = createSegment({ scheduler, jitterMs: 1 });
    const faults: readonly (readonly AntFault[])[] = [
      [],
      ['wrong-board'],
      ['never-returns'],
      ['power-cut'],
      [],
    ];
    const ants = faults.map((faults, index) =>
      createAnt({
        profile: 'st585v6',
        index,
        faults,
        scheduler,
        clock: () => scheduler.now(),
        lan: segment.plug(),
      }),
    );
    t.teardown(() => Promise.all(ants.map((ant) => ant.stop())));
    const seen = ants.map(({ events }) => {
      const counts = { boots: 0, leases: 0, fetched: 0 };
      events.on('mode', (mode) => {
        if (mode === 'loader') counts.boots += 1;
      });
      events.on('loader', ({ is }) => {
        if (is === 'leased') counts.leases += 1;
        if (is === 'dropped' || is === 'writing') counts.fetched += 1;
      });
      return counts;
    });
    for (const ant of ants) ant.start();
    const host = '192.168.1.5';
    const plan = await planOf(t, planText('192.168.1'), host);
    const ticker = tickerOf(scheduler);
    const openPort = lanPort(segment.plug(), host);
    const iface = { name: 'lab', address: host, mask: '255.255.255.0', loopback: false };
    const run = startFlashRun({
      plan,
      expect: ants.length,
      ticker,
      clock: () => scheduler.now(),
      startHost: hostAdapter({ interfaces: [host], openPort, ticker }),
      startBoot: bootAdapter({ iface, bootpPort: 67, tftpPort: 69, openPort, ticker, plan }),
    });
    const report = await time.until(run.done);
    t.strictSame(
      report.modems.map(({ reason }) => reason),
      [null, 'image-rejected', 'not-back', 'no-valid-image', null],
    );
    const once = { boots: 1, leases: 1, fetched: 1 };
    t.strictSame(seen, [once, once, once, { ...once, boots: 2 }, once]);
  },
);
