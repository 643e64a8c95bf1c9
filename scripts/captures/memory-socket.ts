/**
 * Both ends of a connection that is no connection: sockets to all who use them, without a port, a clock or a
 * system that decides where bytes are cut. What one writes arrives in one piece, a turn of the event loop
 * later.
 */
import net from 'node:net';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Hears of what an end does, in order. */
export interface Wiretap {
  said(bytes: Uint8Array): void;
  closed(how: 'finished' | 'reset'): void;
}

export class MemorySocket extends net.Socket {
  override readonly localAddress: string;
  override readonly localPort: number;
  override readonly remoteAddress: string;
  override readonly remotePort: number;
  readonly #tap: Wiretap;
  #peer: MemorySocket | undefined;
  #saidFin = false;

  constructor(own: Address, other: Address, tap: Wiretap, options: net.SocketConstructorOpts = {}) {
    super(options);
    this.localAddress = own.host;
    this.localPort = own.port;
    this.remoteAddress = other.host;
    this.remotePort = other.port;
    this.#tap = tap;
  }

  /** Joins two ends. */
  static join(one: MemorySocket, other: MemorySocket): void {
    one.#peer = other;
    other.#peer = one;
  }

  override resetAndDestroy(): this {
    this.#reset();
    return this.destroy();
  }

  // Not limited: what is said in a session is small.
  override _read(): void {}

  override _write(chunk: unknown, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#say(bytesOf(chunk, encoding));
    done();
  }

  override _writev(
    chunks: { readonly chunk: unknown; readonly encoding: BufferEncoding }[],
    done: (error?: Error | null) => void,
  ): void {
    this.#say(Buffer.concat(chunks.map(({ chunk, encoding }) => bytesOf(chunk, encoding))));
    done();
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#fin();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#fin();
    done(error);
    // As net.Socket does, which closes by itself.
    process.nextTick(() => this.emit('close', error !== null));
  }

  #say(bytes: Buffer): void {
    const peer = this.#peer;
    if (peer === undefined || peer.destroyed) {
      // The peer is gone: its system answers with a reset.
      if (peer !== undefined) peer.#reset();
      return;
    }
    this.#tap.said(bytes);
    setImmediate(() => {
      if (!peer.destroyed) peer.push(bytes);
    });
  }

  #fin(): void {
    if (this.#saidFin) return;
    this.#saidFin = true;
    this.#tap.closed('finished');
    const peer = this.#peer;
    setImmediate(() => {
      if (peer?.destroyed === false) peer.push(null);
    });
  }

  #reset(): void {
    this.#saidFin = true;
    this.#tap.closed('reset');
    const peer = this.#peer;
    setImmediate(() => peer?.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })));
  }
}

function bytesOf(chunk: unknown, encoding: BufferEncoding): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk, Buffer.isEncoding(encoding) ? encoding : 'utf8');
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0);
}
