/**
 * Seeded mutations of good datagrams against the servers: none dies, keeps a transfer for ever, reads or writes where it must
 * not, or answers more than a fraction over what it was sent before its client is proved.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { mutateDatagram } from '../../fuzz/mutate-datagram.ts';
import { bootpSamples } from '../../fuzz/targets/bootp.ts';
import { tftpSamples } from '../../fuzz/targets/tftp.ts';
import type { BootpEvent } from '../../mdap/bootp-server.ts';
import { startBootpServer } from '../../mdap/bootp-server.ts';
import type { OpenPort, PortHandlers } from '../../mdap/datagram-port.ts';
import { PublishedFiles } from '../../mdap/published.ts';
import { startTftpServer } from '../../mdap/tftp-server.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../protocol/bootp/server-types.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import { createRandom } from '../../protocol/random.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp } from '../../protocol/tftp/packet.ts';
import { patterned, temporaryFolder } from '../support/lan/tftp-stage.ts';
import { SEED } from '../support/seed.ts';

const RUNS = 100_000;

t.setTimeout(300_000);

/** A clock that stands still until it is moved, and its timers. */
class SlowClock {
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();
  #now = 0;

  readonly now = (): number => this.#now;

  readonly after = (ms: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + ms, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  move(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers])
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.callback();
  }
}

interface FakePort {
  readonly handlers: PortHandlers;
  readonly local: Endpoint;
  closed: boolean;
  /** Datagrams that came from its client. */
  heard: number;
  /** What it said last. */
  last: TftpPacket | undefined;
  /** Of what it sent to each: packets and bytes. */
  readonly sent: Map<string, { packets: number; bytes: number }>;
}

const nameOf = ({ address, port }: Endpoint): string => `${address}:${port}`;

t.test(`${RUNS} datagrams at the BOOTP server (seed ${SEED})`, { timeout: 100_000 }, async (t) => {
  const random = createRandom(`bootp ${SEED}`);
  const samples = bootpSamples('BANT-R', '192.168.1.10');
  const pool = Array.from({ length: 12 }, (_, index) => `192.168.1.${64 + index}`);
  let hear: ((bytes: Uint8Array, from: Endpoint) => void) | undefined;
  let [now, largest, replies, wrong] = [0, 0, 0, 0];
  let asked = 0;
  const repliedAt = new Map<string, number>();
  const openPort: OpenPort = async ({ listen }, { onDatagram }) => {
    hear ??= onDatagram;
    return {
      local: listen,
      send: (bytes) => {
        replies += 1;
        largest = Math.max(largest, bytes.length);
        if (bytes.length > Math.max(300, asked)) wrong += 1;
      },
      close: () => Promise.resolve(),
    };
  };
  const onEvent = (event: BootpEvent): void => {
    if (event.is !== 'replied') return;
    const { mac, kind } = event.request;
    const last = repliedAt.get(`${mac} ${kind}`);
    if (last !== undefined && now - last < BOOTP_SERVER_DEFAULTS.minReplyGapMs) wrong += 1;
    repliedAt.set(`${mac} ${kind}`, now);
  };
  const server = await startBootpServer({
    listen: { address: '192.168.1.10', port: 6767 },
    openPort,
    onEvent,
    now: () => now,
    settings: {
      ...BOOTP_SERVER_DEFAULTS,
      address: '192.168.1.10',
      pool,
      prefixes: [],
      answerDhcp: true,
      allowDefault: true,
      allowRelays: true,
      rules: [
        { for: { by: 'board', board: 'BANT-R' }, image: { file: 'ZZOGAA6.2H5', board: 'BANT-R' } },
        { for: { by: 'default' }, image: { file: 'default' } },
      ],
    },
  });
  for (let run = 0; run < RUNS; run++) {
    const bytes = mutateDatagram(samples, random);
    asked = bytes.length;
    now += Math.floor(random() * 40);
    const before = replies;
    hear?.(bytes, { address: '192.168.1.200', port: 68 });
    if (replies - before > 1) wrong += 1;
  }
  const addresses = [...server.leases().values()].map(({ address }) => address);
  t.equal(wrong, 0, 'no reply is too long, too early or one too many');
  t.ok(replies > 1000, `${replies} replies, the longest of ${largest} bytes`);
  t.ok(addresses.length <= pool.length);
  t.equal(new Set(addresses).size, addresses.length);
  await server.stop();
});

/** What a client that does as it should would say next. */
function honestAnswer(last: TftpPacket | undefined): Uint8Array | undefined {
  if (last?.kind === 'data') return encodeTftp({ kind: 'ack', block: last.block });
  if (last?.kind === 'oack') return encodeTftp({ kind: 'ack', block: 0 });
  if (last?.kind === 'ack')
    return encodeTftp({
      kind: 'data',
      block: last.block + 1,
      data: new Uint8Array(last.block < 2 ? 512 : 100),
    });
  return undefined;
}

/** Everything below a folder, with what is in it. */
async function contents(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  return Promise.all(files.sort().map(async (file) => `${file} ${await readFile(file, 'latin1')}`));
}

t.test(`${RUNS} datagrams at the TFTP server (seed ${SEED})`, { timeout: 200_000 }, async (t) => {
  const folder = await temporaryFolder(t);
  const [root, upload] = [path.join(folder, 'root'), path.join(folder, 'upload')];
  await Promise.all(
    [root, upload, path.join(root, 'deep'), path.join(root, '.git')].map((dir) =>
      mkdir(dir, { recursive: true }),
    ),
  );
  await writeFile(path.join(folder, 'secret'), 'THE SECRET OUTSIDE');
  await writeFile(path.join(root, '.git/config'), 'THE SECRET HIDDEN');
  await writeFile(path.join(root, 'deep/file'), 'x'.repeat(3000));
  await writeFile(path.join(upload, 'kept'), 'kept');
  await symlink('../secret', path.join(root, 'link'));
  const before = await contents(folder);

  const random = createRandom(`tftp ${SEED}`);
  const clock = new SlowClock();
  const ports: FakePort[] = [];
  const wrong: string[] = [];
  const counts = { data: 0, done: 0 };
  let [burst, burstBytes] = [0, 0];
  const openPort: OpenPort = async (_, handlers) => {
    const local = { address: '192.168.1.10', port: 69 + ports.length };
    const port: FakePort = { handlers, local, closed: false, heard: 0, last: undefined, sent: new Map() };
    ports.push(port);
    return {
      local,
      send: (bytes, to) => {
        if (port.closed) wrong.push('sent by a closed port');
        const sent = port.sent.get(nameOf(to)) ?? { packets: 0, bytes: 0 };
        port.sent.set(nameOf(to), { packets: sent.packets + 1, bytes: sent.bytes + bytes.length });
        [burst, burstBytes] = [burst + 1, burstBytes + bytes.length];
        if (to.address === '10.9.9.9' && port.local.port === 69) wrong.push('answered a stranger');
        const text = Buffer.from(bytes).toString('latin1');
        if (text.includes('SECRET')) wrong.push(`told a secret: ${text}`);
        const packet = decodeTftp(bytes);
        if (!packet.ok) wrong.push(`sent what is no packet: ${packet.error.code}`);
        else if (packet.value.kind === 'data') counts.data += 1;
        if (packet.ok) port.last = packet.value;
        // Before anything came back: a block or an OACK three times, and the ERROR at the end. Strangers get ERROR 5 only.
        const client = nameOf(to) === [...port.sent.keys()][0];
        if (!client && packet.ok && packet.value.kind !== 'error') wrong.push('served a stranger');
        if (
          client &&
          port.local.port !== 69 &&
          port.heard === 0 &&
          (sent.packets >= 4 || sent.bytes + bytes.length > 3 * 516 + 64)
        )
          wrong.push('too much before the client is proved');
      },
      close: async () => {
        port.closed = true;
      },
    };
  };
  const files = new PublishedFiles({ root });
  files.publish('image', patterned(40_000));
  files.publish('text', Buffer.from('one\ntwo\r'.repeat(300)));
  const server = await startTftpServer({
    listen: { address: '192.168.1.10', port: 69 },
    files,
    openPort,
    ticker: clock,
    allows: ({ address }) => address !== '10.9.9.9',
    settings: {
      netascii: true,
      upload: { folder: upload, maxBytes: 4000 },
      maxSessions: 16,
      // All packets at once: pacing would hide how many an event makes.
      maxPacketsPerSecond: 1e9,
    },
    onEvent: ({ is }) => {
      if (is === 'done') counts.done += 1;
    },
  });
  const names = [
    'image',
    'text',
    '/deep//file',
    '../secret',
    'link',
    '.git/config',
    'kept',
    'new',
    'deep/new',
    '../new',
  ];
  const samples = tftpSamples(names);
  const peers: Endpoint[] = [
    ...Array.from({ length: 20 }, (_, index) => ({ address: '192.168.1.64', port: 2000 + index })),
    { address: '10.9.9.9', port: 2000 },
  ];
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  for (let run = 0; run < RUNS; run++) {
    const peer = peers[Math.floor(random() * peers.length)] ?? { address: '10.9.9.9', port: 1 };
    // Half of all goes to a transfer, mostly from its own client.
    const open = ports.slice(-40).filter(({ closed, local }) => !closed && local.port !== 69);
    const transfer = random() < 0.5 ? open[Math.floor(random() * open.length)] : undefined;
    const [own] = transfer === undefined || random() < 0.1 ? [] : [...transfer.sent.keys()];
    const [address = peer.address, port = String(peer.port)] = own?.split(':') ?? [];
    const to = transfer ?? ports[0];
    // A client that answers as it should gets farther than chance does.
    const honest = random() < 0.7 ? honestAnswer(transfer?.last) : undefined;
    const bytes =
      honest !== undefined && random() < 0.8
        ? honest
        : mutateDatagram(honest === undefined ? samples : [honest], random);
    [burst, burstBytes] = [0, 0];
    if (to !== undefined) {
      if (`${address}:${port}` === [...to.sent.keys()][0]) to.heard += 1;
      to.handlers.onDatagram(bytes, { address, port: Number(port) });
    }
    if (burst > 17 || burstBytes > 65_536 + 17 * 4)
      wrong.push(`${burst} packets of ${burstBytes} bytes for one datagram`);
    // Now and then nothing comes for seconds, and what is lost is repeated.
    for (let quiet = random() < 0.005 ? 6 : 0; quiet > 0; quiet--) clock.move(2000);
    clock.move(random() * 30);
    if (run % 20 === 0) await pause();
  }
  for (let attempt = 0; attempt < 200 && server.transfers() > 0; attempt++) {
    clock.move(10_000);
    await pause();
  }
  t.equal(server.transfers(), 0, 'every transfer ends by its own timers');
  await server.stop();
  t.strictSame([...new Set(wrong)].slice(0, 10), []);
  t.equal(ports.filter(({ closed }) => !closed).length, 0, `all of ${ports.length} ports are closed`);
  t.ok(
    ports.length > 1000 && counts.data > 1000 && counts.done > 100,
    JSON.stringify({ ...counts, ports: ports.length }),
  );
  const after = await contents(folder);
  t.strictSame(
    after.filter((file) => !file.startsWith(path.join(upload, path.sep)) || file.endsWith('/kept kept')),
    before,
    'nothing else was written',
  );
  t.ok((await readdir(upload)).length < 2000);
});
