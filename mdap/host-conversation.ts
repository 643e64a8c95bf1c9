/**
 * The conversations of a host that are under way: the machine of protocol/mdap/host-conversation.ts for each,
 * with sockets of its own, so that TO-HOST tells late replies to one conversation from those to the next.
 */
import type { Endpoint } from '../protocol/ipv4.ts';
import { isSameEndpoint } from '../protocol/ipv4.ts';
import type { HostEvent, HostOutcome, HostRequest, HostState } from '../protocol/mdap/host-conversation.ts';
import { initial, step } from '../protocol/mdap/host-conversation.ts';
import type { ConversationReply } from '../protocol/mdap/messages.ts';
import type { HostSettings } from '../protocol/mdap/settings.ts';
import { assertNever } from '../protocol/result.ts';
import type { Ticker } from './deadlines.ts';
import type { Rate } from './rate.ts';

/** A socket that a conversation or a search sends from. */
export interface Sender {
  readonly local: Endpoint;
  /** Sends to the group, or to `to`. */
  readonly send: (bytes: Uint8Array, to?: Endpoint) => void;
  readonly close: () => Promise<void>;
}

export interface HostConversationOptions {
  readonly settings: HostSettings;
  readonly ticker: Ticker;
  readonly rate: Rate;
  readonly senders: readonly Sender[];
}

export class HostConversation {
  readonly request: HostRequest;
  readonly ended: Promise<HostOutcome>;
  readonly #options: HostConversationOptions;
  #state: HostState;
  #end: (outcome: HostOutcome) => void = () => undefined;
  #stopTimer: () => void = () => undefined;
  #stopDeadline: () => void = () => undefined;

  constructor(request: HostRequest, options: HostConversationOptions) {
    this.request = request;
    this.#options = options;
    this.#state = initial(request);
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  begin(): void {
    this.#step({ is: 'begin' });
  }

  cancel(): void {
    this.#step({ is: 'cancel' });
  }

  /** A reply with this ANT-ID that is for us: see `owns`. */
  hear(message: ConversationReply): void {
    this.#step({ is: 'reply', message });
  }

  /** Whether this TO-HOST is one of its sockets. */
  owns(host: Endpoint): boolean {
    return this.#options.senders.some(({ local }) => isSameEndpoint(local, host));
  }

  #step(event: HostEvent): void {
    const { settings, ticker, rate, senders } = this.#options;
    const { state, effects } = step(settings, this.#state, event);
    this.#state = state;
    // A datagram that waits for its place is sent later, and is waited for longer.
    let late = 0;
    for (const effect of effects) {
      switch (effect.do) {
        case 'send': {
          late = rate.take(ticker.now(), this.request.antId);
          const send = (): void => {
            for (const sender of senders) sender.send(effect.bytes);
          };
          if (late === 0) send();
          else ticker.after(late, send);
          break;
        }
        case 'timer':
          this.#stopTimer();
          this.#stopTimer = ticker.after(effect.ms + late, () => this.#step({ is: 'timeout' }));
          break;
        case 'deadline':
          this.#stopDeadline = ticker.after(effect.ms, () => this.#step({ is: 'deadline' }));
          break;
        case 'end':
          this.#stopTimer();
          this.#stopDeadline();
          this.#end(effect.outcome);
          break;
        default:
          assertNever(effect);
      }
    }
  }
}
