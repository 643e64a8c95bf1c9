/** Captures to be played again, made on the spot, and ACSs to play them to. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import type { Test } from 'tap';
import { readCapture } from '../../../captures/file/open.ts';
import { recordSocket } from '../../../captures/record/record-socket.ts';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encode } from '../../../protocol/cwmp/encode.ts';
import type { Message } from '../../../protocol/cwmp/messages.ts';
import type { AcsReplay, ModemReplay, Recording, ReplayReport } from '../../../replay/index.ts';
import {
  ALWAYS_IGNORED,
  createIgnores,
  noStandIns,
  readRecording,
  replayAsAcs,
  replayAsModem,
} from '../../../replay/index.ts';
import { INFORM_RESPONSE, sessionOf } from '../../../scripts/captures/cwmp-texts.ts';
import { framesOf, PLAIN, packetsOf } from '../../../scripts/captures/packets.ts';
import { createModem, type ModemOptions } from '../../../simulator/index.ts';
import { captureFile, pieces } from './capture-files.ts';
import { recordToMemory } from './record-memory.ts';

/** What a modem and this ACS say in the modem's first session, as a capture. */
export async function firstContact(
  t: Test,
  acs: string,
  options: Partial<ModemOptions> = {},
): Promise<Uint8Array> {
  const { bytes, recorder } = recordToMemory();
  const modem = createModem({
    acs,
    profile: 'st706',
    seed: 5,
    speed: 1000,
    ...options,
    onSocket: (socket) => {
      recordSocket(recorder, socket, 'client');
    },
  });
  t.teardown(() => modem.stop());
  const ended = modem.next('session-ended');
  modem.start();
  const [report] = await ended;
  t.ok(report.ok, `the session that is recorded: ${report.why}`);
  await modem.stop();
  return bytes();
}

export const recordingOf = (capture: Uint8Array): Promise<Recording> =>
  readRecording(readCapture(pieces(capture, [65_536])).frames);

/** A session of a modem made by hand: each question with its answer. */
export const sessionCapture = (
  asked: Parameters<typeof sessionOf>[0],
  style = {},
  inform?: Message,
): Uint8Array =>
  captureFile(framesOf(packetsOf(sessionOf(asked, style, inform), PLAIN)), {
    format: 'pcapng',
    order: 'little',
    microseconds: false,
    gzip: false,
  });

/** As fast as it goes, with the usual list of what may differ. */
export const toAcs = (
  recording: Recording,
  url: string,
  more: Partial<ModemReplay> & { readonly ignore?: readonly string[] } = {},
): Promise<ReplayReport> =>
  replayAsModem(recording, {
    url: new URL(url),
    speed: 'max',
    timeoutMs: 20_000,
    credentials: undefined,
    tls: undefined,
    onSocket: undefined,
    signal: undefined,
    standIns: noStandIns,
    ignores: createIgnores([...ALWAYS_IGNORED, ...(more.ignore ?? [])]),
    ...more,
  });

/** Plays the ACS of a capture to what `modems` makes of its address. */
export async function toModems(
  recording: Recording,
  modems: (url: string) => unknown,
  more: Partial<AcsReplay> & { readonly ignore?: readonly string[] } = {},
): Promise<ReplayReport> {
  let said: unknown;
  const report = await replayAsAcs(recording, {
    host: '127.0.0.1',
    port: 0,
    tls: undefined,
    onConnection: undefined,
    signal: undefined,
    speed: 'max',
    timeoutMs: 20_000,
    ignores: createIgnores([...ALWAYS_IGNORED, ...(more.ignore ?? [])]),
    listening: (url) => {
      said = modems(url);
    },
    ...more,
  });
  await said;
  return report;
}

/** A port before another one; what the server says passes `alter`, which keeps its length. */
export async function alteringRelay(
  t: Test,
  target: number,
  alter: (text: string) => string,
): Promise<string> {
  const open = new Set<net.Socket>();
  const server = net.createServer((client) => {
    const behind = net.connect({ port: target, host: '127.0.0.1' });
    for (const socket of [client, behind]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => open.delete(socket));
    }
    client.pipe(behind);
    behind.on('data', (bytes) => client.write(alter(bytes.toString('latin1')), 'latin1'));
    behind.on('end', () => client.end());
  });
  return listening(t, server, () => {
    for (const socket of open) socket.destroy();
  });
}

/** An ACS that answers an Inform and asks these, one a turn; it keeps what came. */
export async function scriptedAcs(
  t: Test,
  asks: readonly Message[],
  headers: Readonly<Record<string, string>> = {
    'Content-Type': 'text/xml',
    'Set-Cookie': 'session=abc; Path=/',
  },
): Promise<{
  readonly url: string;
  readonly bodies: readonly string[];
  /** What is still to be asked. */
  readonly asks: Message[];
  readonly heads: readonly string[][];
}> {
  const left = [...asks];
  const bodies: string[] = [];
  const heads: string[][] = [];
  const server = http.createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    bodies.push(body.toString());
    heads.push(request.rawHeaders);
    const said = body.length === 0 ? undefined : decode(body);
    const envelope = said?.ok === true ? said.value.envelope : undefined;
    const isInform = envelope?.message.kind === 'request' && envelope.message.rpc === 'Inform';
    const next = isInform ? INFORM_RESPONSE : left.shift();
    if (next === undefined) return response.writeHead(204).end();
    const id = isInform ? envelope.id : `live${bodies.length}`;
    response.writeHead(200, headers);
    return response.end(encode({ id, namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message: next }));
  });
  const url = await listening(t, server, () => server.closeAllConnections());
  return { url, bodies, heads, asks: left };
}

async function listening(t: Test, server: net.Server, end: () => void): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    end();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}
