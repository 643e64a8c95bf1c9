/**
 * Hosts and ants on one line that loses, repeats and reorders datagrams, in simulated time: the two machines
 * of protocol/mdap and nothing else. The same seed gives the same run.
 */

import type { Endpoint } from '../../../protocol/ipv4.ts';
import type { AntEvent, AntResult, AntState, AntWork } from '../../../protocol/mdap/ant-conversation.ts';
import { initial as antBegin, step as antStep } from '../../../protocol/mdap/ant-conversation.ts';
import type {
  HostEvent,
  HostOutcome,
  HostRequest,
  HostState,
} from '../../../protocol/mdap/host-conversation.ts';
import { initial as hostBegin, step as hostStep } from '../../../protocol/mdap/host-conversation.ts';
import { decodeMessage } from '../../../protocol/mdap/messages.ts';
import type { AntSettings, HostSettings } from '../../../protocol/mdap/settings.ts';
import { ANT_SETTINGS, HOST_SETTINGS } from '../../../protocol/mdap/settings.ts';
import { createRandom } from '../../../protocol/random.ts';

export interface Faults {
  /** Shares of all datagrams, from 0 to 1. */
  readonly loss: number;
  readonly duplicates: number;
  /** Milliseconds that a datagram takes at least and at most: more than one order of them may come of it. */
  readonly delay: readonly [number, number];
}

export interface LineAnt {
  readonly antId: string;
  readonly settings?: Partial<AntSettings>;
  readonly run: (work: AntWork, from: Endpoint) => AntResult;
  /** Milliseconds until the result is there; 0: at once. */
  readonly takes?: number;
}

interface LineHost {
  readonly endpoint: Endpoint;
  state: HostState;
  timer: number;
  readonly settings: HostSettings;
  readonly done: (outcome: HostOutcome) => void;
}

export class MdapLine {
  now = 0;
  sent = 0;
  readonly #random: () => number;
  readonly #faults: Faults;
  readonly #ants: { readonly ant: LineAnt; state: AntState }[];
  readonly #hosts: LineHost[] = [];
  readonly #due: { readonly at: number; readonly order: number; readonly work: () => void }[] = [];
  #order = 0;

  constructor(seed: number, faults: Faults, ants: readonly LineAnt[]) {
    this.#random = createRandom(seed);
    this.#faults = faults;
    this.#ants = ants.map((ant) => ({ ant, state: antBegin }));
  }

  /** Begins a conversation at a time, from a port of its own or the one given. */
  ask(
    ask: HostRequest,
    { at = 0, address = '192.168.1.10', port = 50_000 + this.#hosts.length, settings = {} }: AskOptions = {},
  ): {
    outcome: HostOutcome | undefined;
  } {
    const held: { outcome: HostOutcome | undefined } = { outcome: undefined };
    const host: LineHost = {
      endpoint: { address, port },
      state: hostBegin(ask),
      timer: 0,
      settings: { ...HOST_SETTINGS, ...settings },
      done: (outcome) => {
        if (held.outcome !== undefined) throw new Error('a conversation ended twice');
        held.outcome = outcome;
      },
    };
    this.#hosts.push(host);
    this.#at(at, () => this.#host(host, { is: 'begin' }));
    return held;
  }

  /** Plays until nothing is due, or a time of an hour is over. */
  play(): void {
    for (let next = this.#next(); next !== undefined && this.now < 3_600_000; next = this.#next()) {
      this.now = next.at;
      next.work();
    }
  }

  #next() {
    this.#due.sort((a, b) => a.at - b.at || a.order - b.order);
    return this.#due.shift();
  }

  #at(at: number, work: () => void): void {
    this.#due.push({ at, order: this.#order++, work });
  }

  #host(host: LineHost, event: HostEvent): void {
    const { state, effects } = hostStep(host.settings, host.state, event);
    host.state = state;
    for (const effect of effects) {
      if (effect.do === 'send') this.#carry(() => this.#toAnts(host.endpoint, effect.bytes));
      else if (effect.do === 'timer') {
        const timer = ++host.timer;
        this.#at(this.now + effect.ms, () => timer === host.timer && this.#host(host, { is: 'timeout' }));
      } else if (effect.do === 'deadline')
        this.#at(this.now + effect.ms, () => this.#host(host, { is: 'deadline' }));
      else {
        host.timer++;
        host.done(effect.outcome);
      }
    }
  }

  /** What becomes of one datagram. */
  #carry(arrive: () => void): void {
    this.sent += 1;
    const { loss, duplicates, delay } = this.#faults;
    for (let copies = this.#random() < duplicates ? 2 : 1; copies > 0; copies--) {
      if (this.#random() < loss) continue;
      this.#at(this.now + delay[0] + this.#random() * (delay[1] - delay[0]), arrive);
    }
  }

  #toAnts(from: Endpoint, bytes: Uint8Array): void {
    for (const held of this.#ants)
      this.#ant(held, {
        is: 'datagram',
        bytes,
        now: this.now,
        random: this.#random(),
        arrival: { from, byGroup: true, local: true },
      });
  }

  #ant(held: { readonly ant: LineAnt; state: AntState }, event: AntEvent): void {
    const { antId, settings, run, takes = 0 } = held.ant;
    const who = {
      antId,
      antName: 'SpeedTouch 585',
      antMac: '00-14-7F-00-00-01',
      hostSetup: 'auto',
      tpVersion: '2.0.0',
    };
    const { state, effects } = antStep(
      { settings: { ...ANT_SETTINGS, ...settings }, who },
      held.state,
      event,
    );
    held.state = state;
    for (const effect of effects) {
      if (effect.do === 'send') this.#carry(() => this.#toHosts(effect.bytes));
      else {
        const from = event.is === 'datagram' ? event.arrival.from : { address: '', port: 0 };
        const result = run(effect.work, from);
        this.#at(this.now + takes, () =>
          this.#ant(held, { is: 'ran', id: effect.work.id, result, now: this.now }),
        );
      }
    }
  }

  #toHosts(bytes: Uint8Array): void {
    const read = decodeMessage(bytes);
    if (!read.ok) throw new Error(`an ant sent what cannot be read: ${read.error.code}`);
    const { message } = read.value;
    if (message.kind !== 'REPLY-INFO' && message.kind !== 'REPLY-EXEC-CLI') return;
    for (const host of this.#hosts) {
      const { address, port } = host.endpoint;
      if (message.toHost === `${address}:${port}`) this.#host(host, { is: 'reply', message });
    }
  }
}

interface AskOptions {
  readonly at?: number;
  readonly address?: string;
  readonly port?: number;
  readonly settings?: Partial<HostSettings>;
}
