/** The sessions that are open in this process, and how a POST finds its own. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { SessionParts } from './live-session.ts';
import { LiveSession } from './live-session.ts';
import { SessionRoute } from './session-route.ts';

export interface Found {
  readonly session: LiveSession;
  /** Whether the POST came over the connection of the one before. */
  readonly sameConnection: boolean;
}

export class Sessions {
  readonly #byToken = new Map<string, LiveSession>();
  readonly #byDevice = new Map<string, LiveSession>();
  readonly #bySocket = new Map<Socket, LiveSession>();
  /** Sessions that never returned their cookie and have lost their connection, by address. */
  readonly #disconnected = new Map<string, Set<LiveSession>>();
  readonly #newToken: () => string;

  /** `newToken` makes what nobody can guess. */
  constructor(newToken: () => string = randomUUID) {
    this.#newToken = newToken;
  }

  get size(): number {
    return this.#byToken.size;
  }

  open(parts: SessionParts, socket: Socket, now: number): LiveSession {
    const route = new SessionRoute(this.#newToken(), parts.info.address, socket);
    const session = new LiveSession(parts, route, now);
    this.#byToken.set(route.token, session);
    this.#byDevice.set(session.key, session);
    this.#bySocket.set(socket, session);
    return session;
  }

  ofDevice(key: string): LiveSession | undefined {
    return this.#byDevice.get(key);
  }

  /**
   * The session of a POST: by its cookie; else by its TCP connection (Q-CK-08); else, for a modem that
   * ignores cookies and connects again for each request, the only session of its address that never returned
   * a cookie and has lost its connection (Q-HT-09).
   */
  find(tokens: readonly string[], socket: Socket, address: string): Found | undefined {
    for (const token of tokens) {
      // A stale cookie may come together with the valid one (Q-CK-07).
      const session = this.#byToken.get(token);
      if (session === undefined) continue;
      if (!session.route.cookieReturned) this.#forgetDisconnected(session);
      session.route.markCookieReturned();
      return this.#continueOn(socket, session);
    }
    const connected = this.#bySocket.get(socket);
    if (connected !== undefined) return { session: connected, sameConnection: true };
    if (tokens.length > 0) return undefined;
    const candidates = this.#disconnected.get(address);
    const [only] = candidates?.size === 1 ? candidates : [];
    if (only === undefined) return undefined;
    this.#forgetDisconnected(only);
    return this.#continueOn(socket, only);
  }

  /**
   * The client closed a connection. A session that continues elsewhere without a cookie can only be one of
   * these.
   */
  connectionEnded(socket: Socket): void {
    const session = this.#bySocket.get(socket);
    if (session === undefined) return;
    if (session.isEnded) this.#bySocket.delete(socket);
    if (session.isEnded || session.route.cookieReturned) return;
    const { address } = session.route;
    const disconnected = this.#disconnected.get(address);
    if (disconnected === undefined) this.#disconnected.set(address, new Set([session]));
    else disconnected.add(session);
  }

  /**
   * Removes a session that ended. Its connection leads to it for as long as it is open: old clients send one
   * more empty POST (Q-EV-11).
   */
  remove(session: LiveSession): void {
    const { route, key } = session;
    this.#byToken.delete(route.token);
    if (route.socket.destroyed) this.#bySocket.delete(route.socket);
    if (!route.cookieReturned) this.#forgetDisconnected(session);
    if (this.#byDevice.get(key) === session) this.#byDevice.delete(key);
  }

  overdue(now: number): readonly LiveSession[] {
    const overdue: LiveSession[] = [];
    for (const session of this.#byToken.values()) if (session.isOverdue(now)) overdue.push(session);
    return overdue;
  }

  all(): readonly LiveSession[] {
    return [...this.#byToken.values()];
  }

  #continueOn(socket: Socket, session: LiveSession): Found {
    const { route } = session;
    const sameConnection = route.socket === socket;
    if (!sameConnection) {
      this.#bySocket.delete(route.socket);
      this.#bySocket.set(socket, session);
      route.moveTo(socket);
    }
    return { session, sameConnection };
  }

  #forgetDisconnected(session: LiveSession): void {
    const { address } = session.route;
    const disconnected = this.#disconnected.get(address);
    disconnected?.delete(session);
    if (disconnected?.size === 0) this.#disconnected.delete(address);
  }
}
