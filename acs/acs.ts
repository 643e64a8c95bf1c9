/** The ACS as one thing: started on a data folder or in memory, stopped without losing anything. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AcsMethod } from '../protocol/cwmp/messages.ts';
import { CWMP_VERSIONS } from '../protocol/cwmp/messages.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { DigestAlgorithm } from '../protocol/http/digest.ts';
import { LIMITS } from '../protocol/limits.ts';
import type { Observation } from './acs-events.ts';
import type { AuthMode } from './http/auth.ts';
import { createAuthenticator } from './http/auth.ts';
import { startServer } from './http/server.ts';
import type { Clock, Log } from './log.ts';
import { errorFields, SILENT } from './log.ts';
import type { TaskQueue } from './queue/queue.ts';
import { announce } from './running-servers.ts';
import { LateQuirks } from './session/deferred-quirk-counts.ts';
import type { ExchangeContext } from './session/exchange.ts';
import { REPLY_STYLES, ReplyStyles } from './session/reply-style.ts';
import { endSession } from './session/session-driver.ts';
import { Sessions } from './session/sessions.ts';
import type { DeviceStore } from './store/store.ts';

/** CPE requests that modemlab answers. */
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
  /** Absolute paths of the data folder and of what modems fetch and send; neither in memory. */
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
  /** Milliseconds without a POST after which a session is over; at least 30 s by TR-069a6 3.7.2.4, less in tests. */
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
  /** The time of all that is kept and told, but for time limits of sockets. */
  readonly now?: Clock;
  /** So many bytes that nobody can guess, for cookies and nonces; for recordings that are to come out alike each time. */
  readonly random?: (bytes: number) => Uint8Array;
  readonly observe?: (observation: Observation) => void;
  /** Hears of each connection before its first byte; above TLS where there is TLS. */
  readonly onConnection?: (socket: Socket) => void;
}

export interface Acs {
  /** Where modems POST to. */
  readonly url: string;
  readonly port: number;
  readonly data: AcsData;
  readonly openSessions: number;
  readonly openConnections: number;
  /** Serves a connection that did not come by its port. */
  accept(socket: Socket): void;
  /** Lets open sessions end, gives back what cannot, and closes the data folder. */
  stop(): Promise<void>;
}

/** Rejects with E_ADDRESS_IN_USE or E_CONFIG. */
export async function startAcs(options: AcsOptions): Promise<Acs> {
  const { data, log = SILENT, now = Date.now, observe = () => undefined } = options;
  const { random } = options;
  const sessions = new Sessions(random && (() => Buffer.from(random(16)).toString('hex')));
  const context: ExchangeContext = {
    store: data.store,
    queue: data.queue,
    styles: new ReplyStyles(data.store, fixedStyle(options.replyStyle)),
    log,
    now,
    observe,
    onTask: (task) => observe({ is: 'task', task }),
    missing: new Set(),
    transferMs: options.transferMs ?? 24 * 3_600_000,
    sessions,
    lateQuirks: new LateQuirks(data.store, log),
    settings: { versions: CWMP_VERSIONS, methods: METHODS },
    sessionTimeoutMs: options.sessionTimeoutMs ?? 60_000,
    maxBodyBytes: options.maxBodyBytes ?? LIMITS.bodyBytes,
    door: { closed: false },
  };
  const server = await startServer(
    {
      host: options.host ?? '0.0.0.0',
      port: options.port ?? 7547,
      tls: options.tls,
      authenticator: authenticatorOf(options, now),
      bodyIdleMs: options.bodyIdleMs ?? 30_000,
      connectionsPerAddress: 1024,
      files: data.files,
      onConnection: options.onConnection,
    },
    context,
  );
  const withdraw = data.folder === undefined ? undefined : await announce(data.folder, server.url);
  const sweep = setInterval(() => endOverdue(context), Math.min(1000, context.sessionTimeoutMs / 4));
  sweep.unref();
  let stopped: Promise<void> | undefined;
  return {
    url: server.url,
    port: server.port,
    data,
    get openSessions() {
      return sessions.size;
    },
    get openConnections() {
      return server.openConnections;
    },
    accept: (socket) => server.accept(socket),
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };

  async function stop(): Promise<void> {
    context.door.closed = true;
    const deadline = Date.now() + (options.graceMs ?? 5000);
    while (sessions.size > 0 && Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 20));
    clearInterval(sweep);
    for (const session of sessions.all()) await endSession(context, session, 'timeout');
    await server.close();
    await withdraw?.();
    await data.store.durable();
    await data.queue.close();
    await data.store.close();
  }
}

function endOverdue(context: ExchangeContext): void {
  for (const session of context.sessions.overdue(context.now())) {
    endSession(context, session, 'timeout').catch((error: unknown) => {
      context.log.error({ device: session.key, ...errorFields(error) }, 'could not end a session');
    });
  }
}

function authenticatorOf(
  { auth = 'none', credentials, digestAlgorithms, random = randomBytes }: AcsOptions,
  now: Clock,
) {
  if (auth === 'none') return undefined;
  if (credentials === undefined) throw new ModemlabError('E_CONFIG', `--auth ${auth} needs credentials`);
  return createAuthenticator({
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
      `no reply style ${name}; there are ${REPLY_STYLES.map((s) => s.name).join(', ')}`,
    );
  return style;
}
