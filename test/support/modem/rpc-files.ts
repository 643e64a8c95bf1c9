/** The file server of transfers: valid files, and files with every kind of error. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Test } from 'tap';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { loadProfile } from '../../../simulator/index.ts';

export interface RpcFiles {
  readonly url: string;
  /** Uploads, by path. */
  readonly put: ReadonlyMap<string, Buffer>;
  /** GETs and PUTs by path, in order. */
  readonly asked: readonly string[];
  /** Releases the next answer to `/slow`. */
  release(): void;
}

const { family, board } = loadProfile('generic-tr098').identity;
const IMAGE = Buffer.from(writeImage({ family, board, version: '2.0.0.1' }));
/** The same without the mark of images made for simulated modems. */
const UNSIGNED = Buffer.from(IMAGE).fill(
  0x7e,
  IMAGE.indexOf('\x7f\x09SIMULATED'),
  IMAGE.indexOf('\x7f\x09SIMULATED') + 1,
);

export const UUID = '6ba7b810-9dad-11d1-80b4-00c04fd430c8';

const unit = (version: string, more = ''): Buffer =>
  Buffer.from(`Package: player\nVersion: ${version}\nVendor: example\n${more}\nbytes of it\n`);

const FILES: ReadonlyMap<string, Buffer> = new Map([
  ['/conf', Buffer.from('InternetGatewayDevice.DeviceInfo.ProvisioningCode=from a file\r\n')],
  ['/fw.bin', IMAGE],
  ['/unsigned.bin', UNSIGNED],
  ['/other.bin', Buffer.from(writeImage({ family: 'QH', board: 'BANT-R', version: '9.9.9.9' }))],
  ['/garbage.bin', Buffer.from('no image at all')],
  ['/unit-0.9', unit('0.9')],
  ['/unit-1.0', unit('1.0')],
  ['/unit-2.0', unit('2.0')],
  ['/unit-elsewhere', unit('3.0', 'Environment: OSGi 4\n')],
  ['/unit-huge', unit('4.0', 'Size: 99999999\n')],
]);

export async function rpcFiles(t: Test): Promise<RpcFiles> {
  const put = new Map<string, Buffer>();
  const asked: string[] = [];
  const slow: (() => void)[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const path = (request.url ?? '').replace(/\?.*/, '');
    asked.push(`${request.method} ${path}`);
    if (path === '/slow') await new Promise<void>((resolve) => slow.push(resolve));
    if (request.method === 'PUT' && !isRefused(path, request)) put.set(path, Buffer.concat(parts));
    answer(path, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    for (const release of slow) release();
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('unreachable: it listens on TCP');
  return {
    url: `http://127.0.0.1:${address.port}`,
    put,
    asked,
    release: () => slow.shift()?.(),
  };
}

/** Without credentials, or on a path that fails for everyone. */
const isRefused = (path: string, request: IncomingMessage): boolean =>
  (path.startsWith('/basic/') && !isBasic(request)) ||
  (path.startsWith('/digest/') && !isDigest(request)) ||
  path === '/broken' ||
  path === '/error';

function answer(path: string, request: IncomingMessage, response: ServerResponse): void {
  if (isRefused(path, request)) refuse(path, response);
  else if (request.method === 'PUT') response.writeHead(201).end();
  else {
    const name = path.replace(/^\/(basic|digest)(?=\/)/, '');
    const file = FILES.get(name === '/slow' ? '/conf' : name);
    if (file === undefined) response.writeHead(404).end();
    else response.end(file);
  }
}

function refuse(path: string, response: ServerResponse): void {
  if (path === '/broken') breakOff(response);
  else if (path === '/error') response.writeHead(500).end('no');
  else if (path.startsWith('/basic/')) challenge(response, 'Basic realm="files"');
  else challenge(response, 'Digest realm="files", nonce="n7", qop="auth", algorithm=MD5');
}

const challenge = (response: ServerResponse, scheme: string): ServerResponse =>
  response.writeHead(401, { 'WWW-Authenticate': scheme }).end();

/** Half of what it announced. */
function breakOff(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': '1000' });
  response.write('x'.repeat(500), () => response.destroy());
}

const isBasic = ({ headers }: IncomingMessage): boolean =>
  headers.authorization === `Basic ${btoa('user:pass')}`;

/** RFC 2617 by hand: user `user`, password `pass`. */
function isDigest({ headers, method = '' }: IncomingMessage): boolean {
  const text = headers.authorization ?? '';
  if (!text.startsWith('Digest ')) return false;
  const value = (name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(text)?.[1] ?? '';
  const md5 = (part: string): string => createHash('md5').update(part).digest('hex');
  const a2 = md5(`${method}:${value('uri')}`);
  const middle = `${value('nonce')}:${value('nc')}:${value('cnonce')}:${value('qop')}`;
  return value('response') === md5(`${md5('user:files:pass')}:${middle}:${a2}`);
}
