/** A capture file that grows while the process runs. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { LIMITS } from '../../protocol/limits.ts';
import type { Recorder } from './record.ts';
import { createRecorder } from './record.ts';

export interface FileRecorder extends Recorder {
  /** Writes that were dropped because the disk did not keep up. */
  readonly dropped: number;
  /** Resolves when everything is handed to the disk; rejects if the file could not be written. */
  close(): Promise<void>;
}

/** Nanoseconds since 1970, finer than `Date`. */
const clock = (): bigint => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n;

/** Begins a file, replacing an older one. Rejects when it cannot be written. */
export async function recordToFile(path: string, now: () => bigint = clock): Promise<FileRecorder> {
  const stream = createWriteStream(path);
  let failure: Error | undefined;
  await once(stream, 'open');
  stream.on('error', (error) => {
    failure ??= error;
  });
  let dropped = 0;
  let closed = false;
  const recorder = createRecorder({
    application: 'modemlab',
    now,
    write(bytes) {
      // Sockets may still end after the file has.
      if (closed) return;
      // Memory stays bounded: what a slow disk has no room for is dropped.
      if (failure !== undefined || stream.writableLength > LIMITS.recordBufferBytes) dropped += 1;
      else stream.write(bytes);
    },
  });
  return {
    ...recorder,
    get dropped() {
      return dropped;
    },
    close: () =>
      new Promise((resolve, reject) => {
        closed = true;
        if (failure !== undefined) reject(failure);
        else stream.end((error?: Error | null) => (error ? reject(error) : resolve()));
      }),
  };
}
