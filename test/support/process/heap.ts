/** Memory that is really held: measured after a full collection, so that the collector's mood is not. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes of heap and of buffers that are in use. */
export function bytesHeld(): number {
  if (typeof collect !== 'function') throw new Error('there is no gc');
  // What one collection frees of buffers is only counted when the next one begins.
  for (let turn = 0; turn < 3; turn += 1) collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
