import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { BootpServer } from '../../../mdap/bootp-server.ts';
import { startBootpServer } from '../../../mdap/bootp-server.ts';
import { openMdapHost } from '../../../mdap/index.ts';
import { PublishedFiles } from '../../../mdap/published.ts';
import { startTftpServer } from '../../../mdap/tftp-server.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../../protocol/bootp/server-types.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { lanPort } from '../../../scripts/captures/lan-port.ts';
import type { Ant, AntFault, AntMode } from '../../../simulator/index.ts';
import { createAnt, createScheduler, createSegment, createUdpLan } from '../../../simulator/index.ts';
import type { Lan } from '../../../simulator/lan/lan.ts';
import type { SegmentOptions } from '../../../simulator/lan/segment.ts';
import type { Scheduler } from '../../../simulator/time/scheduler.ts';
import { SEED } from '../../support/seed.ts';

const SPEED = 100;
const HOST = '192.168.1.10';
const USER = { user: 'Administrator', password: '' };

interface Bench {
  readonly scheduler: Scheduler;
  readonly lan: () => Lan;
  readonly ants: readonly Ant[];
}

/** Several ants on one segment, all with the same address, running and answering. */
async function bench(
  t: Test,
  count: number,
  {
    faults = [],
    profile = 'st585v6',
    ...line
  }: Omit<SegmentOptions, 'scheduler'> & {
    readonly faults?: readonly AntFault[];
    readonly profile?: string;
  } = {},
): Promise<Bench> {
  t.comment(`seed ${SEED}`);
  const scheduler = createScheduler({ speed: SPEED });
  const segment = createSegment({ scheduler, seed: SEED, ...line });
  const ants = Array.from({ length: count }, (_, index) =>
    createAnt({ profile, index, lan: segment.plug(), scheduler, faults }),
  );
  t.teardown(async () => {
    await Promise.all(ants.map((ant) => ant.stop()));
    scheduler.stop();
  });
  const up = Promise.all(ants.map((ant) => reaches(ant, 'firmware')));
  for (const ant of ants) ant.start();
  await up;
  return { scheduler, lan: () => segment.plug(), ants };
}

async function reaches(ant: Ant, mode: AntMode): Promise<void> {
  while (ant.mode !== mode) await once(ant.events, 'mode');
}

/** The loader's next event that is one of these. */
async function loaderSays(
  ant: Ant,
  ...kinds: readonly string[]
): Promise<{ readonly is: string; readonly why?: string }> {
  for (;;) {
    const [event] = await once(ant.events, 'loader');
    if (kinds.includes(event.is)) return event;
  }
}

async function hostOn(t: Test, lan: Lan) {
  const settings = {
    search: { rounds: 3, interval: 50, wait: 100 },
    conv: { timeout: 40, growth: 1.2, retries: 30, silentRetries: 1, total: 20_000 },
    rate: { perAnt: 1000, total: 100_000 },
  };
  const host = await openMdapHost({ interfaces: [HOST], openPort: lanPort(lan, HOST), settings });
  t.teardown(() => host.close());
  return host;
}

/** BOOTP and TFTP servers that serve the image to everyone. */
async function serversOn(t: Test, lan: () => Lan, image: Uint8Array, board = 'BANT-W'): Promise<BootpServer> {
  const rules = [{ for: { by: 'board', board }, image: { file: 'image.bli', board } }] as const;
  const pool = Array.from({ length: 40 }, (_, index) => `192.168.1.${100 + index}`);
  const bootp = await startBootpServer({
    listen: { address: HOST, port: 67 },
    settings: { ...BOOTP_SERVER_DEFAULTS, address: HOST, pool, rules, minReplyGapMs: 0 },
    openPort: lanPort(lan(), HOST),
    watch: false,
  });
  const files = new PublishedFiles();
  files.publish('image.bli', image);
  const tftp = await startTftpServer({
    listen: { address: HOST, port: 69 },
    files,
    allows: () => true,
    openPort: lanPort(lan(), HOST),
    settings: { retry: { firstTimeoutMs: 40, lastTimeoutMs: 100, maxSends: 60, maxFirstSends: 60 } },
  });
  t.teardown(async () => {
    await bootp.stop();
    await tftp.stop();
  });
  return bootp;
}

const IMAGE = writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' }, 20_000);

t.test(
  'a hundred ants that have one address are all found, though every fifth datagram is lost',
  async (t) => {
    const { lan, ants } = await bench(t, 100, { loss: 0.2 });
    const host = await hostOn(t, lan());
    const all = (ants: readonly unknown[]): boolean => ants.length === 100;
    const first = await host.discover({ until: all });
    t.ok(
      first.length >= 80,
      `${first.length} of 100 at once: three rounds lose five of a hundred with their answers`,
    );
    for (let search = 0; search < 5 && !all(host.fleet.list()); search++)
      await host.discover({ until: () => all(host.fleet.list()) });
    const found = host.fleet.list();
    t.equal(found.length, 100);
    t.equal(new Set(found.map(({ antId }) => antId)).size, found.length);
    t.ok(found.every(({ antId }) => ants.some((ant) => ant.modem.device.unit.boardSerial === antId)));
    t.match(found[0], { name: 'SpeedTouch 585' });
  },
);

t.test('a command in many pieces is executed once over a bad line, and its output is complete', async (t) => {
  const { lan, ants } = await bench(t, 1, { loss: 0.3, duplication: 0.1, jitterMs: 20 });
  const [ant] = ants;
  if (ant === undefined) throw new Error('no ant');
  for (let n = 0; n < 80; n++) ant.box.state.environment.set(`VARIABLE_NUMBER_${n}`, 'x'.repeat(40));
  const commands: string[] = [];
  ant.events.on('command', (command) => commands.push(command));
  const host = await hostOn(t, lan());
  const outcome = await host.exec(ant.modem.device.unit.boardSerial, 'env list', USER);
  t.match(outcome, { is: 'done' });
  const text = JSON.stringify(outcome);
  t.ok(text.length > 5000, `${text.length} characters`);
  for (let n = 0; n < 80; n++) t.ok(text.includes(`VARIABLE_NUMBER_${n}=${'x'.repeat(40)}`));
  t.same(commands, ['env list']);
});

t.test(
  'who has the wrong password is refused, an unknown command is an error, and INFO tells what the modem is',
  async (t) => {
    const { lan, ants } = await bench(t, 1);
    const id = ants[0]?.modem.device.unit.boardSerial ?? '';
    const host = await hostOn(t, lan());
    t.match(await host.exec(id, 'ip iplist', { user: 'Administrator', password: 'no' }), {
      is: 'refused',
      code: -1,
    });
    t.match(await host.exec(id, 'frobnicate', USER), { is: 'refused', code: -3 });
    t.match(JSON.stringify(await host.info(id, USER)), /BOARD-NAME:BANT-W.*SW-VERSION:6\.2\.17\.5/);
    await host.exec(id, 'system config mdap=disabled', USER);
    t.same(await host.discover(), [], 'it was switched off');
  },
);

t.test('it has the new address at once, and keeps it over a restart once it was saved', async (t) => {
  const { lan, ants } = await bench(t, 1);
  const [ant] = ants;
  if (ant === undefined) throw new Error('no ant');
  const id = ant.modem.device.unit.boardSerial;
  const host = await hostOn(t, lan());
  for (const line of [
    'ip ipadd addr=192.168.1.240/24',
    'ip ipdelete addr=192.168.1.254',
    'ip ipdelete addr=10.0.0.138',
    'saveall',
  ])
    t.match(await host.exec(id, line, USER), { is: /^(done|sent)$/ }, line);
  t.match(await host.discover(), [{ antId: id, address: '192.168.1.240' }]);
  const down = reaches(ant, 'starting');
  const outcome = await host.exec(id, 'system reboot', USER);
  t.match(outcome, { is: /^(done|sent)$/ });
  await down;
  await reaches(ant, 'firmware');
  t.match(await host.discover(), [{ antId: id, address: '192.168.1.240' }]);
});

t.test(
  'an upgrade command makes it fetch its image; it comes back with new firmware and factory settings',
  async (t) => {
    const { lan, ants } = await bench(t, 3, { loss: 0.05, duplication: 0.05, jitterMs: 5 });
    const bootp = await serversOn(t, lan, IMAGE);
    const host = await hostOn(t, lan());
    for (const ant of ants) {
      ant.box.addAddress('192.168.1.77', '255.255.255.0');
      const boot = reaches(ant, 'loader');
      await host.exec(ant.modem.device.unit.boardSerial, 'software upgrade', USER);
      await boot;
    }
    await Promise.all(ants.map((ant) => reaches(ant, 'firmware')));
    for (const ant of ants) {
      t.equal(ant.modem.device.firmware, '6.2.29.2');
      t.same(ant.box.addresses()[0]?.address, '192.168.1.254');
    }
    t.equal(new Set([...bootp.leases().values()].map(({ address }) => address)).size, 3, 'an address each');
  },
);

t.test('each fault on demand does what it says', async (t) => {
  const one = async (t: Test, fault: AntFault): Promise<Ant> => {
    const { lan, ants } = await bench(t, 1, { faults: [fault] });
    await serversOn(t, lan, IMAGE);
    const [ant] = ants;
    if (ant === undefined) throw new Error('no ant');
    return ant;
  };
  await t.test('wrong-board: the image is dropped, and it asks again', async (t) => {
    const ant = await one(t, 'wrong-board');
    ant.pressReset();
    for (let round = 0; round < 2; round++) t.match(await loaderSays(ant, 'dropped'), { why: 'wrong-board' });
  });
  await t.test('power-cut: it has no image then, and takes the next one', async (t) => {
    const ant = await one(t, 'power-cut');
    ant.pressReset();
    await loaderSays(ant, 'power-cut');
    t.equal(ant.mode, 'loader');
    await ant.stop();
    ant.start();
    t.equal(ant.mode, 'loader', 'power off and on does not bring its firmware back');
    await reaches(ant, 'firmware');
    t.equal(ant.modem.device.firmware, '6.2.29.2');
  });
  await t.test('power-cut with two banks: the old firmware runs', async (t) => {
    const { lan, ants } = await bench(t, 1, { faults: ['power-cut'], profile: 'tg585v8' });
    const [ant] = ants;
    if (ant === undefined) throw new Error('no ant');
    const { family, board, firmware } = ant.modem.device.profile.identity;
    await serversOn(t, lan, writeImage({ family, board, version: '8.2.9.9' }, 20_000), board);
    ant.pressReset();
    await loaderSays(ant, 'power-cut');
    await reaches(ant, 'firmware');
    t.equal(ant.modem.device.firmware, firmware);
    ant.pressReset();
    await reaches(ant, 'loader');
    await reaches(ant, 'firmware');
    t.equal(ant.modem.device.firmware, '8.2.9.9');
  });
  await t.test('stall: the transfer breaks, and it asks again', async (t) => {
    const ant = await one(t, 'stall');
    ant.pressReset();
    await loaderSays(ant, 'transfer-failed');
    await loaderSays(ant, 'leased');
    t.equal(ant.mode, 'loader');
  });
  await t.test('never-returns and old-version', async (t) => {
    const gone = await one(t, 'never-returns');
    gone.pressReset();
    await reaches(gone, 'dead');
    const old = await one(t, 'old-version');
    old.pressReset();
    await loaderSays(old, 'written');
    await reaches(old, 'firmware');
    t.equal(old.modem.device.firmware, '6.2.17.5');
  });
});

t.test('on real sockets of this machine it is found, commanded and flashed', async (t) => {
  const iface = '127.0.0.1';
  // A group and port used only by this test.
  const group = { address: '239.255.12.34', port: 20_000 + (process.pid % 20_000) };
  const files = new PublishedFiles();
  files.publish('image.bli', IMAGE);
  const rules = [{ for: { by: 'board', board: 'BANT-W' }, image: { file: 'image.bli' } }] as const;
  const pool = ['127.0.77.1', '127.0.77.2'];
  const bootp = await startBootpServer({
    listen: { address: iface, port: 0 },
    settings: {
      ...BOOTP_SERVER_DEFAULTS,
      address: iface,
      mask: '255.0.0.0',
      pool,
      rules,
      replyMode: 'loopback',
    },
  });
  const tftp = await startTftpServer({
    listen: { address: iface, port: 0 },
    files,
    allows: ({ address }) => pool.includes(address),
  });
  const ant = createAnt({
    profile: 'st585v6',
    speed: SPEED,
    lan: createUdpLan({ iface }),
    ant: { group, boot: { servers: bootp.local, clientPort: 0, tftpPort: tftp.local.port } },
  });
  t.teardown(async () => {
    await ant.stop();
    await bootp.stop();
    await tftp.stop();
  });
  const problems: unknown[] = [];
  ant.events.on('problem', (error) => problems.push(error));
  ant.start();
  await reaches(ant, 'firmware');
  const host = await openMdapHost({
    interfaces: [iface],
    group: group.address,
    port: group.port,
    settings: { search: { rounds: 20, interval: 50, wait: 200 } },
  });
  t.teardown(() => host.close());
  const id = ant.modem.device.unit.boardSerial;
  t.match(await host.discover({ until: (all) => all.length === 1 }), [{ antId: id }]);
  t.match(await host.exec(id, 'ip ipadd addr=127.0.66.6/8', USER), { is: 'done' });
  t.match(await host.exec(id, 'ip ipconfig addr=127.0.66.6 preferred=enabled', USER), { is: 'done' });
  t.match(await host.discover({ until: ([one]) => one?.address === '127.0.66.6' }), [
    { address: '127.0.66.6' },
  ]);
  const boot = reaches(ant, 'loader');
  await host.exec(id, 'software upgrade', USER);
  await boot;
  await reaches(ant, 'firmware');
  t.equal(ant.modem.device.firmware, '6.2.29.2');
  t.same(problems, []);
});
