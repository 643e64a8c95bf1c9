/** Modems on a bench that a host finds, commands and flashes: datagrams on a segment in memory. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { recordDatagrams } from '../../captures/record/record-datagrams.ts';
import type { OpenPort } from '../../mdap/datagram-port.ts';
import type { Ticker } from '../../mdap/deadlines.ts';
import { bootAdapter } from '../../mdap/flash/boot-adapter.ts';
import { hostAdapter } from '../../mdap/flash/host-adapter.ts';
import { problemText } from '../../mdap/flash/plan.ts';
import { readPlan } from '../../mdap/flash/plan-read.ts';
import { startFlashRun } from '../../mdap/flash/run.ts';
import { openMdapHost } from '../../mdap/host.ts';
import { writeImage } from '../../protocol/datamodel/firmware-image.ts';
import type { Ant } from '../../simulator/index.ts';
import { createAnt, createSegment } from '../../simulator/index.ts';
import type { Entry } from './entry.ts';
import { lanPort } from './lan-port.ts';
import { openStage, type Stage } from './stage.ts';

const HOST = '192.168.1.5';

interface Bench {
  readonly stage: Stage;
  readonly ants: readonly Ant[];
  readonly openPort: OpenPort;
  readonly ticker: Ticker;
  /** Lets time pass until it is done. */
  until<T>(what: Promise<T>): Promise<T>;
  close(): Promise<Buffer>;
}

function openBench(seed: string, count: number): Bench {
  const stage = openStage({ seed });
  const { scheduler } = stage;
  const segment = createSegment({ scheduler, seed, jitterMs: 1 });
  const observe = recordDatagrams(stage.recorder);
  segment.onSent = (bytes, from, to) => observe(from).sent(bytes, to);
  let release = scheduler.hold();
  const ants = Array.from({ length: count }, (_, index) =>
    createAnt({
      profile: 'st585v6',
      seed: 'library',
      index,
      scheduler,
      clock: () => scheduler.now(),
      lan: segment.plug(),
    }),
  );
  return {
    stage,
    ants,
    openPort: lanPort(segment.plug(), HOST),
    ticker: { now: () => scheduler.now(), after: (ms, run) => scheduler.after(ms, run) },
    until: async (what) => {
      release();
      return what.finally(() => {
        release = scheduler.hold();
      });
    },
    async close() {
      await Promise.all(ants.map((ant) => ant.stop()));
      scheduler.stop();
      return stage.bytes();
    },
  };
}

/** All have booted, and answer. */
async function boot({ ants, stage, until }: Bench): Promise<void> {
  for (const ant of ants) ant.start();
  await until(new Promise<void>((resolve) => stage.scheduler.after(120_000, resolve)));
}

const KNOWN = ['ip iplist', 'software version', 'env get var=_BUILD', 'system config'];
const COMMANDS = [...KNOWN, 'no such command'];
const OWNER = { user: 'Administrator', password: '' };

export const cliSession: Entry = {
  name: 'mdap-cli-session',
  title: 'A CLI session by MDAP',
  shows: [
    'A host searches for modems. Three SpeedTouch 585 answer, which all have the address 192.168.1.254 and',
    'are told apart by their ANT-ID. One of them is asked for its facts (INFO) and carries out commands',
    `(EXEC-CLI): ${KNOWN.map((line) => `\`${line}\``).join(', ')};`,
    'one command it does not know, and once the password is wrong. Long answers come in pieces.',
  ].join('\n'),
  make: async () => {
    const bench = openBench('cli', 3);
    await boot(bench);
    const { openPort, ticker, until } = bench;
    const host = await openMdapHost({ interfaces: [HOST], openPort, ticker });
    const [first] = await until(host.discover());
    if (first === undefined) throw new Error('no modem was found');
    await until(host.info(first.antId, OWNER));
    for (const line of COMMANDS) await until(host.exec(first.antId, line, OWNER));
    await until(host.exec(first.antId, 'ip iplist', { ...OWNER, password: 'wrong' }));
    await until(host.close());
    return bench.close();
  },
};

const COUNT = 6;
const IMAGE = { family: 'QI', board: 'BANT-W', version: '6.2.29.2' };

const PLAN = `version: 1
network: 192.168.1.0/24
images: [new.bli]
counters: { n: { from: 10, to: 90 } }
commands:
  - ip ipadd intf=LocalNetwork addr=192.168.1.\${n}
  - ip ipdelete addr=192.168.1.254
  - ip ipdelete addr=10.0.0.138
  - { cli: saveall, retry: 3 }
rules:
  - { name: 'bench-\${n}', address: '192.168.1.\${n}' }
verify:
  commands: [{ cli: ip iplist, shows: '\${address}' }]
`;

export const flashing: Entry = {
  name: 'flashing-six-ants',
  title: 'A flashing of six modems at once',
  shows: [
    'Six SpeedTouch 585, which all have one address, are found by MDAP and told to restart in their boot',
    'loaders. Each asks by BOOTP, is given an address and the name of an image, and fetches it by TFTP, all',
    'at the same time. With the new firmware each comes back to MDAP, is given an address of its own, and is',
    'looked at. The image is a stand-in of 4,000 bytes.',
  ].join('\n'),
  make: async () => {
    const bench = openBench('flashing', COUNT);
    await boot(bench);
    const { openPort, stage, ticker, until } = bench;
    const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-capture-'));
    try {
      await writeFile(path.join(folder, 'new.bli'), writeImage(IMAGE, 4000));
      await writeFile(path.join(folder, 'plan.yaml'), PLAN);
      const read = await readPlan(path.join(folder, 'plan.yaml'), HOST);
      if (!read.ok) throw new Error(read.error.map(problemText).join('\n'));
      const iface = { name: 'lab', address: HOST, mask: '255.255.255.0', loopback: false };
      const run = startFlashRun({
        plan: read.value,
        expect: COUNT,
        ticker,
        clock: () => stage.scheduler.now(),
        startHost: hostAdapter({ interfaces: [HOST], openPort, ticker }),
        startBoot: bootAdapter({ iface, bootpPort: 67, tftpPort: 69, openPort, ticker, plan: read.value }),
      });
      const { done } = await until(run.done);
      if (done !== COUNT) throw new Error(`${done} of ${COUNT} were flashed`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return bench.close();
  },
};
