/**
 * The folder of recorded messages of real devices, for tests that read it when it is there: MODEMLAB_FIELD.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ROOT } from '../tree.ts';

/** Where the captures are, or would be. */
export const FIELD: string = process.env.MODEMLAB_FIELD ?? join(ROOT, '../shared/captures/field');

/** Why tests of the captures are skipped; `false` when they can run. */
export const skipField: string | false = existsSync(FIELD)
  ? false
  : `no recorded messages at ${FIELD}: set MODEMLAB_FIELD to their folder`;

export interface FieldFile {
  /** Path in the folder, with forward slashes. */
  readonly name: string;
  /** All that was recorded. */
  readonly bytes: Uint8Array;
  /** Request line and headers by lines, where they were recorded; else empty. */
  readonly head: readonly string[];
  /** What follows them, chunks put together. */
  readonly body: Uint8Array;
}

/** A header of the recorded request by its name in lower case. */
export function fieldHeader(file: FieldFile, name: string): string | undefined {
  const line = file.head.slice(1).find((text) => text.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

/**
 * Every file of the folder that could hold a message: trees of devices, keys and the list of sources are
 * none.
 */
export function fieldFiles(): readonly FieldFile[] {
  if (skipField !== false) return [];
  return readdirSync(FIELD, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(csv|properties|md)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map(readFieldFile);
}

function readFieldFile(path: string): FieldFile {
  const bytes = new Uint8Array(readFileSync(path));
  const name = relative(FIELD, path).split(sep).join('/');
  // One character a byte, so that offsets are the same.
  const text = Buffer.from(bytes).toString('latin1');
  const end = /^POST [^\n]*\n(?:[^\r\n]+\r?\n)*\r?\n/.exec(text)?.[0].length ?? 0;
  const head = text
    .slice(0, end)
    .split(/\r?\n/)
    .filter((line) => line !== '');
  const chunked = head.some((line) => /^transfer-encoding:\s*chunked$/i.test(line));
  const body = bytes.subarray(end);
  return { name, bytes, head, body: chunked ? joinChunks(body) : body };
}

/**
 * RFC 9112 section 7.1 for a body that is whole: size in hexadecimal, line end, data, line end, until size 0.
 */
function joinChunks(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  const parts: string[] = [];
  let at = 0;
  while (at < text.length) {
    const line = /^([0-9a-f]+)[^\n]*\n/i.exec(text.slice(at, at + 80));
    const size = Number.parseInt(line?.[1] ?? '0', 16);
    if (line === null || size === 0) break;
    const data = at + line[0].length;
    parts.push(text.slice(data, data + size));
    at = data + size + (text.startsWith('\r\n', data + size) ? 2 : 1);
  }
  return new Uint8Array(Buffer.from(parts.join(''), 'latin1'));
}
