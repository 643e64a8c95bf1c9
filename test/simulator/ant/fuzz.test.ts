/**
 * Seeded mutations of good datagrams against a whole simulated ant, its firmware and its boot loader
 * alternating: it never dies, leaks no socket and no transfer, and sends at most one datagram of a known size
 * for each.
 */
import t, { type Test } from 'tap';
import { mutateDatagram } from '../../../fuzz/mutate-datagram.ts';
import { hostSamples, mutateMdap } from '../../../fuzz/targets/mdap.ts';
import type { BootpMessage } from '../../../protocol/bootp/message.ts';
import { decodeBootp, encodeBootp } from '../../../protocol/bootp/message.ts';
import { writeOptions } from '../../../protocol/bootp/options.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { Endpoint } from '../../../protocol/ipv4.ts';
import { decodeMessage, encodeMessage } from '../../../protocol/mdap/messages.ts';
import { ANT_SETTINGS, MDAP_PORT } from '../../../protocol/mdap/settings.ts';
import { createRandom, type Random } from '../../../protocol/random.ts';
import { decodeTftp, encodeTftp } from '../../../protocol/tftp/packet.ts';
import type { Ant, AntMode } from '../../../simulator/ant/ant.ts';
import { createAnt } from '../../../simulator/ant/ant.ts';
import type { Heard, Lan } from '../../../simulator/lan/lan.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import { SEED, sized } from '../../support/seed.ts';

/** Sent to each of its two programs. */
const RUNS = sized(20_000);
/** Datagrams until the ant is checked, and the other program runs. */
const ROUND = 1000;
const HOST = '192.168.1.10';
/** A transfer is served from here. */
const SERVER: Endpoint = { address: HOST, port: 40_000 };
/** A BOOTP request is the longest datagram of a loader. */
const LOADER_BYTES = 600;

const IMAGE = writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' }, 2000);

const COMMANDS = [
  'help all',
  'config dump',
  'env list',
  'env set var=A value=B',
  'saveall',
  'user list',
  'system reset',
  'ip ipadd addr=192.168.1.77/24',
  'ip ipdelete addr=192.168.1.77',
  'dhcp server pool list',
  '? x',
  'software version',
  'software upgrade',
  'system reboot',
  'language list',
  'user config name=A password=B',
];

interface Bound {
  readonly local: Endpoint;
  readonly heard: Heard;
}

/** A wire with only the ant: what it opened, and what it sent. */
class Wire implements Lan {
  readonly bound = new Set<Bound>();
  onSent: (bytes: Uint8Array, to: Endpoint) => void = () => undefined;
  #ports = 50_000;

  readonly open: Lan['open'] = async ({ address, port }, heard) => {
    this.#ports = port === 0 ? this.#ports + 1 : this.#ports;
    const local = { address, port: port === 0 ? this.#ports : port };
    const bound = { local, heard };
    this.bound.add(bound);
    return { local, send: (bytes, to) => this.onSent(bytes, to), close: () => this.bound.delete(bound) };
  };

  readonly join: Lan['join'] = (group, heard) => this.open(group, heard);

  at(wanted: (port: number) => boolean): readonly Bound[] {
    return [...this.bound].filter(({ local }) => wanted(local.port));
  }
}

/** What a good server sends next to a loader that sent this; `undefined`: nothing. */
function serverAnswer(said: Uint8Array, to: Endpoint): Uint8Array | undefined {
  if (to.port === 67) {
    const request = decodeBootp(said);
    if (!request.ok) return undefined;
    const where = { yiaddr: '192.168.1.64', siaddr: HOST };
    const reply: BootpMessage = { ...request.value, op: 2, ...where, file: 'image', vend: writeOptions([]) };
    return encodeBootp(reply);
  }
  const packet = decodeTftp(said);
  if (!packet.ok) return undefined;
  const { value } = packet;
  const block = value.kind === 'ack' ? value.block + 1 : value.kind === 'read' ? 1 : undefined;
  if (block === undefined || (block - 1) * 512 > IMAGE.length) return undefined;
  return encodeTftp({ kind: 'data', block, data: IMAGE.subarray((block - 1) * 512, block * 512) });
}

type Wanted = (port: number) => boolean;
const isMdap: Wanted = (port) => port === MDAP_PORT;
const isBootp: Wanted = (port) => port === 68;
const isTransfer: Wanted = (port) => port > 50_000;

/** An ant that is sent datagrams, and its forbidden reactions. */
class Target {
  readonly time = simulatedTime();
  readonly ant: Ant;
  readonly wrong = new Set<string>();
  readonly counts = { searches: 0, replies: 0, boots: 0, acks: 0, flashed: 0, heard: 0 };
  readonly #wire = new Wire();
  readonly #random: Random;
  readonly #samples: readonly Uint8Array[];
  #said = 0;
  /** What a good server would send to the loader now. */
  #next: { readonly bytes: Uint8Array; readonly to: Wanted } | undefined;

  constructor(t: Test, random: Random) {
    const { scheduler } = this.time;
    this.#random = random;
    this.ant = createAnt({
      profile: 'st585v6',
      lan: this.#wire,
      scheduler,
      clock: () => scheduler.now(),
      ant: { times: { stallMs: 300 } },
    });
    t.teardown(() => this.ant.stop());
    this.#samples = hostSamples(this.antId, COMMANDS);
    const { events } = this.ant;
    events.on('problem', (error) => this.wrong.add(String(error)));
    events.on('loader', ({ is }) => {
      if (is === 'written') this.counts.flashed += 1;
    });
    events.on('mode', (mode) => {
      if (mode === 'loader') this.counts.boots += 1;
    });
    this.#wire.onSent = (bytes, to) => {
      this.#said += 1;
      if (this.ant.mode === 'loader') this.#loaderSaid(bytes, to);
      else this.#firmwareSaid(bytes);
    };
  }

  get antId(): string {
    return this.ant.modem.device.unit.boardSerial;
  }

  #firmwareSaid(bytes: Uint8Array): void {
    if (bytes.length > ANT_SETTINGS.maxDatagram) this.wrong.add(`${bytes.length} bytes at once`);
    const message = decodeMessage(bytes);
    if (!message.ok) this.wrong.add('what cannot be read');
    else if (message.value.message.kind === 'REPLY-ANT-SEARCH') this.counts.searches += 1;
    else this.counts.replies += 1;
  }

  #loaderSaid(bytes: Uint8Array, to: Endpoint): void {
    if (bytes.length > LOADER_BYTES) this.wrong.add(`${bytes.length} bytes of the loader`);
    if (to.port === SERVER.port) this.counts.acks += 1;
    const answer = serverAnswer(bytes, to);
    if (answer !== undefined) this.#next = { bytes: answer, to: to.port === 67 ? isBootp : isTransfer };
  }

  #give(bytes: Uint8Array, from: Endpoint, to: Wanted): void {
    const all = this.#wire.at(to);
    this.#said = 0;
    all[Math.floor(this.#random() * all.length)]?.heard(bytes, from);
    if (this.#said > 1) this.wrong.add(`${this.#said} datagrams for one`);
  }

  toFirmware(bytes = mutateMdap(this.#samples, this.#random), port = 50_000): void {
    this.counts.heard += 1;
    this.#give(bytes, { address: HOST, port: port + Math.floor(this.#random() * 6) }, isMdap);
  }

  toLoader(): void {
    const next = this.#next;
    if (next === undefined) return;
    const from = this.#random() < 0.95 ? SERVER : { address: HOST, port: 69 };
    this.#give(mutateDatagram([next.bytes], this.#random), from, next.to);
    // With good ones in between it succeeds now and then.
    if (this.#random() < 0.5) this.#give(this.#next?.bytes ?? next.bytes, SERVER, this.#next?.to ?? next.to);
  }

  async reach(mode: AntMode): Promise<void> {
    for (let tries = 0; tries < 10 && this.ant.mode !== mode; tries++) await this.time.pass(40_000);
    if (this.ant.mode !== mode) this.wrong.add(`${this.ant.mode}, not ${mode}`);
  }

  /** Power off and on, if it is not there by itself. */
  async toMode(mode: 'firmware' | 'loader'): Promise<void> {
    if (this.ant.mode === mode) return;
    if (this.ant.mode === 'loader') await this.ant.stop();
    this.ant.start();
    await this.reach('firmware');
    if (mode === 'firmware') return;
    this.ant.pressReset();
    await this.time.pass(5000);
  }

  /** With the factory's settings it answers a search and a command, whatever happened before. */
  async look(): Promise<void> {
    const { ant, counts, wrong } = this;
    // No transfer survives two minutes of silence.
    await this.time.pass(120_000);
    const open = this.#wire.bound.size;
    if (open > (ant.mode === 'loader' ? 1 : 2)) wrong.add(`${open} sockets, ${ant.mode}`);
    await ant.stop();
    if (this.#wire.bound.size > 0) wrong.add('sockets of an ant without power');
    ant.modem.device.factoryReset();
    ant.box.factoryReset();
    await this.toMode('firmware');
    const { searches, replies } = counts;
    const common = { version: '1.2', extra: [], body: undefined, toAnt: this.antId, seqNr: 1 } as const;
    const right = { userId: 'Administrator', userPassword: '', command: 'ip iplist' } as const;
    for (const message of [
      { kind: 'ANT-SEARCH', ...common } as const,
      { kind: 'EXEC-CLI', ...common, ...right } as const,
    ])
      this.toFirmware(encodeMessage(message), 40_000);
    await this.time.pass(300);
    if (counts.searches <= searches || counts.replies <= replies) wrong.add('it is deaf');
  }
}

t.test(`${RUNS} datagrams at each program of an ant (seed ${SEED})`, async (t) => {
  const random = createRandom(`ant ${SEED}`);
  const target = new Target(t, random);
  const { ant, counts } = target;
  for (let run = 0; run < 2 * RUNS; run++) {
    if (run % ROUND === 0) await target.look();
    const mode = Math.floor(run / ROUND) % 2 === 0 ? 'firmware' : 'loader';
    await target.toMode(mode);
    if (mode === 'firmware') target.toFirmware();
    else target.toLoader();
    if (random() < 0.1) await target.time.pass(random() * (mode === 'loader' ? 3000 : 400));
  }
  await target.look();
  t.strictSame([...target.wrong], []);
  const said = counts.searches + counts.replies;
  t.ok(said <= counts.heard, `${said} replies to ${counts.heard} datagrams`);
  t.ok(ant.box.unknown.size > 50, 'commands that it does not have');
  t.ok(target.time.scheduler.waiting < 10, `${target.time.scheduler.waiting} timers`);
  t.ok(
    counts.searches > RUNS / 100 &&
      counts.replies > RUNS / 10 &&
      counts.acks > RUNS / 10 &&
      counts.flashed > RUNS / 20_000,
    JSON.stringify({ ...counts, unknown: ant.box.unknown.size }),
  );
});
