/** Download and Upload: ordinary HTTP, so undici does it. The outcome is what TransferComplete reports. */
import { createHash } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { Dispatcher } from 'undici';
import { Agent, buildConnector, request } from 'undici';
import { writeBasic } from '../../protocol/http/basic.ts';
import { answerChallenge, readChallenges } from '../../protocol/http/digest.ts';
import type { Random } from '../../protocol/random.ts';
import type { Connect } from '../http/acs-url.ts';

export type Transferred =
  | { readonly ok: true; readonly bytes: Uint8Array }
  /** A fault code of TR-069a6 A.3.3.2 and what happened. */
  | { readonly ok: false; readonly code: number; readonly why: string };

/** Where a file is, or is to be put, and the credentials for it. */
export interface FileSource {
  readonly URL: string;
  readonly Username: string;
  readonly Password: string;
}

const MAX_REDIRECTS = 5;

export interface TransferContext {
  /** Real milliseconds until headers, and between pieces of the body. */
  readonly timeoutMs: number;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** How an HTTPS server is trusted. */
  readonly tls?: ConnectionOptions;
  /** Opens connections to HTTP servers, in place of node. */
  readonly connect?: Connect;
  /** Downloads begin with a HEAD request (Q-HT-14). */
  readonly headFirst?: boolean;
}

/** Fetches a file of at most this many bytes. Never rejects. */
export async function download(
  source: FileSource,
  mostBytes: number,
  context: TransferContext,
): Promise<Transferred> {
  try {
    if (context.headFirst === true) await (await call('HEAD', source, undefined, context)).body.dump();
    const { statusCode, body } = await call('GET', source, undefined, context);
    if (statusCode !== 200) {
      await body.dump();
      return failure(statusCode, 9010);
    }
    const parts: Uint8Array[] = [];
    let length = 0;
    for await (const part of body) {
      if (!(part instanceof Uint8Array)) continue;
      length += part.length;
      if (length > mostBytes) {
        body.destroy();
        return { ok: false, code: 9010, why: 'the file is larger than the flash' };
      }
      parts.push(part);
    }
    return { ok: true, bytes: Buffer.concat(parts) };
  } catch (error) {
    return unreachable(error, 9017);
  }
}

/** Puts a file (TR-069a6 A.4.1.5). Never rejects. */
export async function upload(
  source: FileSource,
  bytes: Uint8Array,
  context: TransferContext,
): Promise<Transferred> {
  try {
    const { statusCode, body } = await call('PUT', source, bytes, context);
    await body.dump();
    return statusCode >= 200 && statusCode < 300 ? { ok: true, bytes } : failure(statusCode, 9011);
  } catch (error) {
    return unreachable(error, 9011);
  }
}

function failure(status: number, otherwise: number): Transferred {
  const code = status === 401 || status === 403 ? 9012 : status === 404 || status === 410 ? 9016 : otherwise;
  return { ok: false, code, why: `the file server answered ${status}` };
}

/** Before the connection is open the server is unreachable; after that the transfer was interrupted. */
function unreachable(error: unknown, broken: number): Transferred {
  const why = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && 'code' in error ? String(error.code) : '';
  const never = /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR_CONNECT_TIMEOUT)$/;
  return { ok: false, code: never.test(cause) ? 9015 : broken, why };
}

async function call(
  method: 'GET' | 'HEAD' | 'PUT',
  { URL: address, Username, Password }: FileSource,
  bytes: Uint8Array | undefined,
  { timeoutMs, random, signal, tls, connect }: TransferContext,
): Promise<Dispatcher.ResponseData> {
  // A pool of its own: `reset` closes its connections, so that nothing of it outlives the transfer.
  const dispatcher = dispatcherOf(connect, tls);
  let url = new URL(address);
  let authorization: string | undefined;
  for (let redirects = 0; ; redirects++) {
    const response = await request(url, {
      method,
      ...(bytes === undefined ? {} : { body: bytes }),
      headers: authorization === undefined ? {} : { authorization },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal,
      reset: true,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    });
    const { statusCode, headers } = response;
    const location = headers.location;
    if (redirects >= MAX_REDIRECTS) return response;
    if ([301, 302, 307, 308].includes(statusCode) && typeof location === 'string') {
      url = new URL(location, url);
    } else if (statusCode === 401 && Username !== '' && authorization === undefined) {
      authorization = authorize(method, url, { Username, Password }, headers, random);
    } else return response;
    await response.body.dump();
  }
}

function dispatcherOf(
  connect: Connect | undefined,
  tls: ConnectionOptions | undefined,
): Dispatcher | undefined {
  if (connect !== undefined) return new Agent({ connect: connectorOf(connect, tls) });
  return tls === undefined ? undefined : new Agent({ connect: trustOf(tls) });
}

/** In the form in which undici accepts a connector. */
function connectorOf(connect: Connect, tls: ConnectionOptions = {}): buildConnector.connector {
  const secure = buildConnector(trustOf(tls));
  return (options, callback) => {
    const { hostname, port, protocol } = options;
    const socket = connect({ host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
    const failed = (error: Error): void => callback(error, null);
    socket.once('error', failed).once('connect', () => {
      socket.off('error', failed);
      if (protocol === 'https:') secure({ ...options, httpSocket: socket }, callback);
      else callback(null, socket);
    });
  };
}

/** The options of a TLS connection that undici accepts. */
function trustOf({
  ca,
  cert,
  key,
  passphrase,
  rejectUnauthorized,
}: ConnectionOptions): buildConnector.BuildOptions {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  };
}

function authorize(
  method: string,
  url: URL,
  { Username: username, Password: password }: { Username: string; Password: string },
  headers: Dispatcher.ResponseData['headers'],
  random: Random,
): string {
  const lines = headers['www-authenticate'] ?? [];
  const challenges = [lines].flat().flatMap((line) => readChallenges(line));
  const uri = url.pathname + url.search;
  const cnonce = Math.floor(random() * 2 ** 32).toString(16);
  const answered = answerChallenge(challenges, {
    method,
    uri,
    username,
    password,
    cnonce,
    nc: 1,
    hash: (name, text) => createHash(name).update(text, 'latin1').digest('hex'),
  });
  return answered ?? writeBasic({ username, password });
}
