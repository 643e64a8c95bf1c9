/** A sender and a receiver of TFTP joined by a line that loses, doubles and delays, in simulated time. */

import type { Endpoint } from '../../../protocol/ipv4.ts';
import { createRandom } from '../../../protocol/random.ts';
import type { TransferTerms } from '../../../protocol/tftp/options.ts';
import { grantOptions, OPTION_CAPS, PLAIN_TERMS } from '../../../protocol/tftp/options.ts';
import type { TftpOption, TftpPacket } from '../../../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp } from '../../../protocol/tftp/packet.ts';
import { initialReceiver, stepReceiver } from '../../../protocol/tftp/receiver.ts';
import type { ReceiverSettings, ReceiverState } from '../../../protocol/tftp/receiver-types.ts';
import { RECEIVER_DEFAULTS } from '../../../protocol/tftp/receiver-types.ts';
import type { SenderSettings, SenderState } from '../../../protocol/tftp/sender.ts';
import { initialSender, SENDER_DEFAULTS, stepSender } from '../../../protocol/tftp/sender.ts';
import type { TransferEvent } from '../../../protocol/tftp/transfer.ts';

export interface PairOptions {
  readonly size: number;
  /** Bytes from..to of the file; nothing is compared without it. */
  readonly content?: (from: number, to: number) => Uint8Array;
  readonly options?: readonly TftpOption[];
  readonly terms?: TransferTerms;
  /** Shares of datagrams, 0 to 1. */
  readonly loss?: number;
  readonly duplicates?: number;
  /**
   * Milliseconds a datagram takes, up to as many more at random: more than the distance of two reorders them.
   */
  readonly delayMs?: number;
  readonly jitterMs?: number;
  /** How often the datagram is delivered, by what it is. */
  readonly copies?: (packet: TftpPacket, to: Side) => number;
  readonly sender?: Partial<SenderSettings>;
  readonly receiver?: Partial<ReceiverSettings>;
  readonly seed?: number;
  readonly maxEvents?: number;
}

export type Side = 'sender' | 'receiver';

export interface PairResult {
  readonly sender: SenderState;
  readonly receiver: ReceiverState;
  /** Datagrams that each side sent. */
  readonly sent: Record<Side, number>;
  /** Bytes that the receiver stored, in order and equal to the file. */
  readonly stored: number;
  readonly ms: number;
  /** Numbers of DATA as they left. */
  readonly blocks: number[];
}

export const SERVER: Endpoint = { address: '192.168.1.10', port: 50_000 };
export const SERVER_ASKED: Endpoint = { address: '192.168.1.10', port: 69 };
export const CLIENT: Endpoint = { address: '192.168.1.64', port: 2000 };

interface Happening {
  readonly at: number;
  readonly order: number;
  readonly to: Side;
  /** Which wait it ends, or the datagram. */
  readonly what: { readonly wait: number } | { readonly bytes: Uint8Array };
}

/** Plays one read transfer until nothing happens any more. Throws when a stored byte is wrong. */
export function playPair(given: PairOptions): PairResult {
  return new Pair(given).play();
}

class Pair {
  readonly #given: PairOptions;
  readonly #random: () => number;
  readonly #senderSettings: SenderSettings;
  readonly #receiverSettings: ReceiverSettings;
  readonly #sent = { sender: 0, receiver: 0 };
  readonly #waits = { sender: 0, receiver: 0 };
  readonly #blocks: number[] = [];
  #queue: Happening[] = [];
  #order = 0;
  #now = 0;
  #stored = 0;
  #sender: SenderState = initialSender();
  #receiver: ReceiverState = initialReceiver();

  constructor(given: PairOptions) {
    this.#given = given;
    this.#random = createRandom(given.seed ?? 1);
    const { options = [], size } = given;
    const granted = grantOptions(options, { ...OPTION_CAPS, maxBlksize: 65464 }, size);
    if (!granted.ok) throw new Error(granted.error.text);
    const terms = given.terms ?? granted.value.terms ?? PLAIN_TERMS;
    this.#senderSettings = {
      ...SENDER_DEFAULTS,
      maxSends: 30,
      maxFirstSends: 30,
      size,
      opening: { by: 'answer', peer: CLIENT, terms, answer: granted.value.answer },
      ...given.sender,
    };
    this.#receiverSettings = {
      ...RECEIVER_DEFAULTS,
      maxSends: 30,
      opening: {
        by: 'request',
        request: { kind: 'read', file: 'image', mode: 'octet', options },
        server: SERVER_ASKED,
      },
      ...given.receiver,
    };
  }

  play(): PairResult {
    this.#toReceiver({ is: 'start' });
    for (let count = 0; count < (this.#given.maxEvents ?? 2_000_000); count++) {
      const next = this.#pull();
      if (next === undefined) break;
      this.#now = next.at;
      this.#happen(next);
    }
    return {
      sender: this.#sender,
      receiver: this.#receiver,
      sent: this.#sent,
      stored: this.#stored,
      ms: this.#now,
      blocks: this.#blocks,
    };
  }

  #pull(): Happening | undefined {
    let best = 0;
    for (let index = 1; index < this.#queue.length; index++) {
      const [a, b] = [this.#queue[index], this.#queue[best]];
      if (a !== undefined && b !== undefined && (a.at - b.at || a.order - b.order) < 0) best = index;
    }
    const [next] = this.#queue.splice(best, 1);
    return next;
  }

  #happen({ to, what }: Happening): void {
    if ('wait' in what) {
      if (what.wait !== this.#waits[to]) return;
      if (to === 'sender') this.#toSender({ is: 'due' });
      else this.#toReceiver({ is: 'due' });
      return;
    }
    const decoded = decodeTftp(what.bytes);
    if (!decoded.ok) throw new Error(decoded.error.code);
    const packet = decoded.value;
    if (to === 'receiver') this.#toReceiver({ is: 'packet', packet, from: SERVER });
    // The server's shell begins a transfer at the first request and takes others of the same port for
    // repetitions.
    else if (packet.kind === 'read')
      this.#toSender({ is: this.#sender.at === 'idle' ? 'start' : 'asked-again' });
    else this.#toSender({ is: 'packet', packet, from: CLIENT });
  }

  #toSender(event: TransferEvent): void {
    const { state, effects } = stepSender(this.#senderSettings, this.#sender, event);
    this.#sender = state;
    for (const effect of effects) {
      if (effect.do === 'send') this.#send('sender', effect.packet);
      else if (effect.do === 'send-data') {
        const { block, from, to } = effect;
        this.#blocks.push(block);
        const data = this.#given.content?.(from, to) ?? new Uint8Array(to - from);
        this.#send('sender', { kind: 'data', block, data });
      } else if (effect.do === 'wait') this.#wait('sender', effect.ms);
      else if (effect.do === 'done' || effect.do === 'failed') this.#waits.sender += 1;
    }
  }

  #toReceiver(event: TransferEvent): void {
    const { state, effects } = stepReceiver(this.#receiverSettings, this.#receiver, event);
    this.#receiver = state;
    for (const effect of effects) {
      if (effect.do === 'send') this.#send('receiver', effect.packet);
      else if (effect.do === 'wait') this.#wait('receiver', effect.ms);
      else if (effect.do === 'closed') this.#waits.receiver += 1;
      else if (effect.do === 'store') this.#store(effect.offset, effect.data);
    }
  }

  #store(offset: number, data: Uint8Array): void {
    if (offset !== this.#stored) throw new Error(`stored at ${offset} instead of ${this.#stored}`);
    const wanted = this.#given.content?.(offset, offset + data.length);
    if (wanted?.some((byte, index) => byte !== data[index])) throw new Error(`other bytes at ${offset}`);
    this.#stored += data.length;
  }

  #wait(side: Side, ms: number): void {
    this.#waits[side] += 1;
    this.#push(this.#now + ms, side, { wait: this.#waits[side] });
  }

  #send(from: Side, packet: TftpPacket): void {
    this.#sent[from] += 1;
    const to = from === 'sender' ? 'receiver' : 'sender';
    const { loss = 0, duplicates = 0, delayMs = 1, jitterMs = 0, copies } = this.#given;
    if (this.#random() < loss) return;
    const doubled = this.#random() < duplicates ? 2 : 1;
    const count = copies?.(packet, to) ?? doubled;
    const bytes = encodeTftp(packet);
    for (let copy = 0; copy < count; copy++)
      this.#push(this.#now + delayMs + jitterMs * this.#random(), to, { bytes });
  }

  #push(at: number, to: Side, what: Happening['what']): void {
    this.#order += 1;
    this.#queue.push({ at, order: this.#order, to, what });
    // A wait that was replaced is dropped here, so that the queue stays as short as what is in flight.
    if (this.#queue.length > 64)
      this.#queue = this.#queue.filter(
        ({ to: side, what }) => !('wait' in what) || what.wait === this.#waits[side],
      );
  }
}
