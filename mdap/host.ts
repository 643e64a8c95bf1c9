/**
 * A host of MDAP: it finds ants on the chosen interfaces, asks them for facts and has them carry out
 * commands. All requests go to the group, and most replies come by it, those to other hosts too: TO-HOST
 * tells whom a reply is for. What is only overheard adds to the fleet and to nothing else; requests are
 * dropped, its own too.
 */
import { platform } from 'node:process';
import { ModemlabError } from '../protocol/errors.ts';
import type { Endpoint } from '../protocol/ipv4.ts';
import type { HostOutcome, HostRequest } from '../protocol/mdap/host-conversation.ts';
import { checkCommand } from '../protocol/mdap/host-conversation.ts';
import type { MdapMessage, MdapReply, ReplyAntSearch } from '../protocol/mdap/messages.ts';
import { decodeMessage } from '../protocol/mdap/messages.ts';
import type { SearchEvent, SearchState } from '../protocol/mdap/search.ts';
import { initial as searchBegin, step as searchStep } from '../protocol/mdap/search.ts';
import type { HostSettings } from '../protocol/mdap/settings.ts';
import {
  HOST_SETTINGS,
  LEGACY_GROUP,
  LEGACY_PORT,
  MDAP_GROUP,
  MDAP_PORT,
} from '../protocol/mdap/settings.ts';
import type { AntRecord } from './ant-fleet.ts';
import { AntFleet, isConflict } from './ant-fleet.ts';
import type { DatagramPort, OpenPort } from './datagram-port.ts';
import { openUdp } from './datagram-port.ts';
import type { Ticker } from './deadlines.ts';
import { realTicker } from './deadlines.ts';
import type { Sender } from './host-conversation.ts';
import { HostConversation } from './host-conversation.ts';
import type { Credentials, DiscoverOptions, ExecOptions, MdapHostOptions } from './host-types.ts';
import { Rate } from './rate.ts';
import { Semaphore } from './semaphore.ts';
import { mayStaySilent } from './silent-commands.ts';

const LEGACY: Endpoint = { address: LEGACY_GROUP, port: LEGACY_PORT };

export type * from './host-types.ts';

/** Conversations at the same time: an ant answers in pieces, and the group floods every port. */
const MAX_CONVERSATIONS = 8;

interface Search {
  state: SearchState;
  readonly senders: readonly Sender[];
  readonly options: DiscoverOptions;
  readonly done: () => void;
  stopTimer: () => void;
}

/**
 * Joins the group on all interfaces. Rejects with E_MDAP_INTERFACE when one cannot be used, E_ADDRESS_IN_USE.
 */
export async function openMdapHost(options: MdapHostOptions): Promise<MdapHost> {
  const host = new MdapHost(options);
  await host.open();
  return host;
}

export class MdapHost {
  readonly fleet = new AntFleet();
  readonly settings: HostSettings;
  readonly #options: MdapHostOptions;
  readonly #group: Endpoint;
  readonly #ticker: Ticker;
  readonly #rate: Rate;
  readonly #openPort: OpenPort;
  readonly #slots = new Semaphore(MAX_CONVERSATIONS);
  /** An ant may support only one conversation at a time. */
  readonly #antLocks = new Map<string, Semaphore>();
  readonly #conversations = new Set<HostConversation>();
  readonly #searches = new Set<Search>();
  readonly #ports = new Set<DatagramPort>();
  #closed = false;

  /** Use `openMdapHost`. */
  constructor(options: MdapHostOptions) {
    this.#options = options;
    this.settings = { ...HOST_SETTINGS, ...options.settings };
    this.#group = { address: options.group ?? MDAP_GROUP, port: options.port ?? MDAP_PORT };
    this.#ticker = options.ticker ?? realTicker;
    this.#rate = new Rate(this.settings.rate);
    this.#openPort = options.openPort ?? openUdp;
  }

  async open(): Promise<void> {
    await this.#join(this.#group);
    if (this.settings.legacy10) await this.#join(LEGACY);
  }

  /** Searches, and returns the ants that replied to this search. */
  async discover(options: DiscoverOptions = {}): Promise<readonly AntRecord[]> {
    if (this.#closed) return [];
    const senders = await this.#openSenders(this.#options.interfaces);
    const search = await new Promise<Search>((resolve) => {
      const begun: Search = {
        state: searchBegin(),
        senders,
        options,
        stopTimer: () => undefined,
        done: () => resolve(begun),
      };
      this.#searches.add(begun);
      this.#search(begun, { is: this.#closed ? 'cancel' : 'begin' });
    });
    search.stopTimer();
    this.#searches.delete(search);
    await this.#closeAll(senders);
    return [...search.state.found.keys()].flatMap((antId) => this.fleet.get(antId) ?? []);
  }

  /** INFO. Rejects as `converse` does; resolves with any outcome. */
  async info(antId: string, credentials: Credentials, force = false): Promise<HostOutcome> {
    return this.converse({ verb: 'INFO', antId, ...credentials, repeatable: true }, force);
  }

  /** Has an ant carry out one command line. Rejects as `converse` does. */
  async exec(
    antId: string,
    line: string,
    credentials: Credentials,
    { silent = mayStaySilent(line), repeatable = false, force = false }: ExecOptions = {},
  ): Promise<HostOutcome> {
    const command = checkCommand(this.settings, { antId, ...credentials, command: line });
    if (!command.ok) throw new ModemlabError('E_MDAP_COMMAND', `${command.error}: ${line.slice(0, 60)}`);
    const request = { verb: 'EXEC-CLI', antId, ...credentials, command: command.value } as const;
    return this.converse({ ...request, expectSilence: silent, repeatable }, force);
  }

  /**
   * One conversation; at most eight are held at a time, and one with each ant, others wait. Resolves with
   * what the ant did, even if it did not answer. Rejects with E_MDAP_CONFLICT if two ants share the ANT-ID,
   * unless forced.
   */
  async converse(request: HostRequest, force = false): Promise<HostOutcome> {
    const own = this.#antLocks.get(request.antId) ?? new Semaphore(1);
    this.#antLocks.set(request.antId, own);
    try {
      return await own.run(() => this.#slots.run(() => this.#converse(request, force)));
    } finally {
      if (own.idle) this.#antLocks.delete(request.antId);
    }
  }

  async #converse(request: HostRequest, force: boolean): Promise<HostOutcome> {
    const ant = this.fleet.get(request.antId);
    if (ant !== undefined && isConflict(ant) && !force)
      throw new ModemlabError('E_MDAP_CONFLICT', `${request.antId}: ${ant.macs.join(', ')}`);
    if (this.#closed) return { is: 'cancelled' };
    const senders = await this.#openSenders(ant?.via === undefined ? this.#options.interfaces : [ant.via]);
    if (this.#closed) return this.#closeAll(senders).then(() => ({ is: 'cancelled' }));
    const parts = { settings: this.settings, ticker: this.#ticker, rate: this.#rate, senders };
    const conversation = new HostConversation(request, parts);
    this.#conversations.add(conversation);
    conversation.begin();
    const outcome = await conversation.ended;
    this.#conversations.delete(conversation);
    await this.#closeAll(senders);
    return outcome;
  }

  /** Cancels everything in progress, and leaves the group. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const conversation of this.#conversations) conversation.cancel();
    for (const search of this.#searches) this.#search(search, { is: 'cancel' });
    await Promise.all([...this.#ports].map((port) => port.close()));
  }

  async #join(at: Endpoint): Promise<void> {
    // A socket bound to the group takes no datagram that is meant for another program at the port. Elsewhere
    // than on Linux a socket cannot be bound so.
    const address = platform === 'linux' ? at.address : '0.0.0.0';
    const join = this.#options.interfaces.map((on) => ({ group: at.address, on }));
    const options = { listen: { address, port: at.port }, shared: true, join };
    this.#ports.add(
      await this.#openPort(options, {
        onDatagram: (bytes, from) => this.#hear(bytes, from, undefined),
        onError: (error) => this.#options.onTrouble?.(error.message),
      }).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        const code = /EADDRINUSE/.test(why) ? 'E_ADDRESS_IN_USE' : 'E_MDAP_INTERFACE';
        throw new ModemlabError(code, `${this.#options.interfaces.join(', ')}: ${why}`, { cause: error });
      }),
    );
  }

  async #openSenders(interfaces: readonly string[]): Promise<readonly Sender[]> {
    return Promise.all(interfaces.map((address) => this.#openSender(address)));
  }

  async #openSender(address: string): Promise<Sender> {
    const port = await this.#openPort(
      { listen: { address, port: 0 }, multicastFrom: address },
      {
        onDatagram: (bytes, from) => this.#hear(bytes, from, port.local),
        onError: (error) => this.#options.onTrouble?.(error.message),
      },
    );
    this.#ports.add(port);
    return {
      local: port.local,
      send: (bytes, to = this.#group) => port.send(bytes, to),
      close: () => {
        this.#ports.delete(port);
        return port.close();
      },
    };
  }

  async #closeAll(senders: readonly Sender[]): Promise<void> {
    await Promise.all(senders.map((sender) => sender.close()));
  }

  /** `at`: our socket that it came to, if it did not come through the group. */
  #hear(bytes: Uint8Array, from: Endpoint, at: Endpoint | undefined): void {
    const read = decodeMessage(bytes, this.settings);
    if (!read.ok) {
      this.#options.onTrouble?.(`${read.error.code} from ${from.address}:${from.port}`);
      return;
    }
    const { message, odd } = read.value;
    this.#options.onMessage?.(message, from);
    if (isReply(message) && !odd.includes('no-colon'))
      this.#onReply(message, from, at ?? endpointOf(message.toHost));
  }

  #onReply(message: MdapReply, from: Endpoint, to: Endpoint | undefined): void {
    const search = to === undefined ? undefined : this.#searchOf(to);
    const own = [...this.#conversations].filter(
      (conversation) =>
        conversation.request.antId === message.antId && (to === undefined || conversation.owns(to)),
    );
    const via = to !== undefined && (search !== undefined || own.length > 0) ? to.address : undefined;
    const ant = this.fleet.hear(message, from.address, via, Date.now());
    if (message.kind === 'REPLY-ANT-SEARCH') {
      if (ant !== undefined) this.#options.onAnt?.(ant);
      // A reply without a known addressee may belong to any running search.
      const searches = to === undefined ? [...this.#searches] : search === undefined ? [] : [search];
      for (const each of searches) this.#onFound(each, message, from, ant);
      return;
    }
    for (const conversation of own) conversation.hear(message);
  }

  #searchOf(to: Endpoint): Search | undefined {
    return [...this.#searches].find(({ senders }) =>
      senders.some(({ local }) => local.address === to.address && local.port === to.port),
    );
  }

  #onFound(search: Search, message: ReplyAntSearch, from: Endpoint, ant: AntRecord | undefined): void {
    const before = search.state.found.size;
    this.#search(search, { is: 'reply', message, source: from.address });
    if (ant === undefined || search.state.found.size === before) return;
    search.options.onFound?.(ant);
    const found = [...search.state.found.keys()].flatMap((antId) => this.fleet.get(antId) ?? []);
    if (search.options.until?.(found) === true) this.#search(search, { is: 'cancel' });
  }

  #search(search: Search, event: SearchEvent): void {
    const { state, effects } = searchStep(this.settings, search.state, event);
    search.state = state;
    for (const effect of effects) {
      if (effect.do === 'send') {
        this.#ticker.after(this.#rate.take(this.#ticker.now()), () => {
          for (const { send } of search.senders) send(effect.bytes, effect.legacy ? LEGACY : this.#group);
        });
      } else if (effect.do === 'timer') {
        search.stopTimer();
        search.stopTimer = this.#ticker.after(effect.ms, () => this.#search(search, { is: 'timeout' }));
      } else if (effect.do === 'end') search.done();
    }
  }
}

function isReply(message: MdapMessage): message is MdapReply {
  return message.kind !== 'other' && message.kind.startsWith('REPLY-');
}

/** TO-HOST as address and port; `undefined` if it is missing or unreadable. */
function endpointOf(toHost: string | undefined): Endpoint | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/.exec(toHost ?? '');
  return match === null ? undefined : { address: match[1] ?? '', port: Number(match[2]) };
}
