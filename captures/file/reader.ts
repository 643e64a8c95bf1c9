/** What the readers of the two file formats have in common: bytes are pushed in, frames come out. */
import type { WireError } from '../../protocol/errors.ts';
import type { CapturedFrame } from './frame.ts';
import { copyOf } from './octets.ts';

export interface CaptureReader {
  /** Frames that these bytes completed. After a fault it gives nothing more. */
  push(chunk: Uint8Array): readonly CapturedFrame[];
  /** Tells that the file has ended: what is left over then is a cut record. */
  end(): void;
  /** Why reading stopped before the end; `at` is the offset in the (decompressed) file. */
  readonly fault: WireError | undefined;
}

/**
 * Keeps what is left of a chunk behind its last whole record, and joins it to what follows once the record is
 * whole. No record is longer than its reader allows, so little is kept.
 */
export class Remainder {
  #kept: Uint8Array[] = [];
  #needed = 0;
  length = 0;
  /** Offset in the file of the first byte that is kept. */
  at = 0;

  /** What was kept and then these bytes; `undefined` while they are fewer than were said to be needed. */
  with(chunk: Uint8Array): Uint8Array | undefined {
    if (this.length === 0) return chunk;
    this.#kept.push(copyOf(chunk));
    this.length += chunk.length;
    return this.length < this.#needed ? undefined : Buffer.concat(this.#kept, this.length);
  }

  /**
   * Of `bytes`, which `with` gave, all before `used` is done with; what is left says nothing below `needed`
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
