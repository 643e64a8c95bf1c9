/** A modem as the wire knows it: MDAP, then BOOTP and TFTP, with as much of a command line as flashing needs. */
import type { DatagramPort, OpenPort } from '../../mdap/datagram-port.ts';
import { fetchByTftp } from '../../mdap/tftp-client.ts';
import type { BootLease, BootpClientEvent, BootpClientSettings } from '../../protocol/bootp/client.ts';
import { BOOTP_CLIENT_DEFAULTS, initialBootpClient, stepBootpClient } from '../../protocol/bootp/client.ts';
import type { BootReason } from '../../protocol/bootp/st-options.ts';
import { readImage } from '../../protocol/datamodel/firmware-image.ts';
import { EVERYBODY, NO_ADDRESS } from '../../protocol/ipv4.ts';
import type { Ant, AntEffect, AntEvent, AntResult, AntWork } from '../../protocol/mdap/ant-conversation.ts';
import { initial, step } from '../../protocol/mdap/ant-conversation.ts';
import { ANT_SETTINGS, MDAP_GROUP } from '../../protocol/mdap/settings.ts';
import type { Random } from '../../simulator/random.ts';

/** `refuses`: its loader takes no image; `dies`: its power fails for good while it writes. */
export type WireHabit = 'good' | 'refuses' | 'dies' | 'cut-writing';

export interface WireAntOptions {
  readonly serial: string;
  /** With dashes. */
  readonly mac: string;
  readonly board: string;
  readonly version: string;
  readonly habit: WireHabit;
  readonly ports: {
    readonly mdap: number;
    readonly bootp: number;
    readonly client: number;
    readonly tftp: number;
  };
  readonly openPort: OpenPort;
  /** Gives its interface these addresses, and no others. */
  readonly setAddresses: (addresses: readonly string[]) => Promise<void>;
  readonly now: () => number;
  readonly after: (ms: number, run: () => void) => void;
  readonly random: Random;
  /** Milliseconds. */
  readonly enterBootMs: number;
  readonly writeMs: number;
  readonly restartMs: number;
}

const FACTORY = '192.168.1.254';

export class WireAnt {
  version: string;
  addresses: readonly string[] = [FACTORY];
  readonly commands: string[] = [];
  boots = 0;
  fetched = 0;
  readonly #options: WireAntOptions;
  readonly #open = new Set<DatagramPort>();
  #state = initial;
  #sender: DatagramPort | undefined;
  /** Counts starts: what was due before one is void. */
  #life = 0;

  constructor(options: WireAntOptions) {
    this.#options = options;
    this.version = options.version;
  }

  /** Power comes on, and the firmware runs. */
  async start(): Promise<void> {
    await this.#shutDown();
    await this.#readdress([FACTORY]);
    const { ports, openPort, now, random } = this.#options;
    this.#state = initial;
    const group = await openPort(
      {
        listen: { address: MDAP_GROUP, port: ports.mdap },
        shared: true,
        join: [{ group: MDAP_GROUP, on: FACTORY }],
      },
      {
        onDatagram: (bytes, from) => {
          const arrival = { from, byGroup: true, local: true };
          this.#step({ is: 'datagram', bytes, arrival, now: now(), random: random() });
        },
        onError: () => undefined,
      },
    );
    this.#open.add(group);
  }

  async stop(): Promise<void> {
    await this.#shutDown();
  }

  async #shutDown(): Promise<void> {
    this.#life += 1;
    this.#sender = undefined;
    const ports = [...this.#open];
    this.#open.clear();
    await Promise.all(ports.map((port) => port.close()));
  }

  #later(ms: number, run: () => Promise<void> | void): void {
    const life = this.#life;
    this.#options.after(ms, () => {
      if (this.#life === life) void run();
    });
  }

  /** Its own socket has the first address: from there its answers come. */
  async #readdress(addresses: readonly string[]): Promise<void> {
    this.addresses = addresses;
    await this.#options.setAddresses(addresses);
    const [address] = addresses;
    const before = this.#sender;
    this.#sender = undefined;
    if (before !== undefined) {
      this.#open.delete(before);
      await before.close();
    }
    if (address === undefined) return;
    const none = { onDatagram: () => undefined, onError: () => undefined };
    const listen = { address, port: 0 };
    this.#sender = await this.#options.openPort({ listen, multicastFrom: address }, none);
    this.#open.add(this.#sender);
  }

  #step(event: AntEvent): void {
    const { serial, mac } = this.#options;
    const who = {
      ...{ antId: serial, antName: 'SpeedTouch 585', antMac: mac, hostSetup: 'auto', tpVersion: '2.0.0' },
    };
    const ant: Ant = { settings: ANT_SETTINGS, who };
    const { state, effects } = step(ant, this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: AntEffect): void {
    if (effect.do === 'run') {
      void this.#run(effect.work);
      return;
    }
    const group = { address: MDAP_GROUP, port: this.#options.ports.mdap };
    const to = effect.to.is === 'group' ? group : effect.to.host;
    this.#later(effect.afterMs, () => this.#sender?.send(effect.bytes, to));
  }

  async #run({ id, command, credentials }: AntWork): Promise<void> {
    const life = this.#life;
    const right = credentials?.user === 'Administrator' && credentials.password === '';
    const result: AntResult = right ? await this.#carryOut(command) : { is: 'error', code: -1 };
    if (this.#life === life) this.#step({ is: 'ran', id, result, now: this.#options.now() });
  }

  async #carryOut(command: string | undefined): Promise<AntResult> {
    if (command === undefined) {
      const facts = new Map([['board', this.#options.board] as const, ['software', this.version] as const]);
      return { is: 'facts', facts };
    }
    this.commands.push(command);
    const [, verb, address = ''] = /^ip ip(add|delete)\b.*\baddr=([\d.]+)/.exec(command) ?? [];
    if (verb === 'add' && this.addresses.includes(address)) return { is: 'error', code: -3 };
    if (verb === 'add') await this.#readdress([...this.addresses, address]);
    else if (verb === 'delete') await this.#readdress(this.addresses.filter((one) => one !== address));
    else if (command === 'software upgrade') this.#later(this.#options.enterBootMs, () => this.bootMode());
    else if (command === 'ip iplist') return { is: 'text', text: this.addresses.join('\r\n') };
    return { is: 'text', text: '' };
  }

  /** Only the boot loader runs: it has no address, and asks for one. */
  async bootMode(reason: BootReason = 'software-upgrade'): Promise<void> {
    await this.#shutDown();
    this.boots += 1;
    await this.#readdress([]);
    const { mac, board, serial, ports, openPort, random } = this.#options;
    const settings: BootpClientSettings = {
      ...BOOTP_CLIENT_DEFAULTS,
      ...{ mac, board, random, xid: Math.floor(random() * 2 ** 32), vendor: { serial, board, reason } },
    };
    let state = initialBootpClient();
    const life = this.#life;
    let due = 0;
    const port = await openPort(
      { listen: { address: NO_ADDRESS, port: ports.client }, shared: true, broadcast: true },
      { onDatagram: (bytes) => give({ is: 'datagram', bytes }), onError: () => undefined },
    );
    if (this.#life !== life) return port.close();
    this.#open.add(port);
    const give = (event: BootpClientEvent): void => {
      const made = stepBootpClient(settings, state, event);
      state = made.state;
      for (const effect of made.effects) {
        if (effect.do === 'send') port.send(effect.bytes, { address: EVERYBODY, port: ports.bootp });
        if (effect.do === 'wait') {
          due += 1;
          const own = due;
          this.#later(effect.ms, () => {
            if (own === due) give({ is: 'due' });
          });
        }
        if (effect.do === 'leased') void this.#fetch(effect.lease, reason);
      }
    };
    give({ is: 'start' });
  }

  async #fetch(lease: BootLease, reason: BootReason): Promise<void> {
    const { ports, openPort, now, after } = this.#options;
    const life = this.#life;
    await this.#options.setAddresses([lease.address]);
    const ticker = {
      now,
      after: (ms: number, run: () => void) => {
        let live = true;
        after(ms, () => {
          if (live) run();
        });
        return () => {
          live = false;
        };
      },
    };
    const image = await fetchByTftp({
      ...{ server: { address: lease.server, port: ports.tftp }, file: lease.file, local: lease.address },
      ...{ openPort, ticker },
    }).catch(() => undefined);
    if (this.#life !== life) return;
    if (image === undefined) this.#later(2000, () => this.bootMode(reason));
    else this.#write(image, reason);
  }

  /** It takes an image for its board. Writing takes a while, in which nothing must happen to the power. */
  #write(image: Uint8Array, reason: BootReason): void {
    const { habit, board, writeMs, restartMs } = this.#options;
    const read = readImage(image);
    this.fetched += 1;
    if (!read.ok || read.value.board !== board || habit === 'refuses')
      this.#later(1000, () => this.bootMode(reason));
    else if (habit === 'dies') this.#later(writeMs / 2, () => this.#shutDown());
    else if (habit === 'cut-writing') this.#later(writeMs / 2, () => this.bootMode('no-valid-image'));
    else
      this.#later(writeMs + restartMs, () => {
        this.version = read.value.version;
        return this.start();
      });
  }
}
