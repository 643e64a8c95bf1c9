/** What `modemlab acs` does. */
import process from 'node:process';
import type { Acs, AcsData, AcsOptions, AuthMode, QueueKind, StoreKind } from '../../acs/index.ts';
import { openData, openQueue, openStore, startAcs } from '../../acs/index.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { createLog } from '../support/log.ts';
import type { LogLevel } from '../support/log-levels.ts';
import type { DataOptions } from '../support/options.ts';
import { record } from '../support/recording.ts';
import type { TlsServerOptions } from '../support/tls-files.ts';
import { tlsServerOf } from '../support/tls-files.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { readCredentials } from './credentials.ts';

export interface ServerOptions extends DataOptions, TlsServerOptions {
  readonly host: string;
  readonly port: number;
  readonly store?: StoreKind;
  readonly queue?: QueueKind;
  readonly auth: AuthMode;
  readonly username?: string;
  readonly password?: string;
  readonly credentials?: string;
  /** Seconds. */
  readonly sessionTimeout: number;
  /** Bytes; by default the limit of protocol/limits.ts. */
  readonly maxBody?: number;
  readonly replyStyle: string;
  readonly logLevel: LogLevel;
  readonly record?: string;
}

const LEARN = 'learn';

export async function runAcs(cli: CliContext, given: ServerOptions): Promise<void> {
  const log = await createLog(cli.io, given.logLevel, !given.json && cli.io.colours.err);
  const settings = { ...(await securityOf(given)), log };
  const recording = given.record === undefined ? undefined : await record(given.record, 'server');
  const data = await dataOf(given, settings);
  const onConnection = recording === undefined ? {} : { onConnection: recording.onSocket };
  const acs = await start(data, given, { ...settings, ...onConnection });
  report(cli, given, { event: 'listening', url: acs.url, pid: process.pid }, `listening on ${acs.url}`);
  await untilStopped(cli.io, () => acs.stop());
  await recording?.close(cli.io);
  report(cli, given, { event: 'stopped' }, 'stopped');
}

type Security = Pick<AcsOptions, 'auth' | 'credentials' | 'tls'>;

async function start(
  data: AcsData,
  given: ServerOptions,
  settings: Security & Pick<AcsOptions, 'log' | 'onConnection'>,
): Promise<Acs> {
  const { replyStyle, maxBody } = given;
  try {
    return await startAcs({
      ...settings,
      data,
      host: given.host,
      port: given.port,
      sessionTimeoutMs: given.sessionTimeout * 1000,
      ...(maxBody === undefined ? {} : { maxBodyBytes: maxBody }),
      ...(replyStyle === LEARN ? {} : { replyStyle }),
    });
  } catch (error) {
    await data.queue.close();
    await data.store.close();
    throw error;
  }
}

async function dataOf(
  { data, store, queue }: ServerOptions,
  { log }: Pick<AcsOptions, 'log'>,
): Promise<AcsData> {
  const owner = `acs-${process.pid}`;
  if (store === 'memory' && queue === 'memory')
    return { store: await openStore('memory', data), queue: await openQueue('memory', data, { owner }) };
  const onProblem = (problem: ModemlabError): void => log?.warn({ code: problem.code }, problem.message);
  return openData(data, { store, queue, owner, create: true, onProblem });
}

/** Authentication and TLS. Refuses halves: a certificate without its key, a mode without passwords. */
async function securityOf(given: ServerOptions): Promise<Security> {
  const { auth, username, password, credentials } = given;
  const tls = await tlsServerOf(given);
  if ((username === undefined) !== (password === undefined))
    throw new ModemlabError('E_CONFIG', '--username and --password go together');
  const known = credentials === undefined ? undefined : await readCredentials(credentials);
  const one = username === undefined || password === undefined ? undefined : new Map([[username, password]]);
  const passwords = known ?? one;
  if (auth !== 'none' && passwords === undefined)
    throw new ModemlabError('E_CONFIG', `--auth ${auth} needs --username and --password, or --credentials`);
  if (auth === 'none' && passwords !== undefined)
    throw new ModemlabError('E_CONFIG', 'credentials need --auth basic or --auth digest');
  return {
    auth,
    ...(passwords === undefined ? {} : { credentials: (name: string) => passwords.get(name) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function report({ io }: CliContext, { json }: ServerOptions, event: object, text: string): void {
  if (json) io.out(`${JSON.stringify(event)}\n`);
  else io.err(`modemlab acs: ${text}\n`);
}
