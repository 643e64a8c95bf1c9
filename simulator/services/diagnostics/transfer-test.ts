/**
 * DownloadDiagnostics and UploadDiagnostics (TR-143): a file is really transferred by HTTP, and its phases
 * are timed.
 */
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { buildConnector, Client } from 'undici';
import type { Outcome, TestKind, TestRun } from './test-kind.ts';
import { failed, lacksInterface } from './test-kind.ts';

/** Real milliseconds after which a transfer is aborted, however well it is going. */
const LONGEST_MS = 600_000;
const CHUNK = new Uint8Array(16 * 1024);

/** Times of its phases, in real milliseconds since the test started. */
interface Notes {
  opening?: number;
  opened?: number;
  sent?: number;
  begun?: number;
  ended?: number;
  socket?: Socket;
}

export const downloadTest: TestKind = {
  is: 'real',
  run: (test, signal) =>
    measure(test, signal, 'DownloadURL', async (client, path, notes, now) => {
      notes.sent = now();
      const { statusCode, body } = await client.request({ method: 'GET', path, signal });
      notes.begun = now();
      await finished(body.resume());
      notes.ended = now();
      return statusCode;
    }),
};

export const uploadTest: TestKind = {
  is: 'real',
  run: (test, signal) =>
    measure(test, signal, 'UploadURL', async (client, path, notes, now) => {
      const length = test.count('TestFileLength', 0);
      const headers = { 'content-length': String(length), 'content-type': 'application/octet-stream' };
      notes.sent = now();
      notes.begun = notes.sent;
      const body = Readable.from(zeros(length), { objectMode: false });
      const response = await client.request({ method: 'PUT', path, headers, signal, body });
      await response.body.dump();
      notes.ended = now();
      return response.statusCode;
    }),
};

function* zeros(length: number): Generator<Uint8Array> {
  for (let left = length; left > 0; left -= CHUNK.length)
    yield CHUNK.subarray(0, Math.min(left, CHUNK.length));
}

type Carry = (client: Client, path: string, notes: Notes, now: () => number) => Promise<number>;

async function measure(test: TestRun, signal: AbortSignal, name: string, carry: Carry): Promise<Outcome> {
  const address = test.setting(name);
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (lacksInterface(test)) return failed('Error_Other');
  // The models have FTP too; this device supports only HTTP, as DownloadTransports and UploadTransports say.
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') return failed('Error_InitConnectionFailed');
  const begun = performance.now();
  const now = (): number => performance.now() - begun;
  const notes: Notes = {};
  const client = new Client(url.origin, {
    connect: timed(notes, now, test.timeoutMs),
    headersTimeout: test.timeoutMs,
    bodyTimeout: test.timeoutMs,
  });
  const whole = AbortSignal.timeout(LONGEST_MS);
  const giveUp = (): void => void client.destroy();
  whole.addEventListener('abort', giveUp);
  try {
    const status = await carry(client, url.pathname + url.search, notes, now);
    if (status < 200 || status > 299)
      return failed(status === 401 || status === 403 ? 'Error_LoginFailed' : 'Error_TransferFailed');
    return { state: 'Complete', results: timesOf(test, notes) };
  } catch (error) {
    if (signal.aborted) return failed('None');
    return failed(whole.aborted ? 'Error_Timeout' : stateOf(error, test));
  } finally {
    whole.removeEventListener('abort', giveUp);
    await client.destroy();
  }
}

/** A connector that records when the connection was requested and when it was open. */
function timed(notes: Notes, now: () => number, timeout: number): buildConnector.connector {
  const connect = buildConnector({ timeout });
  return (options, callback) => {
    notes.opening = now();
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      notes.opened = now();
      notes.socket = socket;
      return callback(null, socket);
    });
  };
}

/** The transfer is real, so its events lie as far after the simulated start as they took in real time. */
function timesOf({ startedAt }: TestRun, notes: Notes): Outcome['results'] {
  const at = (ms: number | undefined): string => {
    const micros = Math.round((startedAt + (ms ?? 0)) * 1000);
    const seconds = new Date(Math.floor(micros / 1e6) * 1000).toISOString().slice(0, 19);
    return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
  };
  const received = notes.socket?.bytesRead ?? 0;
  const sent = notes.socket?.bytesWritten ?? 0;
  return {
    TCPOpenRequestTime: at(notes.opening),
    TCPOpenResponseTime: at(notes.opened),
    // The request leaves when the connection is open.
    ROMTime: at(Math.max(notes.sent ?? 0, notes.opened ?? 0)),
    BOMTime: at(Math.max(notes.begun ?? 0, notes.opened ?? 0)),
    EOMTime: at(notes.ended),
    TestBytesReceived: received,
    TotalBytesReceived: received,
    TestBytesSent: sent,
    TotalBytesSent: sent,
  };
}

function stateOf(error: unknown, { device }: TestRun): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      // Of TR-181; in TR-098 it is a connection that failed.
      return device.profile.tree.root === 'Device.'
        ? 'Error_CannotResolveHostName'
        : 'Error_InitConnectionFailed';
    case 'ECONNREFUSED':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return 'Error_InitConnectionFailed';
    case 'UND_ERR_HEADERS_TIMEOUT':
      return 'Error_NoResponse';
    case 'UND_ERR_BODY_TIMEOUT':
      return 'Error_Timeout';
    default:
      return 'Error_TransferFailed';
  }
}
