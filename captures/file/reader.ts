/** What the readers of both file formats have in common: bytes are pushed in, frames come out. */
import type { WireError } from '../../protocol/errors.ts';
import type { CapturedFrame } from './frame.ts';
import { copyOf } from './octets.ts';

export interface CaptureReader {
  /** Frames that these bytes complete. After a fault there are no more. */
  push(chunk: Uint8Array): readonly CapturedFrame[];
  /** The file has ended: what is left over is a truncated record. */
  end(): void;
  /** Why reading stopped before the end; `at` is the offset in the (decompressed) file. */
  readonly fault: WireError | undefined;
}

/**
 * Keeps the rest of a chunk after its last whole record, and joins it to what follows once the record is
 * whole. Readers limit the length of a record, so little is kept.
 */
export class Remainder {
  #kept: Uint8Array[] = [];
  #needed = 0;
  length = 0;
  /** Offset in the file of the first byte that is kept. */
  at = 0;

  /** The kept bytes and then these; `undefined` while they are fewer than needed. */
  with(chunk: Uint8Array): Uint8Array | undefined {
    if (this.length === 0) return chunk;
    this.#kept.push(copyOf(chunk));
    this.length += chunk.length;
    return this.length < this.#needed ? undefined : Buffer.concat(this.#kept, this.length);
  }

  /**
   * Drops what comes before `used` of the bytes that `with` returned. The rest is useless below `needed`
   * bytes.
   */
  keep(bytes: Uint8Array, used: number, needed = 0): void {
    this.at += used;
    this.length = bytes.length - used;
    this.#kept = this.length === 0 ? [] : [copyOf(bytes.subarray(used))];
    this.#needed = needed;
  }
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
