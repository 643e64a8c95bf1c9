/** How the POSTs of one session find it: by its cookie, else by the connection of its last POST. */
import type { Socket } from 'node:net';

export class SessionRoute {
  /** Value of the session's cookie. */
  readonly token: string;
  /** Where its Inform came from. */
  readonly address: string;
  #socket: Socket;
  #cookieReturned = false;

  constructor(token: string, address: string, socket: Socket) {
    this.token = token;
    this.address = address;
    this.#socket = socket;
  }

  /** The connection of its last POST. */
  get socket(): Socket {
    return this.#socket;
  }

  /** Whether the modem has closed that connection. */
  get isDisconnected(): boolean {
    return this.#socket.destroyed || this.#socket.readableEnded;
  }

  /** Whether the modem ever returned our cookie. */
  get cookieReturned(): boolean {
    return this.#cookieReturned;
  }

  markCookieReturned(): void {
    this.#cookieReturned = true;
  }

  moveTo(socket: Socket): void {
    this.#socket = socket;
  }
}
