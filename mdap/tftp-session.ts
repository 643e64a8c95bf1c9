/** One transfer of the TFTP server: a port, a state machine, and what was sent. */
import type { Endpoint } from '../protocol/ipv4.ts';
import { assertNever } from '../protocol/result.ts';
import type { TftpPacket } from '../protocol/tftp/packet.ts';
import { decodeTftp, encodeTftp, TFTP_ERROR } from '../protocol/tftp/packet.ts';
import { initialReceiver, stepReceiver } from '../protocol/tftp/receiver.ts';
import type { ReceiverEffect, ReceiverSettings, ReceiverState } from '../protocol/tftp/receiver-types.ts';
import type { SenderEffect, SenderSettings, SenderState } from '../protocol/tftp/sender.ts';
import { initialSender, stepSender } from '../protocol/tftp/sender.ts';
import type { TransferEvent } from '../protocol/tftp/transfer.ts';
import type { DatagramPort } from './datagram-port.ts';
import type { Deadlines, Ticker } from './deadlines.ts';
import type { Pacer } from './pacer.ts';
import type { TftpServerEvent, TransferInfo } from './tftp-types.ts';
import type { Upload } from './upload-folder.ts';

export interface SessionContext {
  readonly ticker: Ticker;
  readonly deadlines: Deadlines;
  readonly pacer: Pacer;
  readonly onEvent: (event: TftpServerEvent) => void;
  /** Whether a sender outside the transfer may get an ERROR now. */
  readonly mayRefuseStranger: (address: string) => boolean;
  readonly maxSessionMs: number;
  /** Work that goes on after the transfer and never rejects: the server waits for it when it stops. */
  readonly background: (work: Promise<unknown>) => void;
}

/** What is transferred, and by which machine. */
export type Work =
  | { readonly way: 'read'; readonly bytes: Uint8Array; readonly settings: SenderSettings }
  | {
      readonly way: 'write';
      readonly upload: Upload;
      readonly size: number | undefined;
      readonly settings: ReceiverSettings;
    };

export class TftpSession {
  readonly info: TransferInfo;
  readonly #context: SessionContext;
  readonly #work: Work;
  readonly #whenOver: () => void;
  /** The owner of the deadline of the whole transfer; the session itself owns that of its packets. */
  readonly #total = {};
  #sender: SenderState = initialSender();
  #receiver: ReceiverState = initialReceiver();
  #port: DatagramPort | undefined;
  #begunAt = 0;
  #movedAt: number;
  #bytes = 0;
  /** DATA sent, and the end of the farthest: what is below it and sent again is a repetition. */
  #sentTo = 0;
  #repeated = 0;
  #answered = false;
  #whole = false;
  #over = false;

  constructor(info: TransferInfo, work: Work, context: SessionContext, whenOver: () => void) {
    this.info = info;
    this.#work = work;
    this.#context = context;
    this.#whenOver = whenOver;
    this.#movedAt = context.ticker.now();
  }

  /** Milliseconds since the client did something for the transfer. */
  get quietMs(): number {
    return this.#context.ticker.now() - this.#movedAt;
  }

  /** Whether its client has said anything since its request. */
  get isAnswered(): boolean {
    return this.#answered;
  }

  start(port: DatagramPort): void {
    this.#port = port;
    const { deadlines, ticker, maxSessionMs } = this.#context;
    this.#begunAt = ticker.now();
    deadlines.set(this.#total, maxSessionMs, () => this.abort('the transfer takes too long'));
    this.#step({ is: 'start' });
  }

  /** The client's request came again. */
  askedAgain(): void {
    if (this.#port !== undefined) this.#step({ is: 'asked-again' });
  }

  datagram(bytes: Uint8Array, from: Endpoint): void {
    const packet = decodeTftp(bytes);
    if (!packet.ok) return;
    const { peer } = this.info;
    this.#answered ||= from.address === peer.address && from.port === peer.port;
    this.#step({ is: 'packet', packet: packet.value, from });
  }

  /** Ends it with an ERROR to the client. */
  abort(text: string): void {
    this.#step({ is: 'abort', code: TFTP_ERROR.undefined, text });
    this.#end();
  }

  /** Ends it without a packet: the client has started again. */
  replace(): void {
    if (this.#over) return;
    this.#emit({ is: 'failed', failure: { why: 'ours', code: 0, text: 'the client started again' } });
    this.#end();
  }

  #step(event: TransferEvent): void {
    if (this.#over) return;
    const work = this.#work;
    if (work.way === 'read') {
      const { state, effects } = stepSender(work.settings, this.#sender, event);
      this.#sender = state;
      this.#sendAll(effects, work.bytes);
    } else {
      const { state, effects } = stepReceiver(work.settings, this.#receiver, event);
      this.#receiver = state;
      for (const effect of effects) this.#receive(effect, work.upload);
    }
  }

  #sendAll(effects: readonly SenderEffect[], bytes: Uint8Array): void {
    const packets: (() => void)[] = [];
    for (const effect of effects) {
      if (effect.do === 'send-data') packets.push(() => this.#sendData(effect, bytes));
      // The time of a packet begins when it is out: pacing may hold it back.
      else if (effect.do === 'wait') this.#context.pacer.add(this, packets, () => this.#wait(effect.ms));
      else this.#perform(effect);
    }
  }

  #sendData({ block, from, to, peer }: Extract<SenderEffect, { do: 'send-data' }>, bytes: Uint8Array): void {
    if (this.#over) return;
    if (to < this.#sentTo || (to === this.#sentTo && from < to)) this.#repeated += 1;
    this.#sentTo = Math.max(this.#sentTo, to);
    this.#port?.send(encodeTftp({ kind: 'data', block, data: bytes.subarray(from, to) }), peer);
  }

  #perform(effect: Exclude<SenderEffect, { do: 'send-data' | 'wait' }>): void {
    switch (effect.do) {
      case 'send':
        this.#send(effect.packet, effect.to);
        break;
      case 'begun':
        this.#emit({ is: 'begun', terms: effect.terms });
        break;
      case 'progress':
        this.#moved(effect.bytes);
        break;
      case 'done':
        this.#emit({ is: 'done' });
        this.#end();
        break;
      case 'failed':
        this.#emit({ is: 'failed', failure: effect.failure });
        this.#end();
        break;
      default:
        assertNever(effect);
    }
  }

  #receive(effect: ReceiverEffect, upload: Upload): void {
    switch (effect.do) {
      case 'send':
        this.#send(effect.packet, effect.to);
        break;
      case 'wait':
        this.#wait(effect.ms);
        break;
      case 'begun':
        this.#emit({ is: 'begun', terms: effect.terms });
        break;
      case 'store':
        upload.append(effect.data);
        this.#moved(effect.offset + effect.data.length);
        break;
      case 'complete':
        this.#complete(upload);
        break;
      case 'failed':
        this.#emit({ is: 'failed', failure: effect.failure });
        break;
      case 'closed':
        this.#end();
        break;
      default:
        assertNever(effect);
    }
  }

  #complete(upload: Upload): void {
    this.#whole = true;
    upload.finish().then(
      () => this.#emit({ is: 'done' }),
      (error: unknown) =>
        this.#emit({
          is: 'failed',
          failure: { why: 'ours', code: TFTP_ERROR.diskFull, text: String(error) },
        }),
    );
  }

  #send(packet: TftpPacket, to: Endpoint): void {
    const { peer } = this.info;
    const stranger = to.address !== peer.address || to.port !== peer.port;
    if (!stranger || this.#context.mayRefuseStranger(to.address)) this.#port?.send(encodeTftp(packet), to);
  }

  #wait(ms: number): void {
    if (!this.#over) this.#context.deadlines.set(this, ms, () => this.#step({ is: 'due' }));
  }

  #moved(bytes: number): void {
    this.#bytes = bytes;
    this.#movedAt = this.#context.ticker.now();
    this.#context.onEvent({ is: 'progress', ...this.info, bytes, size: this.#size() });
  }

  #size(): number | undefined {
    return this.#work.way === 'read' ? this.#work.bytes.length : this.#work.size;
  }

  #emit(
    event:
      | Omit<Extract<TftpServerEvent, { is: 'begun' }>, keyof TransferInfo | 'size'>
      | { readonly is: 'done' }
      | Omit<Extract<TftpServerEvent, { is: 'failed' }>, keyof TransferInfo | 'bytes'>,
  ): void {
    const { onEvent, ticker } = this.#context;
    const [info, bytes] = [this.info, this.#bytes];
    if (event.is === 'begun') onEvent({ ...event, ...info, size: this.#size() });
    else if (event.is === 'failed') onEvent({ ...event, ...info, bytes });
    else onEvent({ ...event, ...info, bytes, ms: ticker.now() - this.#begunAt, repeated: this.#repeated });
  }

  #end(): void {
    if (this.#over) return;
    this.#over = true;
    const { deadlines, pacer, background } = this.#context;
    deadlines.clear(this);
    deadlines.clear(this.#total);
    pacer.drop(this);
    if (this.#work.way === 'write' && !this.#whole) background(this.#work.upload.discard());
    if (this.#port !== undefined) background(this.#port.close());
    this.#whenOver();
  }
}
