/** A run with its real host and servers, against modems that speak the real protocols, on a LAN in memory that is bad. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import { bootPart } from '../../../mdap/flash/boot-part.ts';
import { hostPart } from '../../../mdap/flash/host-part.ts';
import type { Plan } from '../../../mdap/flash/plan.ts';
import { problemText } from '../../../mdap/flash/plan.ts';
import { readPlan } from '../../../mdap/flash/plan-read.ts';
import { startFlashRun } from '../../../mdap/flash/run.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { HOST_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { createRandom } from '../../../simulator/random.ts';
import type { LineFaults } from '../../support/memory-net.ts';
import { MemoryNet } from '../../support/memory-net.ts';
import { SEED } from '../../support/seed.ts';
import { simulatedTime } from '../../support/simulated-time.ts';
import type { WireHabit } from '../../support/wire-ant.ts';
import { WireAnt } from '../../support/wire-ant.ts';

const HOST = '192.168.1.5';
const PORTS = { mdap: 3235, bootp: 67, client: 68, tftp: 69 };

/** Of 64 modems and hundreds of messages one in a thousand would still be given up with three repetitions. */
const PATIENT = { conv: { ...HOST_SETTINGS.conv, retries: 8, silentRetries: 3, total: 200_000 } };

const PLAN = `version: 1
network: 192.168.1.0/24
images: [new.bli]
counters: { n: { from: 10, to: 90 } }
commands:
  - ip ipadd intf=LocalNetwork addr=192.168.1.\${n}
  - ip ipdelete addr=192.168.1.254
  - { cli: saveall, retry: 3 }
rules:
  - { name: 'bench-\${n}', address: '192.168.1.\${n}' }
verify:
  commands: [{ cli: ip iplist, shows: '\${address}' }]
times: { trigger: 20, command: 240 }
# A line as bad as this breaks a transfer now and then.
limits: { trigger-retries: 4, asks: 6, transfers: 8 }
`;

async function planOf(t: Test, bytes: number): Promise<Plan> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-flash-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await writeFile(
    path.join(folder, 'new.bli'),
    writeImage({ family: 'QK', board: 'BANT-W', version: '6.2.29.2' }, bytes),
  );
  await writeFile(path.join(folder, 'plan.yaml'), PLAN);
  const read = await readPlan(path.join(folder, 'plan.yaml'), HOST);
  if (!read.ok) throw new Error(read.error.map(problemText).join('\n'));
  return read.value;
}

/** Modems and a host on one LAN in simulated time. */
async function lan(habits: readonly WireHabit[], faults: LineFaults) {
  const time = simulatedTime();
  const { scheduler } = time;
  const random = createRandom(SEED);
  const net = new MemoryNet(scheduler, random, faults);
  const ants = habits.map((habit, index) => {
    const node = net.node();
    return new WireAnt({
      ...{ serial: `0703A${String(index).padStart(4, '0')}`, board: 'BANT-W', version: '6.2.17.5', habit },
      mac: `00-14-7F-00-00-${index.toString(16).toUpperCase().padStart(2, '0')}`,
      ...{ ports: PORTS, openPort: node.openPort, random },
      setAddresses: async (addresses) => {
        node.addresses = addresses;
      },
      now: () => scheduler.now(),
      after: (ms, run) => void scheduler.after(ms, run),
      ...{ enterBootMs: 3000, writeMs: 10_000, restartMs: 30_000 },
    });
  });
  for (const ant of ants) await ant.start();
  const node = net.node(HOST);
  const ticker = {
    now: () => scheduler.now(),
    after: (ms: number, run: () => void) => scheduler.after(ms, run),
  };
  const { openPort } = node;
  const iface = { name: 'lab', address: HOST, mask: '255.255.255.0', loopback: false };
  const start = (plan: Plan) =>
    startFlashRun({
      plan,
      expect: habits.length,
      startHost: hostPart({ interfaces: [HOST], openPort, ticker, settings: PATIENT }),
      startBoot: bootPart({ iface, bootpPort: PORTS.bootp, tftpPort: PORTS.tftp, openPort, ticker, plan }),
      clock: () => scheduler.now(),
      ticker,
    });
  return { time, net, ants, start };
}

t.setTimeout(120_000);

t.test(`64 modems with one address are flashed over a bad line (seed ${SEED})`, async (t) => {
  const faults = { loss: 0.1, repeated: 0.05, lateMs: 30 };
  const { time, net, ants, start } = await lan(Array<WireHabit>(64).fill('good'), faults);
  const report = await time.until(start(await planOf(t, 20_000)).done);
  for (const { serial, reason, note, notes } of report.modems)
    if (reason !== null) t.comment(`${serial}: ${reason}, ${note}; ${notes.join('; ')}`);
  t.match(report, { done: 64, failed: 0 });
  t.equal(new Set(ants.map(({ addresses }) => addresses.join())).size, 64);
  t.ok(ants.every(({ version }) => version === '6.2.29.2'));
  const took = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  t.comment(`${took} simulated seconds, ${JSON.stringify(net.counts)}`);
  t.ok(took < 900, `${took} simulated seconds`);
});

t.test(
  'one whose loader refuses the image is left alone after its second BOOTP, the others are through',
  async (t) => {
    const faults = { loss: 0, repeated: 0, lateMs: 1 };
    const { time, ants, start } = await lan(['good', 'refuses', 'dies', 'cut-writing', 'good'], faults);
    const report = await time.until(start(await planOf(t, 20_000)).done);
    t.strictSame(
      report.modems.map(({ reason }) => reason),
      [null, 'image-rejected', 'not-back', 'no-valid-image', null],
    );
    t.strictSame(
      ants.map(({ boots, fetched }) => [boots, fetched]),
      [
        [1, 1],
        [2, 1],
        [1, 1],
        [2, 1],
        [1, 1],
      ],
    );
  },
);
