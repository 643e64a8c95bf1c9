/** `modemlab capture record` */
import process from 'node:process';
import type { ConnectionOptions } from 'node:tls';
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Side } from '../../captures/packet/streams.ts';
import type { ProxyEvent, ProxyOptions, RecordingProxy } from '../../captures/record/proxy.ts';
import { startProxy } from '../../captures/record/proxy.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { LIMITS } from '../../protocol/limits.ts';
import { assertNever } from '../../protocol/result.ts';
import type { CliContext } from '../support/cli-context.ts';
import { command } from '../support/help.ts';
import { httpUrl, listenAt, wholeNumber } from '../support/options.ts';
import type { Progress } from '../support/progress.ts';
import { createProgress } from '../support/progress.ts';
import { withRecorder } from '../support/record-option.ts';
import { safe } from '../support/table.ts';
import type { TlsServerOptions } from '../support/tls-files.ts';
import { readPem, tlsServerOf, tlsServerOptions } from '../support/tls-files.ts';
import { untilStopped } from '../support/until-stopped.ts';

interface RecordOptions extends TlsServerOptions {
  readonly proxy: { readonly host: string; readonly port: number };
  readonly to: string;
  readonly out: string;
  readonly tlsCa?: string;
  readonly insecure: boolean;
  readonly maxConnections: number;
  readonly json: boolean;
}

export function addCaptureRecord(capture: Command, cli: CliContext): void {
  command(capture, {
    usage: 'record',
    summary: 'stand between modems and their ACS, and record what they say',
    more: [
      'Modems are given the address of the proxy instead of that of the ACS, with the same path. All is passed on unchanged: bytes, half-closed and reset connections. TLS is ended here and begun again towards the ACS; the file has it in the clear.',
      'In the file a connection is one stream, from the modem to the ACS; a comment names the ends of the proxy. Runs until SIGINT or SIGTERM, and then ends all connections.',
    ].join('\n\n'),
    options: [
      new Option('--proxy <host:port>', 'where modems are listened to; port 0 picks a free one')
        .argParser(listenAt)
        .makeOptionMandatory(),
      new Option('--to <url>', 'the ACS').argParser(httpUrl).makeOptionMandatory(),
      new Option('-o, --out <file>', 'the capture (pcapng)').makeOptionMandatory(),
      ...tlsServerOptions(),
      new Option('--tls-ca <file>', 'certificates that sign that of the ACS (PEM)'),
      new Option('--insecure', 'any certificate of the ACS will do').default(false),
      new Option('--max-connections <number>', 'modems at a time; more are turned away')
        .argParser(wholeNumber(1, 65_535))
        .default(LIMITS.proxyConnections),
      new Option('--json', 'print events as JSON, one a line: "listening" first').default(false),
    ],
    examples: [
      [
        'capture record --proxy 127.0.0.1:7548 --to http://127.0.0.1:7547/ -o said.pcapng',
        'for modems that are told http://127.0.0.1:7548/',
      ],
      [
        'capture record --proxy 127.0.0.1:0 --to http://127.0.0.1:7547/ -o said.pcapng --json',
        'on a free port, which the first line of JSON tells',
      ],
    ],
  }).action((given: RecordOptions) => recordProxy(cli, given));
}

async function recordProxy(cli: CliContext, given: RecordOptions): Promise<void> {
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
    const onEvent = (event: ProxyEvent): void => tell(cli, given, progress, event);
    try {
      const { maxConnections: connections } = given;
      proxy = await start({ ...given.proxy, tls, target, recorder, onEvent, connections });
      const shown = proxy.address.includes(':') ? `[${proxy.address}]` : proxy.address;
      const own = `http${tls === undefined ? '' : 's'}://${shown}:${proxy.port}${url.pathname}${url.search}`;
      if (given.json)
        writeEvent(cli, { event: 'listening', url: own, to: url.href, file: given.out, pid: process.pid });
      else progress.say(`modemlab capture record: ${own} leads to ${url.href}`);
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
  throw new ModemlabError('E_CONFIG', '--tls-ca and --insecure are for an ACS at https://');
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

/** In lines only what went wrong: the counts tell the rest. */
function tell(cli: CliContext, { json }: RecordOptions, progress: Progress, event: ProxyEvent): void {
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
        ? `${event.modem}: no TLS with the modem: ${event.error}`
        : `${event.modem} is turned away: ${event.error}`;
    case 'closed': {
      const { by, error = '', how, modem } = event;
      if (how === 'unreachable') return `${modem}: the ACS cannot be reached: ${error}`;
      if (how === 'silent') return `${modem}: ended, for nobody said anything for long`;
      return how === 'reset' ? `${modem}: broken by the ${nameOf(by)}: ${error}` : undefined;
    }
    default:
      return assertNever(event);
  }
}

function writeEvent({ io }: CliContext, event: object): void {
  io.out(`${JSON.stringify(event)}\n`);
}
