/** `--record`: what a command says on its connections becomes a capture. */
import type { Socket } from 'node:net';
import { Option } from 'commander';
import { withComments } from '../captures/record-comments.ts';
import { recordToFile } from '../captures/record-file.ts';
import { recordSocket } from '../captures/record-socket.ts';
import type { Side } from '../captures/streams.ts';
import { ModemlabError } from '../protocol/errors.ts';
import type { Io } from './io.ts';

export const recordOption = (): Option =>
  new Option('--record <file>', 'write all that is said to this capture (pcapng), TLS in the clear');

export interface Recording {
  readonly onSocket: (socket: Socket) => void;
  /** Ends the file, and says so when it is not whole. */
  close(io: Io): Promise<void>;
}

/** Begins a capture; `we` is the side that this process is on. Throws E_FILE_INVALID when it cannot be written. */
export async function record(file: string, we: Side): Promise<Recording> {
  const fail = (error: unknown): never => {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  };
  const recorder = await recordToFile(file).catch(fail);
  const commented = withComments(recorder);
  return {
    onSocket: (socket) => {
      recordSocket(commented, socket, we);
    },
    async close(io) {
      await recorder.close().catch(fail);
      if (recorder.dropped > 0)
        io.err(`${file}: ${recorder.dropped} packets are missing, for the disk did not keep up\n`);
    },
  };
}
