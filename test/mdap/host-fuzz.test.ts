/**
 * Seeded mutations of good datagrams at the MDAP host, the ant's machine and the decoder: nothing dies or
 * says too much.
 */
import t from 'tap';
import { antSamples, hostSamples, mutateMdap } from '../../fuzz/targets/mdap.ts';
import type { OpenPort, PortHandlers } from '../../mdap/datagram-port.ts';
import { openMdapHost } from '../../mdap/host.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { initial, step } from '../../protocol/mdap/ant-conversation.ts';
import { decodeMessage, describeMessage, encodeMessage } from '../../protocol/mdap/messages.ts';
import { ANT_SETTINGS, HOST_SETTINGS, MDAP_GROUP, MDAP_PORT } from '../../protocol/mdap/settings.ts';
import { createRandom } from '../../protocol/random.ts';
import { SEED, sized } from '../support/seed.ts';

const RUNS = sized(20_000);
/** The machine and the decoder are also driven by properties and by a whole ant: a share is enough here. */
const SHARE = 25_000;
const ANTS = ['0703KT3PP', '0644JTHJ4', '0626JTRAS'];
const HERE = { address: '192.168.1.10', port: 50_000 };
const ADMIN = { user: 'Administrator', password: 'secret' };

t.test(`${RUNS} datagrams at the host (seed ${SEED})`, async (t) => {
  const random = createRandom(`mdap host ${SEED}`);
  const samples = antSamples(ANTS, `${HERE.address}:${HERE.port}`);
  const ports = new Set<PortHandlers>();
  const wrong = new Set<string>();
  let sent = 0;
  let opened = 0;
  const openPort: OpenPort = async (options, handlers) => {
    ports.add(handlers);
    opened += 1;
    return {
      local: options.join === undefined ? HERE : options.listen,
      send: (bytes, to) => {
        sent += 1;
        if (to.address !== MDAP_GROUP || to.port !== MDAP_PORT) wrong.add(`sent to ${to.address}`);
        if (bytes.length > HOST_SETTINGS.maxDatagram) wrong.add(`${bytes.length} bytes at once`);
        const read = decodeMessage(bytes);
        if (!read.ok || !['INFO', 'EXEC-CLI', 'ANT-SEARCH'].includes(read.value.message.kind))
          wrong.add('sent what is no request');
      },
      close: async () => {
        ports.delete(handlers);
      },
    };
  };
  // Time stands still: whatever is sent is sent for what was heard.
  const ticker = { now: () => 0, after: () => () => undefined };
  const settings = { rate: { perAnt: 1e9, total: 1e9 } };
  const host = await openMdapHost({ interfaces: [HERE.address], openPort, ticker, settings });
  const ends = new Map<string, number>();
  let open = true;
  const talk = async (antId: string): Promise<void> => {
    while (open) {
      const verb =
        random() < 0.5
          ? host.info(antId, ADMIN, true)
          : host.exec(antId, 'ip iplist', ADMIN, { force: true });
      const { is } = await verb;
      ends.set(is, (ends.get(is) ?? 0) + 1);
    }
  };
  const talks = ANTS.map(talk);
  const search = host.discover();
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  await pause();
  for (let run = 0; run < RUNS; run++) {
    const to = [...ports][Math.floor(random() * ports.size)];
    const before = sent;
    to?.onDatagram(mutateMdap(samples, random), { address: '192.168.1.254', port: MDAP_PORT });
    if (sent - before > 1) wrong.add(`${sent - before} datagrams for one`);
    if (run % 10 === 0) await pause();
  }
  open = false;
  const finished = Promise.all([...talks, search]);
  await host.close();
  await finished;
  t.strictSame([...wrong], []);
  t.ok((ends.get('done') ?? 0) > 100 && (ends.get('refused') ?? 0) > 100, JSON.stringify([...ends]));
  t.ok(host.fleet.list().length <= LIMITS.mdapAnts, `${host.fleet.list().length} ants`);
  t.ok(ANTS.every((antId) => host.fleet.get(antId) !== undefined));
  t.equal(ports.size, 0, `all of ${opened} sockets are closed`);
});

t.test(`${SHARE} datagrams at the ant's machine (seed ${SEED})`, async (t) => {
  const random = createRandom(`mdap ant ${SEED}`);
  const antId = ANTS[0] ?? '';
  const samples = hostSamples(antId);
  const who = {
    antId,
    antName: 'SpeedTouch 585',
    antMac: '00-14-7F-00-00-01',
    hostSetup: 'auto',
    tpVersion: '2.0.0',
  };
  const ant = { settings: ANT_SETTINGS, who };
  const text = 'a line of output\r\n'.repeat(200);
  const wrong = new Set<string>();
  const counts = { sent: 0, runs: 0 };
  let state = initial;
  let now = 0;
  for (let run = 0; run < SHARE; run++) {
    now += random() * 50;
    const bytes = mutateMdap(samples, random);
    const from = { address: '192.168.1.10', port: 50_000 + Math.floor(random() * 6) };
    const first = step(ant, state, {
      is: 'datagram',
      bytes,
      now,
      random: random(),
      arrival: { from, byGroup: random() < 0.5, local: random() < 0.5 },
    });
    let { effects } = first;
    ({ state } = first);
    const [work] = effects;
    if (work?.do === 'run') {
      counts.runs += 1;
      ({ state, effects } = step(ant, state, {
        is: 'ran',
        id: work.work.id,
        result: { is: 'text', text },
        now,
      }));
    }
    if (effects.length > 1) wrong.add(`${effects.length} effects`);
    for (const effect of effects) {
      if (effect.do !== 'send') continue;
      counts.sent += 1;
      if (effect.bytes.length > ANT_SETTINGS.maxDatagram) wrong.add(`${effect.bytes.length} bytes`);
      if (!decodeMessage(effect.bytes).ok) wrong.add('what cannot be read');
    }
    if (state.conversations.size > LIMITS.mdapConversations) wrong.add('too many conversations');
  }
  t.strictSame([...wrong], []);
  t.ok(counts.sent > 1000 && counts.runs > 50, JSON.stringify(counts));
});

t.test(`${SHARE} datagrams at the decoder (seed ${SEED})`, async (t) => {
  const random = createRandom(`mdap codec ${SEED}`);
  const samples = [...antSamples(ANTS, 'x'), ...hostSamples('A')];
  let [read, refused] = [0, 0];
  for (let run = 0; run < SHARE; run++) {
    const bytes = mutateMdap(samples, random);
    const result = decodeMessage(bytes, { acceptBadChecksum: run % 2 === 0 });
    if (result.ok) {
      read += 1;
      describeMessage(result.value.message);
      if (!decodeMessage(encodeMessage(result.value.message)).ok) t.fail(Buffer.from(bytes).toString('hex'));
    } else {
      refused += 1;
      if (result.error.at < 0 || result.error.at > bytes.length) t.fail(JSON.stringify(result.error));
    }
  }
  t.ok(read > 1000 && refused > 1000, `${read} read, ${refused} refused`);
});
