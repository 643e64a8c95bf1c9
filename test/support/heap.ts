/** Memory that is really held: measured after a full collection, so that the collector's mood is not. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

/** Bytes of heap and of buffers that are in use. */
export function bytesHeld(): number {
  if (typeof collect !== 'function') throw new Error('there is no gc');
  collect();
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
}
