/** `modemlab acs` */
import process from 'node:process';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Acs, AcsData, AcsOptions } from '../../acs/acs.ts';
import { startAcs } from '../../acs/acs.ts';
import { openData } from '../../acs/data-folder.ts';
import type { AuthMode } from '../../acs/http/auth.ts';
import { openQueue } from '../../acs/queue/open.ts';
import type { QueueKind } from '../../acs/queue/options.ts';
import { QUEUE_KINDS } from '../../acs/queue/options.ts';
import { REPLY_STYLES } from '../../acs/session/reply-style.ts';
import { openStore } from '../../acs/store/open.ts';
import type { StoreKind } from '../../acs/store/options.ts';
import { STORE_KINDS } from '../../acs/store/options.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import type { LogLevel } from '../support/log.ts';
import { createLog, LOG_LEVELS } from '../support/log.ts';
import type { DataOptions } from '../support/options.ts';
import { dataOption, positiveNumber, wholeNumber } from '../support/options.ts';
import { record, recordOption } from '../support/record-option.ts';
import type { TlsServerOptions } from '../support/tls-files.ts';
import { tlsServerOf, tlsServerOptions } from '../support/tls-files.ts';
import { untilStopped } from '../support/until-stopped.ts';
import { readCredentials } from './credentials.ts';

interface ServerOptions extends DataOptions, TlsServerOptions {
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
  /** Bytes; without it the limit of protocol/limits.ts. */
  readonly maxBody?: number;
  readonly replyStyle: string;
  readonly logLevel: LogLevel;
  readonly record?: string;
}

const AUTH_MODES: readonly AuthMode[] = ['none', 'basic', 'digest'];
const LEARN = 'learn';

const options = (): readonly Option[] => [
  new Option('--host <address>', 'the address to listen on').default('0.0.0.0'),
  new Option('--port <number>', 'the port; 0 picks a free one')
    .argParser(wholeNumber(0, 65535))
    .default(7547),
  dataOption(),
  new Option('--store <kind>', 'where devices are kept; what the folder has, else lmdb').choices(STORE_KINDS),
  new Option('--queue <kind>', 'where tasks are kept; what the folder has, else dir').choices(QUEUE_KINDS),
  new Option('--auth <mode>', 'how modems have to say who they are').choices(AUTH_MODES).default('none'),
  new Option('--username <name>', 'with --auth: the user name of all modems').conflicts('credentials'),
  new Option('--password <text>', 'with --auth: the password of all modems').conflicts('credentials'),
  new Option('--credentials <file>', 'with --auth: a file of username:password lines'),
  ...tlsServerOptions(),
  new Option('--session-timeout <seconds>', 'how long a silent modem keeps its session')
    .argParser(positiveNumber(0, 86_400))
    .default(60),
  new Option('--max-body <bytes>', 'the largest body that is read; 16 MiB when not given').argParser(
    wholeNumber(1024, 1024 * 1024 * 1024),
  ),
  new Option('--reply-style <style>', 'how answers are spelt; learnt for each model, or one for all')
    .choices([LEARN, ...REPLY_STYLES.map(({ name }) => name)])
    .default(LEARN),
  recordOption(),
  new Option('--log-level <level>', 'what is logged to standard error').choices(LOG_LEVELS).default('info'),
  new Option('--json', 'print events as JSON, one a line: "listening" first').default(false),
];

export function addAcs(program: Command, cli: CliContext): void {
  command(program, {
    usage: 'acs',
    summary: 'run an auto-configuration server',
    more:
      'Modems POST to any path below its address. SIGINT and SIGTERM let open sessions end, a second one stops at once. ' +
      'With --store memory and --queue memory nothing is written to the disk, and no command can act on it.',
    options: options(),
    examples: [
      ['acs', 'listen on port 7547, keep everything in ./modemlab-data'],
      ['acs --port 0 --json --data lab', 'on a free port, which the first line of JSON tells'],
      ['acs --record lab.pcapng', 'what is said can be shown by: modemlab capture show lab.pcapng'],
      ['acs --auth digest --credentials modems.txt', 'modems have to know their password'],
    ],
  }).action(async (given: ServerOptions) => {
    const log = await createLog(cli.io, given.logLevel, !given.json && cli.io.colours.err);
    const settings = { ...(await securityOf(given)), log };
    const recording = given.record === undefined ? undefined : await record(given.record, 'server');
    const data = await dataOf(given, settings);
    const onConnection = recording === undefined ? {} : { onConnection: recording.onSocket };
    const acs = await start(data, given, { ...settings, ...onConnection });
    tell(cli, given, { event: 'listening', url: acs.url, pid: process.pid }, `listening on ${acs.url}`);
    await untilStopped(cli.io, () => acs.stop());
    await recording?.close(cli.io);
    tell(cli, given, { event: 'stopped' }, 'stopped');
  });
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

/** Who may come in, and how it is kept secret. Refuses halves: a certificate without key, a mode without passwords. */
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
    throw new ModemlabError('E_CONFIG', 'credentials are given: give --auth basic or --auth digest too');
  return {
    auth,
    ...(passwords === undefined ? {} : { credentials: (name: string) => passwords.get(name) }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function tell({ io }: CliContext, { json }: ServerOptions, event: object, text: string): void {
  if (json) io.out(`${JSON.stringify(event)}\n`);
  else io.err(`modemlab acs: ${text}\n`);
}
