/**
 * The files that modems fetch and send: GET and HEAD of what is in `files/`, with ranges (some send HEAD
 * first, Q-HT-14), and PUT of what an Upload asked for. A PUT needs a token that was issued, so that nobody
 * can fill the disk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, posix } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import send from 'send';

/** The path of the files below the ACS's address. */
export const FILES_PATH = '/files/';
const RECEIVED = 'received';

/** Bytes of one uploaded file: the largest flash of a gateway of these years has 128 MiB. */
const MAX_UPLOAD = 128 * 1024 * 1024;

const SAFE_NAME = /^[\w][\w.+ -]{0,127}$/;
const TOKEN = /^[0-9a-f]{32}$/;

/** Whether a name is allowed for a file here: no path, no hidden file. */
export const isFileName = (name: string): boolean => SAFE_NAME.test(name);

/**
 * Allows one PUT; returns the path below the ACS's address for Upload's URL. The file arrives as
 * `received/NAME`.
 */
export async function expectUpload(files: string, name: string): Promise<string> {
  const token = randomBytes(16).toString('hex');
  const folder = join(files, RECEIVED);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `.${token}`), name);
  return `${FILES_PATH}${RECEIVED}/${token}/${encodeURIComponent(name)}`;
}

export async function serveFile(
  files: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = new URL(request.url ?? '/', 'http://acs').pathname.slice(FILES_PATH.length);
  if (request.method === 'GET' || request.method === 'HEAD') {
    if (isReceived(path)) {
      response.writeHead(404, { 'Content-Length': 0 }).end();
      return;
    }
    send(request, path, { root: files, dotfiles: 'deny', index: false }).pipe(response);
    return;
  }
  const status = request.method === 'PUT' ? await receive(files, path, request) : 405;
  request.resume();
  response.writeHead(status, { 'Content-Length': 0 }).end();
}

/** What modems sent is not served to others: their settings contain passwords. */
function isReceived(path: string): boolean {
  const [first] = posix
    .normalize(`/${safeDecode(path)}`.replaceAll('\\', '/'))
    .slice(1)
    .split('/');
  return first?.toLowerCase() === RECEIVED;
}

/** Writes an upload to a temporary file and moves it into place when it is complete. */
async function receive(files: string, path: string, request: IncomingMessage): Promise<number> {
  const [folder, token = ''] = path.split('/');
  if (folder !== RECEIVED || !TOKEN.test(token)) return 404;
  const marker = join(files, RECEIVED, `.${token}`);
  // The name that was expected, whatever the modem calls it: a token must not allow overwriting another file.
  const name = await readFile(marker, 'utf8').catch(() => '');
  if (!SAFE_NAME.test(name)) return 404;
  const partial = join(files, RECEIVED, `.part-${createHash('sha1').update(token).digest('hex')}`);
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      done(bytes > MAX_UPLOAD ? new Error('too large') : null, chunk);
    },
  });
  try {
    await pipeline(request, limit, createWriteStream(partial));
    await rename(partial, join(files, RECEIVED, name));
    await rm(marker, { force: true });
    return 201;
  } catch {
    await rm(partial, { force: true });
    return bytes > MAX_UPLOAD ? 413 : 500;
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
