/**
 * The files that the TFTP server gives: a list of images, or a folder. Each is read once and shared by all
 * transfers.
 */
import type { Stats } from 'node:fs';
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathOfName } from '../protocol/tftp/file-name.ts';
import { encodeNetascii } from '../protocol/tftp/netascii.ts';

export interface PublishedOptions {
  /** A folder of which every file may be fetched, but hidden ones; `undefined`: only what is on the list. */
  readonly root?: string;
  /** Bytes of one file at most. */
  readonly maxFileBytes?: number;
  /** Bytes that are kept in memory; what was read first goes first. */
  readonly maxCacheBytes?: number;
}

export type Found =
  | { readonly is: 'file'; readonly bytes: Uint8Array }
  | { readonly is: 'not-found' }
  /** The name, or where it leads, is not allowed. */
  | { readonly is: 'forbidden'; readonly why: string }
  /** There is something, but it cannot be given. */
  | { readonly is: 'unreadable'; readonly why: string };

const MIB = 1024 * 1024;

export class PublishedFiles {
  readonly #list = new Map<string, string | Uint8Array>();
  readonly #cache = new Map<string, { readonly bytes: Promise<Uint8Array>; readonly size: number }>();
  readonly #root: string | undefined;
  readonly #maxFileBytes: number;
  readonly #maxCacheBytes: number;

  constructor({ root, maxFileBytes = 256 * MIB, maxCacheBytes = 512 * MIB }: PublishedOptions = {}) {
    this.#root = root;
    this.#maxFileBytes = maxFileBytes;
    this.#maxCacheBytes = maxCacheBytes;
  }

  /**
   * Puts a file of the disk, or bytes, under a name on the list. The path is the operator's: it may lie
   * anywhere.
   */
  publish(name: string, source: string | Uint8Array): void {
    const parts = pathOfName(name);
    if (!parts.ok) throw new RangeError(`${name}: ${parts.error}`);
    this.#list.set(parts.value.join('/'), source);
  }

  withdraw(name: string): void {
    const parts = pathOfName(name);
    if (parts.ok) this.#list.delete(parts.value.join('/'));
  }

  /** What a request names. Never rejects. */
  async find(name: string, netascii = false): Promise<Found> {
    const parts = pathOfName(name);
    if (!parts.ok) return { is: 'forbidden', why: parts.error };
    const listed = this.#list.get(parts.value.join('/'));
    if (listed instanceof Uint8Array)
      return { is: 'file', bytes: netascii ? encodeNetascii(listed) : listed };
    try {
      if (listed !== undefined) return await this.#read(await realpath(listed), netascii);
      if (this.#root === undefined) return { is: 'not-found' };
      const root = await realpath(this.#root);
      const file = await realpath(path.join(root, ...parts.value));
      // A link may lead anywhere; what counts is where it ends.
      if (!file.startsWith(root + path.sep)) return { is: 'forbidden', why: 'outside' };
      if (
        path
          .relative(root, file)
          .split(path.sep)
          .some((part) => part.startsWith('.'))
      )
        return { is: 'forbidden', why: 'hidden' };
      return await this.#read(file, netascii);
    } catch (error) {
      return failureOf(error);
    }
  }

  async #read(file: string, netascii: boolean): Promise<Found> {
    const stats = await stat(file);
    if (!stats.isFile()) return { is: 'forbidden', why: 'no-file' };
    if (stats.size > this.#maxFileBytes) return { is: 'unreadable', why: 'too-large' };
    return { is: 'file', bytes: await this.#cached(file, stats, netascii) };
  }

  /** A file that has changed since is read again: transfers that run keep what they began with. */
  #cached(file: string, stats: Stats, netascii: boolean): Promise<Uint8Array> {
    const key = `${netascii} ${stats.size} ${stats.mtimeMs} ${file}`;
    const known = this.#cache.get(key);
    if (known !== undefined) return known.bytes;
    const bytes = readFile(file).then((read) =>
      netascii ? encodeNetascii(read) : new Uint8Array(read.buffer, read.byteOffset, read.length),
    );
    this.#cache.set(key, { bytes, size: stats.size });
    bytes.catch(() => this.#cache.delete(key));
    this.#shrink();
    return bytes;
  }

  #shrink(): void {
    let sum = [...this.#cache.values()].reduce((total, { size }) => total + size, 0);
    for (const [key, { size }] of this.#cache) {
      if (sum <= this.#maxCacheBytes || this.#cache.size <= 1) return;
      this.#cache.delete(key);
      sum -= size;
    }
  }
}

function failureOf(error: unknown): Found {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ENAMETOOLONG') return { is: 'not-found' };
  if (code === 'EACCES' || code === 'EPERM' || code === 'ELOOP') return { is: 'forbidden', why: code };
  return { is: 'unreadable', why: code === '' ? String(error) : code };
}
