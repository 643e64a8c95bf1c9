/**
 * The BOOTP server: sockets around the machine of protocol/bootp/server.ts. Requests are broadcasts, which
 * reach only a socket that is bound to no address; replies are sent from a socket that is bound to the
 * address of the chosen interface, so that they go out there and nowhere else.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { BootpMessage } from '../protocol/bootp/message.ts';
import { BOOTP_CLIENT_PORT, BOOTP_SERVER_PORT } from '../protocol/bootp/message.ts';
import { initialBootpServer, stepBootpServer } from '../protocol/bootp/server.ts';
import type {
  BootImage,
  BootpServerEffect,
  BootpServerEvent,
  BootpServerSettings,
  BootpServerState,
  BootRequest,
  Destination,
  ImageRule,
  Lease,
  Silence,
} from '../protocol/bootp/server-types.ts';
import type { Endpoint } from '../protocol/ipv4.ts';
import { canonicalMac, EVERYBODY, NO_ADDRESS } from '../protocol/ipv4.ts';
import { assertNever } from '../protocol/result.ts';
import type { DatagramPort, OpenPort } from './datagram-port.ts';
import { openUdp } from './datagram-port.ts';

export type BootpEvent =
  /** A request of a modem that we may answer, whether it gets an answer or not; repeated requests too. */
  | { readonly is: 'seen'; readonly request: BootRequest; readonly serial: string | undefined }
  | {
      readonly is: 'replied';
      readonly request: BootRequest;
      readonly answer: 'bootp' | 'offer' | 'ack' | 'nak';
      readonly address: string;
      readonly image: BootImage | undefined;
      readonly to: Destination;
    }
  | {
      readonly is: 'silent';
      readonly why: Silence;
      readonly request: BootRequest | undefined;
      readonly detail: string | undefined;
    }
  /** Another server answered a modem that we serve. */
  | {
      readonly is: 'foreign-reply';
      readonly mac: string;
      readonly server: string;
      readonly offered: string;
      readonly file: string;
    }
  /** The network refused a datagram, or something optional is not available. */
  | { readonly is: 'trouble'; readonly message: string };

export interface BootpServerOptions {
  /** Port 67, or 0 for a free one. The address is that of the chosen interface. */
  readonly listen: Endpoint;
  /** Name of the interface; needed for the reply mode `unicast-arp`. */
  readonly iface?: string;
  readonly settings: BootpServerSettings;
  /** The board serial of a modem, if a search has found it. */
  readonly serialOf?: (mac: string) => string | undefined;
  /**
   * Also listen for replies of other servers, on the client port, which takes the right to bind it. By
   * default, if the server's own port is 67.
   */
  readonly watch?: boolean;
  readonly onEvent?: (event: BootpEvent) => void;
  readonly openPort?: OpenPort;
  /** Monotonic milliseconds. */
  readonly now?: () => number;
  /** Adds an entry to the neighbour table; by default with `ip neigh`. */
  readonly addNeighbour?: (address: string, mac: string) => Promise<void>;
}

export interface BootpServer {
  readonly local: Endpoint;
  /** Adds a rule; one for the same MAC, serial, board or prefix is replaced. */
  readonly serve: (rule: ImageRule) => void;
  /** From now on this modem gets no answer. */
  readonly quarantine: (mac: string, why: string) => void;
  readonly release: (mac: string) => void;
  /** By MAC in the spelling of ANT-MAC. */
  readonly leases: () => ReadonlyMap<string, Lease>;
  /** The modem that has this address. */
  readonly macOf: (address: string) => string | undefined;
  readonly stop: () => Promise<void>;
}

/** Rejects when the address cannot be bound. */
export async function startBootpServer(options: BootpServerOptions): Promise<BootpServer> {
  const server = new Server(options);
  await server.open();
  return server;
}

class Server implements BootpServer {
  readonly #options: BootpServerOptions;
  #settings: BootpServerSettings;
  #state: BootpServerState = initialBootpServer();
  /** Replies are sent from this port; on loopback it receives the requests too. */
  #port: DatagramPort | undefined;
  #others: DatagramPort[] = [];

  constructor(options: BootpServerOptions) {
    this.#options = options;
    this.#settings = options.settings;
  }

  async open(): Promise<void> {
    const { listen, openPort = openUdp, watch = listen.port === BOOTP_SERVER_PORT } = this.#options;
    const handlers = {
      onDatagram: (bytes: Uint8Array, from: Endpoint): void => this.#onDatagram(bytes, from),
      onError: (error: Error): void => this.#trouble(error.message),
    };
    const alone = this.#settings.replyMode === 'loopback' || listen.address === NO_ADDRESS;
    this.#port = await openPort({ listen, shared: !alone, broadcast: !alone }, handlers);
    if (!alone) {
      const everywhere = { address: NO_ADDRESS, port: this.#port.local.port };
      try {
        this.#others.push(await openPort({ listen: everywhere, shared: true }, handlers));
      } catch (error) {
        await this.#port.close();
        throw error;
      }
    }
    if (watch) await this.#watch(openPort, handlers);
  }

  /** Optional: without it, another server on the wire is not noticed. */
  async #watch(openPort: OpenPort, handlers: Parameters<OpenPort>[1]): Promise<void> {
    try {
      const listen = { address: NO_ADDRESS, port: BOOTP_CLIENT_PORT };
      this.#others.push(await openPort({ listen, shared: true }, handlers));
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#trouble(`not watching for other boot servers: ${message}`);
    }
  }

  get local(): Endpoint {
    return this.#port?.local ?? this.#options.listen;
  }

  serve = (rule: ImageRule): void => {
    const rules = this.#settings.rules.filter((other) => keyOf(other) !== keyOf(rule));
    this.#settings = { ...this.#settings, rules: [...rules, rule] };
  };

  quarantine = (mac: string, why: string): void => this.#step({ is: 'quarantine', mac, why });
  release = (mac: string): void => this.#step({ is: 'release', mac });
  leases = (): ReadonlyMap<string, Lease> => this.#state.leases;
  macOf = (wanted: string): string | undefined =>
    [...this.#state.leases].find(([, { address }]) => address === wanted)?.[0];

  stop = async (): Promise<void> => {
    await Promise.all([this.#port, ...this.#others].map((port) => port?.close()));
  };

  #onDatagram(bytes: Uint8Array, from: Endpoint): void {
    const { now = () => performance.now(), serialOf = () => undefined } = this.#options;
    this.#step({ is: 'datagram', bytes, from, at: now(), serialOf });
  }

  #step(event: BootpServerEvent): void {
    const { state, effects } = stepBootpServer(this.#settings, this.#state, event);
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: BootpServerEffect): void {
    switch (effect.do) {
      case 'reply':
        this.#seen(effect.request);
        void this.#reply(effect);
        break;
      case 'silent': {
        const { why, request, detail } = effect;
        if (request !== undefined && isOurs(why)) this.#seen(request);
        // Our own replies come back on the watched port: they are not reported.
        if (request !== undefined || why !== 'not-a-request')
          this.#emit({ is: 'silent', why, request, detail });
        break;
      }
      case 'foreign-reply': {
        const { mac, server, offered, file } = effect;
        this.#emit({ is: 'foreign-reply', mac, server, offered, file });
        break;
      }
      default:
        assertNever(effect);
    }
  }

  async #reply(effect: Extract<BootpServerEffect, { do: 'reply' }>): Promise<void> {
    const { request, answer, image, message, bytes } = effect;
    const to =
      effect.to.how === 'unicast-arp' ? await this.#neighbour(effect.to, message, request) : effect.to;
    this.#port?.send(bytes, to);
    this.#emit({ is: 'replied', request, answer, address: message.yiaddr, image, to });
  }

  /**
   * A modem without an address does not answer ARP: we add its entry ourselves, or else broadcast the reply.
   */
  async #neighbour(to: Destination, { yiaddr }: BootpMessage, { mac }: BootRequest): Promise<Destination> {
    const { addNeighbour = this.#ipNeighbour } = this.#options;
    try {
      await addNeighbour(yiaddr, mac);
      return to;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#trouble(`no entry for ${yiaddr} in the neighbour table: ${message}`);
      return { how: 'broadcast', address: EVERYBODY, port: to.port };
    }
  }

  #ipNeighbour = async (address: string, mac: string): Promise<void> => {
    const { iface } = this.#options;
    if (iface === undefined) throw new Error('the interface is not named');
    const entry = [address, 'lladdr', mac.replaceAll('-', ':'), 'dev', iface, 'nud', 'reachable'];
    await promisify(execFile)('ip', ['neigh', 'replace', ...entry], { timeout: 2000 });
  };

  #seen(request: BootRequest): void {
    this.#emit({
      is: 'seen',
      request,
      serial: this.#options.serialOf?.(request.mac) ?? request.vendor?.serial,
    });
  }

  #trouble(message: string): void {
    this.#emit({ is: 'trouble', message });
  }

  #emit(event: BootpEvent): void {
    this.#options.onEvent?.(event);
  }
}

/** Whether a modem that gets no answer for this reason could be ours. */
function isOurs(why: Silence): boolean {
  return why !== 'relayed' && why !== 'other-server' && why !== 'foreign-mac' && why !== 'dhcp';
}

/** What a rule applies to, in canonical form. */
function keyOf({ for: wanted }: ImageRule): string {
  switch (wanted.by) {
    case 'serial':
      return `serial ${wanted.serial.toUpperCase()}`;
    case 'mac':
      return `mac ${canonicalMac(wanted.mac) ?? wanted.mac}`;
    case 'board':
      return `board ${wanted.board.toUpperCase()}`;
    case 'prefix':
      return `prefix ${wanted.prefix.replace(/[-:]/g, '').toUpperCase()}`;
    case 'default':
      return 'default';
    default:
      return assertNever(wanted);
  }
}
