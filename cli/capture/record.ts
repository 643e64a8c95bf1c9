/** `modemlab capture record` */
import process from 'node:process';
import type { ConnectionOptions } from 'node:tls';
import type { Side } from '../../captures/packet/streams.ts';
import type { ProxyEvent, ProxyOptions, RecordingProxy } from '../../captures/record/proxy.ts';
import { startProxy } from '../../captures/record/proxy.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { assertNever } from '../../protocol/result.ts';
import type { CliContext } from '../support/cli-context.ts';
import type { Progress } from '../support/progress.ts';
import { createProgress } from '../support/progress.ts';
import { withRecorder } from '../support/recording.ts';
import { safe } from '../support/table.ts';
import type { TlsServerOptions } from '../support/tls-files.ts';
import { readPem, tlsServerOf } from '../support/tls-files.ts';
import { untilStopped } from '../support/until-stopped.ts';

export interface RecordOptions extends TlsServerOptions {
  readonly proxy: { readonly host: string; readonly port: number };
  readonly to: string;
  readonly out: string;
  readonly tlsCa?: string;
  readonly insecure: boolean;
  readonly maxConnections: number;
  readonly json: boolean;
}

export async function recordProxy(cli: CliContext, given: RecordOptions): Promise<void> {
  const { io } = cli;
  const url = new URL(given.to);
  const tls = await tlsServerOf(given);
  const target = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: portOf(url),
    tls: await trustOf(given, url),
  };
  await withRecorder(io, given.out, async (recorder) => {
    let proxy: RecordingProxy | undefined;
    const progress = createProgress(io, () => (given.json || proxy === undefined ? '' : countsOf(proxy)));
    const onEvent = (event: ProxyEvent): void => report(cli, given, progress, event);
    try {
      const { maxConnections: connections } = given;
      proxy = await start({ ...given.proxy, tls, target, recorder, onEvent, connections });
      const shown = proxy.address.includes(':') ? `[${proxy.address}]` : proxy.address;
      const own = `http${tls === undefined ? '' : 's'}://${shown}:${proxy.port}${url.pathname}${url.search}`;
      if (given.json)
        writeEvent(cli, { event: 'listening', url: own, to: url.href, file: given.out, pid: process.pid });
      else progress.say(`modemlab capture record: ${own} forwards to ${url.href}`);
      const { stop } = proxy;
      await untilStopped(io, stop);
    } finally {
      progress.stop();
    }
    if (given.json) writeEvent(cli, { event: 'stopped', ...proxy.counts() });
    else io.err(`${given.out}: ${countsOf(proxy)}\n`);
  });
}

const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

async function trustOf(
  { tlsCa, insecure }: RecordOptions,
  { protocol }: URL,
): Promise<ConnectionOptions | undefined> {
  if (protocol === 'https:')
    return {
      rejectUnauthorized: !insecure,
      ...(tlsCa === undefined ? {} : { ca: await readPem(tlsCa) }),
    };
  if (tlsCa === undefined && !insecure) return undefined;
  throw new ModemlabError('E_CONFIG', '--tls-ca and --insecure need an https:// ACS');
}

async function start(options: ProxyOptions): Promise<RecordingProxy> {
  try {
    return await startProxy(options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const place = `${options.host}:${options.port}: ${error.message}`;
    const inUse = 'code' in error && error.code === 'EADDRINUSE';
    throw new ModemlabError(inUse ? 'E_ADDRESS_IN_USE' : 'E_CONFIG', place, { cause: error });
  }
}

const countsOf = ({ counts }: RecordingProxy): string => {
  const { bytes, failed, finished, open } = counts();
  return `${open} connections open, ${finished} ended, ${failed} failed, ${bytes} bytes`;
};

const nameOf = (side: Side | undefined): 'ACS' | 'modem' | undefined =>
  side === undefined ? undefined : side === 'server' ? 'ACS' : 'modem';

/** Lines show only what went wrong: the counts cover the rest. */
function report(cli: CliContext, { json }: RecordOptions, progress: Progress, event: ProxyEvent): void {
  if (json) {
    const { is, ...more } = event;
    const ends =
      event.is === 'closed'
        ? { by: nameOf(event.by), bytes: { modem: event.bytes.client, acs: event.bytes.server } }
        : {};
    writeEvent(cli, { event: is, ...more, ...ends });
    return;
  }
  const text = troubleOf(event);
  if (text !== undefined) progress.say(safe(text));
}

function troubleOf(event: ProxyEvent): string | undefined {
  switch (event.is) {
    case 'opened':
      return undefined;
    case 'refused':
      return event.why === 'tls'
        ? `${event.modem}: TLS with the modem failed: ${event.error}`
        : `${event.modem}: refused: ${event.error}`;
    case 'closed': {
      const { by, error = '', how, modem } = event;
      if (how === 'unreachable') return `${modem}: the ACS cannot be reached: ${error}`;
      if (how === 'silent') return `${modem}: closed after a long silence`;
      return how === 'reset' ? `${modem}: reset by the ${nameOf(by)}: ${error}` : undefined;
    }
    default:
      return assertNever(event);
  }
}

function writeEvent({ io }: CliContext, event: object): void {
  io.out(`${JSON.stringify(event)}\n`);
}
