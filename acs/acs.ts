/** The whole ACS: started on a data folder or in memory, stopped without losing anything. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AcsMethod } from '../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS } from '../protocol/cwmp/messages.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { DigestAlgorithm } from '../protocol/http/digest.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { AcsEvent } from './acs-events.ts';
import type { AuthMode } from './http/auth.ts';
import { Authenticator } from './http/auth.ts';
import type { HttpServer } from './http/server.ts';
import { startServer } from './http/server.ts';
import type { Clock, Log } from './log.ts';
import { errorFields, SILENT } from './log.ts';
import type { TaskQueue } from './queue/queue.ts';
import { registerServer } from './running-servers.ts';
import { DeferredQuirkCounts } from './session/deferred-quirk-counts.ts';
import type { ExchangeContext } from './session/exchange.ts';
import { REPLY_STYLES, ReplyStyles } from './session/reply-style.ts';
import { endSession } from './session/session-driver.ts';
import { Sessions } from './session/sessions.ts';
import type { DeviceStore } from './store/store.ts';

/** Requests of a CPE that modemlab answers. */
const METHODS: readonly AcsMethod[] = [
  'Inform',
  'GetRPCMethods',
  'TransferComplete',
  'AutonomousTransferComplete',
  'RequestDownload',
  'Kicked',
  'DUStateChangeComplete',
  'AutonomousDUStateChangeComplete',
];

/** Where devices and tasks are kept: a DataFolder, or a store and a queue in memory. */
export interface AcsData {
  readonly store: DeviceStore;
  readonly queue: TaskQueue;
  /** Absolute paths of the data folder and of the files that modems fetch and send; absent in memory. */
  readonly folder?: string;
  readonly files?: string;
}

export interface AcsOptions {
  /** Where devices and tasks are kept; the ACS closes it when it stops. */
  readonly data: AcsData;
  readonly host?: string;
  /** 7547 by default (IANA); 0 picks a free one. */
  readonly port?: number;
  readonly auth?: AuthMode;
  /** The password of a user name; needed with basic and digest. */
  readonly credentials?: (username: string) => Promise<string | undefined> | string | undefined;
  /** What digest offers, in this order; MD5 alone by default. */
  readonly digestAlgorithms?: readonly DigestAlgorithm[];
  readonly tls?: { readonly cert: string | Buffer; readonly key: string | Buffer };
  /** Milliseconds without a POST after which a session is over; TR-069a6 3.7.2.4 asks for at least 30 s. */
  readonly sessionTimeoutMs?: number;
  readonly maxBodyBytes?: number;
  /** Milliseconds that the next piece of a body may take; 30 s by default. */
  readonly bodyIdleMs?: number;
  /** Milliseconds that a transfer may take until its TransferComplete. */
  readonly transferMs?: number;
  /** Milliseconds that open sessions are given to end when the ACS stops. */
  readonly graceMs?: number;
  /** Name of one reply style for all modems, instead of learning. */
  readonly replyStyle?: string;
  readonly log?: Log;
  /** The time for everything but the time limits of sockets. */
  readonly now?: Clock;
  /**
   * The given number of bytes that nobody can guess, for cookies and nonces; recordings replace it to be
   * reproducible.
   */
  readonly random?: (bytes: number) => Uint8Array;
  readonly onEvent?: (event: AcsEvent) => void;
  /** Called with each connection before its first byte; above TLS where there is TLS. */
  readonly onConnection?: (socket: Socket) => void;
}

export interface Acs {
  /** Where modems POST to. */
  readonly url: string;
  readonly port: number;
  readonly data: AcsData;
  readonly openSessions: number;
  readonly openConnections: number;
  /** Serves a connection that did not come through the port. */
  accept(socket: Socket): void;
  /** Lets open sessions end, gives back the tasks of those that do not, and closes the data folder. */
  stop(): Promise<void>;
}

/** Rejects with E_ADDRESS_IN_USE or E_CONFIG. */
export async function startAcs(options: AcsOptions): Promise<Acs> {
  const stopping = new AbortController();
  const context = contextOf(options, () => stopping.signal.aborted);
  const server = await startServer(
    {
      host: options.host ?? '0.0.0.0',
      port: options.port ?? 7547,
      tls: options.tls,
      authenticator: authenticatorOf(options, context.now),
      bodyIdleMs: options.bodyIdleMs ?? 30_000,
      connectionsPerAddress: 1024,
      files: options.data.files,
      onConnection: options.onConnection,
    },
    context,
  );
  const { data, graceMs = 5000 } = options;
  const unregister = data.folder === undefined ? undefined : await registerServer(data.folder, server.url);
  return new RunningAcs({ data, context, server, stopping, unregister, graceMs });
}

interface Parts {
  readonly data: AcsData;
  readonly context: ExchangeContext;
  readonly server: HttpServer;
  /** Aborted when the ACS stops. */
  readonly stopping: AbortController;
  readonly unregister: (() => Promise<void>) | undefined;
  readonly graceMs: number;
}

class RunningAcs implements Acs {
  readonly data: AcsData;
  readonly #parts: Parts;
  readonly #sweep: NodeJS.Timeout;
  #stopped: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.data = parts.data;
    this.#parts = parts;
    const { context } = parts;
    this.#sweep = setInterval(() => endOverdue(context), Math.min(1000, context.sessionTimeoutMs / 4));
    this.#sweep.unref();
  }

  get url(): string {
    return this.#parts.server.url;
  }

  get port(): number {
    return this.#parts.server.port;
  }

  get openSessions(): number {
    return this.#parts.context.sessions.size;
  }

  get openConnections(): number {
    return this.#parts.server.openConnections;
  }

  accept(socket: Socket): void {
    this.#parts.server.accept(socket);
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const { context, server, stopping, unregister, graceMs } = this.#parts;
    const { sessions } = context;
    stopping.abort();
    const deadline = Date.now() + graceMs;
    while (sessions.size > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(this.#sweep);
    for (const session of sessions.all()) await endSession(context, session, 'timeout');
    await server.close();
    await unregister?.();
    await this.data.store.durable();
    await this.data.queue.close();
    await this.data.store.close();
  }
}

function contextOf(options: AcsOptions, isStopping: () => boolean): ExchangeContext {
  const { data, random, log = SILENT, now = Date.now, onEvent = () => undefined } = options;
  return {
    store: data.store,
    queue: data.queue,
    styles: new ReplyStyles(data.store, fixedStyle(options.replyStyle)),
    log,
    now,
    onEvent,
    onTask: (task) => onEvent({ is: 'task', task }),
    missing: new Set(),
    transferMs: options.transferMs ?? 24 * 3_600_000,
    sessions: new Sessions(random && (() => Buffer.from(random(16)).toString('hex'))),
    deferredQuirks: new DeferredQuirkCounts(data.store, log),
    settings: { versions: CWMP_VERSIONS, methods: METHODS },
    sessionTimeoutMs: options.sessionTimeoutMs ?? 60_000,
    maxBodyBytes: options.maxBodyBytes ?? LIMITS.bodyBytes,
    isStopping,
  };
}

function endOverdue(context: ExchangeContext): void {
  for (const session of context.sessions.overdue(context.now())) {
    endSession(context, session, 'timeout').catch((error: unknown) => {
      context.log.error({ device: session.key, ...errorFields(error) }, 'could not end a session');
    });
  }
}

function authenticatorOf(options: AcsOptions, now: Clock): Authenticator | undefined {
  const { auth = 'none', credentials, digestAlgorithms, random = randomBytes } = options;
  if (auth === 'none') return undefined;
  if (credentials === undefined) throw new ModemlabError('E_CONFIG', `--auth ${auth} needs credentials`);
  return new Authenticator({
    mode: auth,
    credentials,
    realm: 'modemlab',
    now,
    random,
    ...(digestAlgorithms === undefined ? {} : { algorithms: digestAlgorithms }),
  });
}

function fixedStyle(name: string | undefined) {
  if (name === undefined) return undefined;
  const style = REPLY_STYLES.find((known) => known.name === name);
  if (style === undefined)
    throw new ModemlabError(
      'E_CONFIG',
      `no reply style ${name}; the styles are ${REPLY_STYLES.map((s) => s.name).join(', ')}`,
    );
  return style;
}
