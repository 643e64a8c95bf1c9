/** `--record`: the connections or datagrams of a command become a capture. */
import type { Socket } from 'node:net';
import type { Side } from '../../captures/packet/streams.ts';
import type { Recorder } from '../../captures/record/record.ts';
import { withComments } from '../../captures/record/record-comments.ts';
import type { RecordedDatagrams } from '../../captures/record/record-datagrams.ts';
import { recordDatagrams } from '../../captures/record/record-datagrams.ts';
import type { FileRecorder } from '../../captures/record/record-file.ts';
import { recordToFile } from '../../captures/record/record-file.ts';
import { recordSocket } from '../../captures/record/record-socket.ts';
import type { OpenPort } from '../../mdap/datagram-port.ts';
import { openUdp } from '../../mdap/datagram-port.ts';
import { observedPort } from '../../mdap/observed-port.ts';
import { counted } from '../../protocol/counted.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Io } from './io.ts';

export interface Recording {
  readonly onSocket: (socket: Socket) => void;
  /** Ends the file, and prints a warning when it is incomplete. */
  close(io: Io): Promise<void>;
}

/**
 * Starts a capture; `we` is the side that this process is on. Throws E_FILE_INVALID when it cannot be
 * written.
 */
export async function record(file: string, we: Side): Promise<Recording> {
  const recorder = await begin(file);
  const commented = withComments(recorder);
  return {
    onSocket: (socket) => {
      recordSocket(commented, socket, we);
    },
    close: (io) => end(io, file, recorder),
  };
}

/** Called for each socket that opens; what it returns receives the socket's datagrams. */
type Observe = (local: Endpoint) => RecordedDatagrams;

/**
 * Records datagrams while `work` runs, if a file is given. Throws E_FILE_INVALID when it cannot be written.
 */
export async function withDatagrams<T>(
  io: Io,
  file: string | undefined,
  work: (observe: Observe | undefined) => Promise<T>,
): Promise<T> {
  if (file === undefined) return work(undefined);
  const recorder = await begin(file);
  try {
    return await work(recordDatagrams(recorder));
  } finally {
    await end(io, file, recorder);
  }
}

/** The same for work that opens its sockets by `openPort`. */
export const withPorts = <T>(
  io: Io,
  file: string | undefined,
  work: (ports: { readonly openPort?: OpenPort }) => Promise<T>,
): Promise<T> =>
  withDatagrams(io, file, (observe) =>
    work(observe === undefined ? {} : { openPort: observedPort(openUdp, observe) }),
  );

/** The same for work that uses a recorder; comments name the CWMP messages. */
export async function withRecorder<T>(
  io: Io,
  file: string,
  work: (recorder: Recorder) => Promise<T>,
): Promise<T> {
  const recorder = await begin(file);
  try {
    return await work(withComments(recorder));
  } finally {
    await end(io, file, recorder);
  }
}

const begin = (file: string): Promise<FileRecorder> =>
  recordToFile(file).catch((error: unknown) => unwritable(file, error));

async function end(io: Io, file: string, recorder: FileRecorder): Promise<void> {
  await recorder.close().catch((error: unknown) => unwritable(file, error));
  if (recorder.dropped > 0)
    io.err(`${file}: ${counted(recorder.dropped, 'packet')} lost because the disk was too slow\n`);
}

function unwritable(file: string, error: unknown): never {
  throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
    cause: error,
  });
}
