/** A recorder that writes into memory, a millisecond between packets; or so many nanoseconds. */
import type { Recorder } from '../../../captures/record/record.ts';
import { createRecorder } from '../../../captures/record/record.ts';

export function recordToMemory(step = 1_000_000n): {
  readonly recorder: Recorder;
  readonly bytes: () => Buffer;
} {
  const parts: Uint8Array[] = [];
  let time = 1_700_000_000_000_000_000n;
  const recorder = createRecorder({
    application: 'test',
    write: (bytes) => parts.push(bytes),
    now: () => {
      time += step;
      return time;
    },
  });
  return { recorder, bytes: () => Buffer.concat(parts) };
}
