/**
 * Checks whether a file can be an LMDB environment. LMDB maps it into memory and trusts it: a damaged file
 * would end the process with a signal instead of an error.
 */
import { open } from 'node:fs/promises';
import { codeOf } from './folder-kind.ts';

/** MDB_MAGIC and the data format's version of the LMDB that lmdb-js carries (mdb.c). */
const MAGIC = 0xbeefc0de;
const VERSION = 2;
/**
 * Offsets in a meta page: mm_magic, mm_version, the free list's md_pad (which holds the page size), two
 * md_root.
 */
const AT = { magic: 24, version: 28, pageSize: 48, roots: [88, 136] } as const;
const META_BYTES = 160;
/** Root of an empty tree. */
const NO_PAGE = 0xffffffffffffffffn;

/** What is wrong; `undefined` if no damage was found. A missing or empty file is a new environment. */
export async function lmdbDamage(file: string): Promise<string | undefined> {
  const first = await look(file);
  if (first === undefined) return undefined;
  // Another process may have been writing the page: a second look sees it complete.
  await new Promise((resolve) => setTimeout(resolve, 50));
  return look(file);
}

async function look(file: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = await handle.stat();
    if (size === 0) return undefined;
    const meta = Buffer.alloc(META_BYTES);
    await handle.read(meta, 0, META_BYTES, 0);
    const pageSize = meta.readUInt32LE(AT.pageSize);
    const sane = pageSize >= 512 && pageSize <= 65536 && size >= 2 * pageSize;
    if (!isMeta(meta) || !sane) return 'not an LMDB environment';
    const other = Buffer.alloc(META_BYTES);
    await handle.read(other, 0, META_BYTES, pageSize);
    if (!isMeta(other)) return 'not an LMDB environment';
    return [meta, other].every((page) => rootsAreIn(page, size / pageSize)) ? undefined : 'cut off';
  } finally {
    await handle.close();
  }
}

function isMeta(page: Buffer): boolean {
  return page.readUInt32LE(AT.magic) === MAGIC && page.readUInt32LE(AT.version) === VERSION;
}

function rootsAreIn(page: Buffer, pages: number): boolean {
  return AT.roots.every((at) => {
    const root = page.readBigUInt64LE(at);
    return root === NO_PAGE || root < BigInt(Math.floor(pages));
  });
}
