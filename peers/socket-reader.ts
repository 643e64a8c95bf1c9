/** Reads a socket on demand. */
import type { Socket } from 'node:net';

/** The connection ended before what was to be read was complete. */
export class ConnectionOver extends Error {
  /** The part of it that had come. */
  readonly bytes: Buffer;

  constructor(bytes: Buffer, cause: Error | undefined) {
    const start = JSON.stringify(bytes.toString('latin1', 0, 200));
    super(`the connection ended after ${bytes.length} bytes: ${start}`, { cause });
    this.bytes = bytes;
  }
}

export class SocketReader {
  #unread: Buffer[] = [];
  #length = 0;
  #taken: Buffer[] = [];
  #over = false;
  #error: Error | undefined;
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    const end = (): void => {
      this.#over = true;
      this.#wake();
    };
    socket
      .on('data', (bytes: Buffer) => {
        this.#unread.push(bytes);
        this.#length += bytes.length;
        this.#wake();
      })
      .on('error', (error) => {
        this.#error ??= error;
        end();
      })
      .on('end', end)
      .on('close', end);
  }

  /** Received, but not taken yet. */
  get unread(): Buffer {
    const all = Buffer.concat(this.#unread);
    this.#unread = [all];
    return all;
  }

  /** Whether a byte is there or comes before the end. */
  async hasMore(): Promise<boolean> {
    while (this.#length === 0 && !this.#over) await this.#more();
    return this.#length > 0;
  }

  /** Up to the next line feed, without the line end. */
  async line(): Promise<string> {
    for (;;) {
      const at = this.unread.indexOf('\n');
      if (at >= 0)
        return this.#take(at + 1)
          .toString('latin1')
          .replace(/\r?\n$/, '');
      await this.#moreOrThrow();
    }
  }

  async bytes(count: number): Promise<Buffer> {
    while (this.#length < count) await this.#moreOrThrow();
    return this.#take(count);
  }

  /** Everything until the other side closes. */
  async rest(): Promise<Buffer> {
    while (!this.#over) await this.#more();
    return this.#take(this.#length);
  }

  /** Everything taken since the last call. */
  takenBytes(): Buffer {
    const all = Buffer.concat(this.#taken);
    this.#taken = [];
    return all;
  }

  #take(count: number): Buffer {
    const all = this.unread;
    const taken = all.subarray(0, count);
    this.#unread = [all.subarray(count)];
    this.#length -= count;
    this.#taken.push(taken);
    return taken;
  }

  async #moreOrThrow(): Promise<void> {
    if (this.#over) throw new ConnectionOver(Buffer.concat([...this.#taken, this.unread]), this.#error);
    await this.#more();
  }

  #more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
