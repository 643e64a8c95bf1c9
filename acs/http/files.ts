/**
 * The files that modems fetch and send: GET and HEAD of what lies in `files/`, with ranges (some ask HEAD first, Q-HT-14),
 * and PUT of what was asked for by an Upload. A PUT needs a token that was handed out, so that nobody fills the disk.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join, posix } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import send from 'send';

/** Below this path of the ACS's address lie the files. */
export const FILES_PATH = '/files/';
const RECEIVED = 'received';

/** Bytes of one uploaded file at most: the largest flash of a gateway of these years has 128 MiB. */
const LARGEST_UPLOAD = 128 * 1024 * 1024;

const SAFE_NAME = /^[\w][\w.+ -]{0,127}$/;
const TOKEN = /^[0-9a-f]{32}$/;

/** Whether a name can stand for a file here: no path, no hidden file. */
export const isFileName = (name: string): boolean => SAFE_NAME.test(name);

/** Lets one PUT in; gives the path below the ACS's address to put in Upload's URL. The file arrives as `received/NAME`. */
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

/** What modems sent is for the owner of the folder: their settings hold passwords. */
function isReceived(path: string): boolean {
  const [first] = posix
    .normalize(`/${safeDecode(path)}`.replaceAll('\\', '/'))
    .slice(1)
    .split('/');
  return first?.toLowerCase() === RECEIVED;
}

/** Writes an upload beside its place and moves it there whole. */
async function receive(files: string, path: string, request: IncomingMessage): Promise<number> {
  const [folder, token = ''] = path.split('/');
  if (folder !== RECEIVED || !TOKEN.test(token)) return 404;
  const marker = join(files, RECEIVED, `.${token}`);
  // The name that was expected, whatever the modem calls it: a token must not let it write over another file.
  const name = await readFile(marker, 'utf8').catch(() => '');
  if (!SAFE_NAME.test(name)) return 404;
  const partial = join(files, RECEIVED, `.part-${createHash('sha1').update(token).digest('hex')}`);
  let bytes = 0;
  const limit = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length;
      done(bytes > LARGEST_UPLOAD ? new Error('too large') : null, chunk);
    },
  });
  try {
    await pipeline(request, limit, createWriteStream(partial));
    await rename(partial, join(files, RECEIVED, name));
    await rm(marker, { force: true });
    return 201;
  } catch {
    await rm(partial, { force: true });
    return bytes > LARGEST_UPLOAD ? 413 : 500;
  }
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
