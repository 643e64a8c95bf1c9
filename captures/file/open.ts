/**
 * Opens a capture: a file or any stream of bytes, plain or gzip, pcap or pcapng. Frames are yielded as bytes
 * arrive.
 */
import { createReadStream } from 'node:fs';
import type { WireError } from '../../protocol/errors.ts';
import type { CapturedFrame } from './frame.ts';
import { gunzip } from './gunzip.ts';
import { createPcapReader, isPcap } from './pcap.ts';
import { createPcapngReader, isPcapng } from './pcapng-read.ts';
import type { CaptureReader } from './reader.ts';

export interface Capture {
  /** To be iterated once. Memory does not grow with the length of the capture. */
  readonly frames: AsyncIterable<CapturedFrame>;
  /** Known once there is a frame. */
  readonly format: 'pcap' | 'pcapng' | undefined;
  /** Bytes read so far, decompressed. */
  readonly bytesRead: number;
  /** Bytes read so far, as they are in the file. */
  readonly bytesTaken: number;
  /** Set when the frames end before the file does: what is wrong, and where. */
  readonly fault: WireError | undefined;
}

/**
 * Opens a file. If it cannot be read (missing, no permission), the iteration rejects with Node's error.
 */
export const openCaptureFile = (path: string): Capture =>
  readCapture(createReadStream(path, { highWaterMark: 256 * 1024 }));

/**
 * Reads a capture from chunks, such as standard input; each frame is yielded as soon as its last byte is
 * there.
 */
export function readCapture(chunks: AsyncIterable<Uint8Array>): Capture {
  const capture: { -readonly [K in keyof Capture]: Capture[K] } = {
    frames: emptyFrames(),
    format: undefined,
    bytesRead: 0,
    bytesTaken: 0,
    fault: undefined,
  };
  capture.frames = readFrames(chunks, capture);
  return capture;
}

async function* emptyFrames(): AsyncGenerator<CapturedFrame> {}

type Open = { -readonly [K in keyof Capture]: Capture[K] };

async function* readFrames(chunks: AsyncIterable<Uint8Array>, capture: Open): AsyncGenerator<CapturedFrame> {
  let reader: CaptureReader | undefined;
  let held: Uint8Array = new Uint8Array(0);
  try {
    for await (const chunk of decompressed(taken(chunks, capture))) {
      capture.bytesRead += chunk.length;
      const bytes: Uint8Array =
        reader === undefined && held.length > 0 ? Buffer.concat([held, chunk]) : chunk;
      reader ??= choose(bytes, capture);
      if (reader === undefined) {
        if (bytes.length >= MAGIC_BYTES) return;
        held = bytes;
        continue;
      }
      yield* reader.push(bytes);
      if (reader.fault !== undefined) break;
    }
  } catch (error) {
    if (!isZlibError(error)) throw error;
    if (error.code !== 'Z_BUF_ERROR') {
      capture.fault = { code: 'E_CAPTURE_DAMAGED', at: capture.bytesRead, found: error.message };
      return;
    }
    // It may be cut after a whole record.
    reader?.end();
    capture.fault = reader?.fault ?? { code: 'E_CAPTURE_CUT', at: capture.bytesRead, found: 'end of gzip' };
    return;
  }
  reader?.end();
  capture.fault = reader === undefined ? { code: 'E_CAPTURE_CUT', at: held.length } : reader.fault;
}

async function* taken(chunks: AsyncIterable<Uint8Array>, capture: Open): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    capture.bytesTaken += chunk.length;
    yield chunk;
  }
}

const MAGIC_BYTES = 4;

function choose(bytes: Uint8Array, capture: Open): CaptureReader | undefined {
  if (bytes.length < MAGIC_BYTES) return undefined;
  if (isPcapng(bytes)) {
    capture.format = 'pcapng';
    return createPcapngReader();
  }
  if (isPcap(bytes)) {
    capture.format = 'pcap';
    return createPcapReader();
  }
  const found = `bytes ${Buffer.from(bytes.subarray(0, MAGIC_BYTES)).toString('hex')}`;
  capture.fault = { code: 'E_CAPTURE_FORMAT', at: 0, found };
  return undefined;
}

/**
 * The chunks themselves, or their contents if they are gzip (RFC 1952 2.3.1: every member begins with the
 * same two bytes).
 */
async function* decompressed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const start: Uint8Array[] = [];
  let length = 0;
  while (length < 2) {
    const next = await iterator.next();
    if (next.done === true) break;
    start.push(next.value);
    length += next.value.length;
  }
  const rest = (async function* () {
    yield* start;
    yield* { [Symbol.asyncIterator]: () => iterator };
  })();
  const [first, second] = Buffer.concat(start);
  if (first !== 0x1f || second !== 0x8b) yield* rest;
  else yield* gunzip(rest);
}

function isZlibError(error: unknown): error is Error & { readonly code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  );
}
