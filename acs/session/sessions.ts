/** The sessions that are open in this process, and how a POST finds its own. */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { DeviceId } from '../../protocol/cwmp/messages.ts';
import type { AcsState } from '../../protocol/cwmp/session-acs.ts';
import { initial } from '../../protocol/cwmp/session-acs.ts';
import type { SeenSession } from '../../protocol/cwmp/session-notes.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import type { Work } from '../tasks/request-source.ts';

/** What an Inform tells of the session that it begins. */
export interface NewSession {
  readonly key: string;
  readonly deviceId: DeviceId;
  /** Model key of reply-style.ts, and the style its answers are written in. */
  readonly model: string;
  readonly style: number;
  readonly namespace: string;
  readonly address: string;
  /** Milliseconds without a POST after which it is over. */
  readonly timeoutMs: number;
  /** What its POSTs have shown together so far. */
  readonly seen: SeenSession;
}

/** One open session: what lasts from its Inform to its end. A class, so that ten thousand of them have one shape. */
export class LiveSession {
  /** Value of its cookie. */
  readonly token: string;
  readonly of: NewSession;
  readonly key: string;
  readonly startedAt: number;
  state: AcsState = initial;
  work: Work | undefined = undefined;
  lastSeen: number;
  /** POSTs received, requests sent. */
  posts = 0;
  requests = 0;
  /** Whether the modem ever returned our cookie. */
  cookieSeen = false;
  ended = false;
  /** Whether a POST is being answered; those that wait for their turn. */
  busy = false;
  waiting: (() => void)[] | undefined = undefined;
  /** The connection of its last POST, and whether that was another one than before. */
  socket: Socket;
  moved = false;
  seen: SeenSession;
  /** What it showed, and whether that is counted already. */
  readonly quirks = new Map<QuirkId, boolean>();

  constructor(token: string, of: NewSession, socket: Socket, now: number) {
    this.token = token;
    this.of = of;
    this.key = of.key;
    this.startedAt = now;
    this.lastSeen = now;
    this.socket = socket;
    this.seen = of.seen;
  }
}

export class Sessions {
  readonly #byToken = new Map<string, LiveSession>();
  readonly #byDevice = new Map<string, LiveSession>();
  readonly #bySocket = new Map<Socket, LiveSession>();
  /** Sessions that never showed their cookie and have lost their connection, by address. */
  readonly #silent = new Map<string, Set<LiveSession>>();

  readonly #newToken: () => string;

  /** `newToken`: what nobody can guess. */
  constructor(newToken: () => string = randomUUID) {
    this.#newToken = newToken;
  }

  get size(): number {
    return this.#byToken.size;
  }

  open(session: NewSession, socket: Socket, now: number): LiveSession {
    const live = new LiveSession(this.#newToken(), session, socket, now);
    this.#byToken.set(live.token, live);
    this.#byDevice.set(live.key, live);
    this.#bySocket.set(socket, live);
    return live;
  }

  ofDevice(key: string): LiveSession | undefined {
    return this.#byDevice.get(key);
  }

  /**
   * The session of a POST: by its cookie; else the TCP connection carries it (Q-CK-08); else, for a modem that ignores
   * cookies and connects anew for each request, the only session of its address that never showed one and has lost its connection
   * (Q-HT-09).
   */
  find(tokens: readonly string[], socket: Socket, address: string): LiveSession | undefined {
    for (const token of tokens) {
      // A stale cookie may stand beside the one that counts (Q-CK-07).
      const session = this.#byToken.get(token);
      if (session === undefined) continue;
      if (!session.cookieSeen) this.#forgetSilent(session);
      session.cookieSeen = true;
      return this.#carry(session, socket);
    }
    const carried = this.#bySocket.get(socket);
    if (carried !== undefined) carried.moved = false;
    if (carried !== undefined || tokens.length > 0) return carried;
    const silent = this.#silent.get(address);
    const [only] = silent?.size === 1 ? silent : [];
    if (only === undefined) return undefined;
    this.#forgetSilent(only);
    return this.#carry(only, socket);
  }

  /** The client has closed a connection. A session that goes on elsewhere without a cookie can only be one of these. */
  connectionEnded(socket: Socket): void {
    const session = this.#bySocket.get(socket);
    if (session === undefined) return;
    if (session.ended) this.#bySocket.delete(socket);
    if (session.ended || session.cookieSeen) return;
    const silent = this.#silent.get(session.of.address);
    if (silent === undefined) this.#silent.set(session.of.address, new Set([session]));
    else silent.add(session);
  }

  /** Its connection leads to it for as long as it is open: old clients send one more empty POST (Q-EV-11). */
  remove(session: LiveSession): void {
    session.ended = true;
    this.#byToken.delete(session.token);
    if (session.socket.destroyed) this.#bySocket.delete(session.socket);
    if (!session.cookieSeen) this.#forgetSilent(session);
    if (this.#byDevice.get(session.key) === session) this.#byDevice.delete(session.key);
  }

  overdue(now: number): readonly LiveSession[] {
    const overdue: LiveSession[] = [];
    for (const session of this.#byToken.values()) {
      if (!session.busy && now - session.lastSeen > session.of.timeoutMs) overdue.push(session);
    }
    return overdue;
  }

  all(): readonly LiveSession[] {
    return [...this.#byToken.values()];
  }

  /** The session goes on on this connection. */
  #carry(session: LiveSession, socket: Socket): LiveSession {
    session.moved = session.socket !== socket;
    if (session.moved) {
      this.#bySocket.delete(session.socket);
      this.#bySocket.set(socket, session);
      session.socket = socket;
    }
    return session;
  }

  #forgetSilent(session: LiveSession): void {
    const silent = this.#silent.get(session.of.address);
    silent?.delete(session);
    if (silent?.size === 0) this.#silent.delete(session.of.address);
  }
}
