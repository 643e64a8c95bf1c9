/**
 * Files that are sent to the TFTP server: they go into one folder, with a size limit, and never overwrite
 * another.
 */
import type { FileHandle } from 'node:fs/promises';
import { open, unlink } from 'node:fs/promises';
import path from 'node:path';
import { pathOfName } from '../protocol/tftp/file-name.ts';

export interface UploadOptions {
  readonly folder: string;
  /** Bytes of one file. */
  readonly maxBytes: number;
}

/** A file that is being received. It is created at once, so that no two transfers write the same file. */
export interface Upload {
  readonly append: (bytes: Uint8Array) => void;
  /** Resolves when all is on the disk. Rejects if something was not written; the file is then removed. */
  readonly finish: () => Promise<void>;
  /** Discards what was received. Never rejects. */
  readonly discard: () => Promise<void>;
}

export type UploadRefusal = 'forbidden' | 'exists' | 'failed';

/** Begins a file in the folder itself: names that contain folders are refused. */
export async function beginUpload({ folder }: UploadOptions, name: string): Promise<Upload | UploadRefusal> {
  const parts = pathOfName(name);
  const [base, ...more] = parts.ok ? parts.value : [];
  if (base === undefined || more.length > 0) return 'forbidden';
  const file = path.join(folder, base);
  try {
    // wx fails if the name exists in any form, even as a link.
    return uploadTo(await open(file, 'wx', 0o644), file);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? 'exists' : 'failed';
  }
}

function uploadTo(handle: FileHandle, file: string): Upload {
  const pieces: Uint8Array[] = [];
  let over = false;
  const discard = async (): Promise<void> => {
    if (over) return;
    over = true;
    await handle.close().catch(() => undefined);
    await unlink(file).catch(() => undefined);
  };
  return {
    append: (bytes) => {
      // A copy, since the memory of the datagram is reused.
      pieces.push(bytes.slice());
    },
    finish: async () => {
      try {
        await handle.writeFile(Buffer.concat(pieces));
        await handle.close();
        over = true;
      } catch (error) {
        await discard();
        throw error;
      }
    },
    discard,
  };
}
