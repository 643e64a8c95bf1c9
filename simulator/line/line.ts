/**
 * The line between a modem and its ACS: a stream around the socket that passes bytes on through its faults.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { createRandom } from '../../protocol/random.ts';
import { Channel } from './channel.ts';
import type { Bytes, Direction, Flow, LineClock, LineFault } from './flow.ts';
import { Gone, realClock } from './flow.ts';

/** Bytes that wait at either end of a line before the faults process them. */
const WAITING = 16_384;
/** Milliseconds that a closing line may take to deliver what is in flight. */
const LINGER_MS = 10_000;

export interface LineOptions {
  readonly faults: readonly LineFault[];
  /** Same seed, same faults at the same bytes of the same connections. */
  readonly seed: string;
  /** Real time, unless a test brings its own. */
  readonly clock?: LineClock;
}

/** The line of one modem. It counts its connections and how often a fault occurred on them. */
export class Line {
  readonly faults: readonly LineFault[];
  readonly clock: LineClock;
  readonly #seed: string;
  readonly #claimed = new Map<LineFault, number>();
  #connections = 0;

  constructor({ faults, seed, clock = realClock }: LineOptions) {
    this.faults = faults;
    this.clock = clock;
    this.#seed = seed;
  }

  /** What the modem talks to in place of this socket, which may still be connecting. */
  wrap(socket: Socket): LineStream {
    this.#connections += 1;
    return new LineStream(socket, this, `${this.#seed}/line/${this.#connections}`);
  }

  claim(fault: LineFault, times: number | undefined): boolean {
    const claimed = this.#claimed.get(fault) ?? 0;
    if (times !== undefined && claimed >= times) return false;
    this.#claimed.set(fault, claimed + 1);
    return true;
  }
}

/**
 * One connection of a line. Both directions wait for the slower side, the bytes in flight are bounded, and
 * the end of each direction follows its bytes.
 */
export class LineStream extends Duplex {
  readonly #socket: Socket;
  readonly #line: Line;
  readonly #seed: string;
  readonly #openedAt: number;
  readonly #fromModem = new Channel<Buffer>(WAITING, ({ length }) => length);
  readonly #fromAcs = new Channel<Buffer>(WAITING, ({ length }) => length);
  /** Ends each pending wait. */
  readonly #waits = new Set<(gone: boolean) => void>();
  /** The reader wants more. */
  #wanted: (() => void) | undefined;
  readonly #upEnded: Promise<void>;

  constructor(socket: Socket, line: Line, seed: string) {
    super({ allowHalfOpen: false });
    this.#socket = socket;
    this.#line = line;
    this.#seed = seed;
    this.#openedAt = line.clock.now();
    // One direction may end long before the other has arrived: the line decides when, not the socket.
    socket.allowHalfOpen = true;
    socket
      .on('connect', () => this.emit('connect'))
      .on('error', (error) => this.destroy(error))
      .on('close', () => {
        if (!socket.readableEnded || !socket.writableFinished) this.destroy();
      })
      .on('end', () => this.#fromAcs.end())
      .on('data', (bytes: Buffer) => {
        socket.pause();
        this.#fromAcs.put(bytes).then(
          () => socket.resume(),
          () => undefined,
        );
      });
    this.#upEnded = this.#carryUp();
    this.#upEnded.catch((error: unknown) => this.#fail(error));
    this.#carryDown().catch((error: unknown) => this.#fail(error));
  }

  setNoDelay(noDelay?: boolean): this {
    this.#socket.setNoDelay(noDelay);
    return this;
  }

  /**
   * Ends when everything written has been sent, as net.Socket does; a line that never delivers it is given
   * up.
   */
  destroySoon(): void {
    if (this.destroyed) return;
    if (this.writableFinished) {
      this.destroy();
      return;
    }
    if (!this.writableEnded) this.end();
    this.once('finish', () => this.destroy());
    this.#later(LINGER_MS, () => this.destroy());
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#fromModem.put(chunk).then(() => done(), done);
  }

  override _writev(
    chunks: { readonly chunk: Buffer; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this._write(Buffer.concat(chunks.map(({ chunk }) => chunk)), 'binary', done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#fromModem.end();
    this.#upEnded.then(() => done(), done);
  }

  override _read(): void {
    this.#wanted?.();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const gone = new Gone();
    this.#fromModem.end(gone);
    this.#fromAcs.end(gone);
    for (const end of [...this.#waits]) end(true);
    this.#wanted?.();
    this.#socket.destroy();
    done(error);
  }

  #fail(error: unknown): void {
    if (!(error instanceof Gone)) this.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  async #carryUp(): Promise<void> {
    const socket = this.#socket;
    for await (const bytes of this.#through('up', this.#fromModem)) {
      // Each piece is handed to the system before the next, so that cut pieces go out as packets of their
      // own.
      await new Promise<void>((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      });
    }
    await new Promise<void>((resolve) => {
      socket.end(resolve);
    });
  }

  async #carryDown(): Promise<void> {
    for await (const bytes of this.#through('down', this.#fromAcs)) {
      if (this.destroyed) return;
      if (this.push(bytes)) continue;
      await new Promise<void>((resolve) => {
        this.#wanted = resolve;
      });
      this.#wanted = undefined;
    }
    this.push(null);
  }

  /**
   * The faults form a chain from the modem to the ACS: bytes in the other direction meet them in reverse
   * order.
   */
  #through(direction: Direction, source: Bytes): Bytes {
    const row = this.#line.faults
      .map((fault, place) => ({ fault, place }))
      .filter(({ fault }) => fault.direction === direction || fault.direction === 'both');
    if (direction === 'down') row.reverse();
    return row.reduce(
      (bytes, { fault, place }) => fault.stage(bytes, this.#flow(fault, place, direction)),
      source,
    );
  }

  #flow(fault: LineFault, place: number, direction: Direction): Flow {
    const line = this.#line;
    return {
      direction,
      clock: line.clock,
      random: createRandom(`${this.#seed}/${place}/${direction}`),
      openedAt: this.#openedAt,
      wait: (ms) => this.#wait(ms),
      later: (ms, run) => this.#later(ms, run),
      claim: (times) => line.claim(fault, times),
      reset: () => this.#reset(fault),
    };
  }

  #later(ms: number, run: () => void): void {
    this.#wait(ms).then(run, () => undefined);
  }

  #wait(ms: number): Promise<void> {
    if (this.destroyed) return Promise.reject(new Gone());
    if (ms <= 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (gone: boolean): void => {
        cancel?.();
        this.#waits.delete(end);
        if (gone) reject(new Gone());
        else resolve();
      };
      const cancel = ms === Infinity ? undefined : this.#line.clock.after(ms, () => end(false));
      this.#waits.add(end);
    });
  }

  #reset({ name }: LineFault): void {
    this.#socket.resetAndDestroy();
    this.destroy(new Error(`the line was reset (${name})`));
  }
}
