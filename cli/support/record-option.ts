/** `--record`: what a command says on its connections, or by its datagrams, becomes a capture. */
import type { Socket } from 'node:net';
import { Option } from 'commander';
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
import { ModemlabError } from '../../protocol/errors.ts';
import type { Endpoint } from '../../protocol/ipv4.ts';
import type { Io } from './io.ts';

export const recordOption = (): Option =>
  new Option('--record <file>', 'write all that is said to this capture (pcapng), TLS in the clear');

export const recordDatagramsOption = (): Option =>
  new Option('--record <file>', 'write all datagrams that are sent and heard to this capture (pcapng)');

export interface Recording {
  readonly onSocket: (socket: Socket) => void;
  /** Ends the file, and says so when it is not whole. */
  close(io: Io): Promise<void>;
}

/** Begins a capture; `we` is the side that this process is on. Throws E_FILE_INVALID when it cannot be written. */
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

/** What opens a socket that is watched, and what is told of it. */
type Observe = (local: Endpoint) => RecordedDatagrams;

/**
 * Records datagrams for as long as `work` takes; without a file nothing is. Throws E_FILE_INVALID when it cannot be
 * written.
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

/** The same for what opens its sockets by the ports of MDAP: the option that it takes. */
export const withPorts = <T>(
  io: Io,
  file: string | undefined,
  work: (ports: { readonly openPort?: OpenPort }) => Promise<T>,
): Promise<T> =>
  withDatagrams(io, file, (observe) =>
    work(observe === undefined ? {} : { openPort: observedPort(openUdp, observe) }),
  );

/** The same for what is given a recorder; messages of CWMP are named in comments. */
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
    io.err(`${file}: ${recorder.dropped} packets are missing, for the disk did not keep up\n`);
}

function unwritable(file: string, error: unknown): never {
  throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
    cause: error,
  });
}
