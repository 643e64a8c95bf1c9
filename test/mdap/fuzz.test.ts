/**
 * Seeded mutations of good datagrams against the servers: none dies, keeps a transfer for ever, reads or
 * writes where it must not, or answers more than a fraction over what it was sent before its client is
 * proved.
 */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t, { type Test } from 'tap';
import { mutateDatagram } from '../../fuzz/mutate-datagram.ts';
import { bootpSamples } from '../../fuzz/targets/bootp.ts';
import { tftpSamples } from '../../fuzz/targets/tftp.ts';
import type { BootpEvent } from '../../mdap/bootp-server.ts';
import { startBootpServer } from '../../mdap/bootp-server.ts';
import type { OpenPort, PortHandlers } from '../../mdap/datagram-port.ts';
import { PublishedFiles } from '../../mdap/published.ts';
import { startTftpServer, type TftpServer } from '../../mdap/tftp-server.ts';
import { BOOTP_SERVER_DEFAULTS } from '../../protocol/bootp/server-types.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import { createRandom } from '../../protocol/random.ts';
import type { TftpPacket } from '../../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp } from '../../protocol/tftp/packet.ts';
import { patterned, temporaryFolder } from '../support/lan/tftp-stage.ts';
import { SEED, sized } from '../support/seed.ts';
import { until } from '../support/until.ts';

const RUNS = sized(20_000);

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

t.test(`${RUNS} datagrams at the BOOTP server (seed ${SEED})`, async (t) => {
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

/** Ports that are none, and a judge of what the server sends by them. */
class TftpWatch {
  readonly ports: FakePort[] = [];
  readonly wrong: string[] = [];
  readonly counts = { data: 0, done: 0 };
  /** Packets and bytes that were sent for the last datagram. */
  #burst = 0;
  #burstBytes = 0;

  readonly openPort: OpenPort = async (_, handlers) => {
    const local = { address: '192.168.1.10', port: 69 + this.ports.length };
    const port: FakePort = { handlers, local, closed: false, heard: 0, last: undefined, sent: new Map() };
    this.ports.push(port);
    return {
      local,
      send: (bytes, to) => this.#sent(port, bytes, to),
      close: async () => {
        port.closed = true;
      },
    };
  };

  /** One datagram at a port, and how much it made the server say. */
  hear(port: FakePort | undefined, bytes: Uint8Array, from: Endpoint): void {
    [this.#burst, this.#burstBytes] = [0, 0];
    if (port !== undefined) {
      if (nameOf(from) === [...port.sent.keys()][0]) port.heard += 1;
      port.handlers.onDatagram(bytes, from);
    }
    if (this.#burst > 17 || this.#burstBytes > 65_536 + 17 * 4)
      this.wrong.push(`${this.#burst} packets of ${this.#burstBytes} bytes for one datagram`);
  }

  #sent(port: FakePort, bytes: Uint8Array, to: Endpoint): void {
    if (port.closed) this.wrong.push('sent by a closed port');
    const sent = port.sent.get(nameOf(to)) ?? { packets: 0, bytes: 0 };
    port.sent.set(nameOf(to), { packets: sent.packets + 1, bytes: sent.bytes + bytes.length });
    this.#burst += 1;
    this.#burstBytes += bytes.length;
    if (to.address === '10.9.9.9' && port.local.port === 69) this.wrong.push('answered a stranger');
    const text = Buffer.from(bytes).toString('latin1');
    if (text.includes('SECRET')) this.wrong.push(`revealed a secret: ${text}`);
    this.#judgePacket(port, bytes, nameOf(to) === [...port.sent.keys()][0]);
    if (nameOf(to) !== [...port.sent.keys()][0] || port.local.port === 69 || port.heard > 0) return;
    // Before the client has answered: a block or an OACK three times, and the ERROR at the end.
    if (sent.packets >= 4 || sent.bytes + bytes.length > 3 * 516 + 64)
      this.wrong.push('too much before the client is proved');
  }

  /** Strangers get ERROR 5 only. */
  #judgePacket(port: FakePort, bytes: Uint8Array, toClient: boolean): void {
    const packet = decodeTftp(bytes);
    if (!packet.ok) {
      this.wrong.push(`sent what is no packet: ${packet.error.code}`);
      return;
    }
    if (packet.value.kind === 'data') this.counts.data += 1;
    port.last = packet.value;
    if (!toClient && packet.value.kind !== 'error') this.wrong.push('served a stranger');
  }
}

interface Folders {
  readonly folder: string;
  readonly root: string;
  readonly upload: string;
}

/** Files that are served, and secrets beside them. */
async function makeFolders(t: Test): Promise<Folders> {
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
  return { folder, root, upload };
}

async function startServer(
  watch: TftpWatch,
  ticker: SlowClock,
  { root, upload }: Folders,
): Promise<TftpServer> {
  const files = new PublishedFiles({ root });
  files.publish('image', patterned(40_000));
  files.publish('text', Buffer.from('one\ntwo\r'.repeat(300)));
  return startTftpServer({
    listen: { address: '192.168.1.10', port: 69 },
    files,
    openPort: watch.openPort,
    ticker,
    allows: ({ address }) => address !== '10.9.9.9',
    settings: {
      netascii: true,
      upload: { folder: upload, maxBytes: 4000 },
      maxSessions: 16,
      // All packets at once: pacing would hide how many an event causes.
      maxPacketsPerSecond: 1e9,
    },
    onEvent: ({ is }) => {
      if (is === 'done') watch.counts.done += 1;
    },
  });
}

const NAMES = [
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
const SAMPLES = tftpSamples(NAMES);
const PEERS: readonly Endpoint[] = [
  ...Array.from({ length: 20 }, (_, index) => ({ address: '192.168.1.64', port: 2000 + index })),
  { address: '10.9.9.9', port: 2000 },
];

/** One datagram: half of all go to a transfer, most of these from its own client. */
function sendOne(watch: TftpWatch, random: () => number): void {
  const peer = PEERS[Math.floor(random() * PEERS.length)] ?? { address: '10.9.9.9', port: 1 };
  const open = watch.ports.slice(-40).filter(({ closed, local }) => !closed && local.port !== 69);
  const transfer = random() < 0.5 ? open[Math.floor(random() * open.length)] : undefined;
  const [own] = transfer === undefined || random() < 0.1 ? [] : [...transfer.sent.keys()];
  const [address = peer.address, port = String(peer.port)] = own?.split(':') ?? [];
  // A client that answers as it should gets farther than chance does.
  const honest = random() < 0.7 ? honestAnswer(transfer?.last) : undefined;
  const bytes =
    honest !== undefined && random() < 0.8
      ? honest
      : mutateDatagram(honest === undefined ? SAMPLES : [honest], random);
  watch.hear(transfer ?? watch.ports[0], bytes, { address, port: Number(port) });
}

const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test(`${RUNS} datagrams at the TFTP server (seed ${SEED})`, async (t) => {
  const folders = await makeFolders(t);
  const { folder, upload } = folders;
  const before = await contents(folder);
  const random = createRandom(`tftp ${SEED}`);
  const clock = new SlowClock();
  const watch = new TftpWatch();
  const server = await startServer(watch, clock, folders);
  for (let run = 0; run < RUNS; run++) {
    sendOne(watch, random);
    // Now and then nothing comes for seconds, and what is lost is repeated.
    for (let quiet = random() < 0.005 ? 6 : 0; quiet > 0; quiet--) clock.move(2000);
    clock.move(random() * 30);
    if (run % 20 === 0) await pause();
  }
  await until(() => {
    clock.move(10_000);
    return server.transfers() === 0;
  }, 'every transfer ends by its own timers');
  await server.stop();
  const { ports, counts, wrong } = watch;
  t.strictSame([...new Set(wrong)].slice(0, 10), []);
  t.equal(ports.filter(({ closed }) => !closed).length, 0, `all of ${ports.length} ports are closed`);
  t.ok(
    ports.length > RUNS / 100 && counts.data > RUNS / 100 && counts.done > RUNS / 1000,
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
