/** How much of a capture has been read, in a line on the terminal. */
import { stat } from 'node:fs/promises';
import type { Capture } from '../../captures/file/open.ts';
import type { Story } from '../../captures/story/story.ts';
import { counted } from '../../protocol/counted.ts';
import type { Io } from '../support/io.ts';
import type { Progress } from '../support/progress.ts';
import { createProgress } from '../support/progress.ts';

/**
 * Draws on standard error if that is a terminal and nothing else is written to it. `file` is `undefined` for
 * standard input, whose length is unknown.
 */
export async function captureProgress(
  io: Io,
  file: string | undefined,
  capture: Capture,
  story: Story,
  writesLines: boolean,
): Promise<Progress | undefined> {
  if (!io.colours.err || (writesLines && io.columns !== undefined)) return undefined;
  const size =
    file === undefined
      ? 0
      : await stat(file)
          .then(({ size }) => size)
          .catch(() => 0);
  return createProgress(io, () => progressLine(capture.bytesTaken, size, story));
}

/** `12 of 96 MiB (12 %), 34567 frames, 8 sessions`; a size of 0 means unknown. */
export function progressLine(taken: number, size: number, { counts, sessions }: Story): string {
  const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);
  const read =
    size === 0
      ? `${mib(taken)} MiB`
      : `${mib(taken)} of ${mib(size)} MiB (${Math.floor((taken / size) * 100)} %)`;
  return `${read}, ${counted(counts.frames, 'frame')}, ${counted(sessions.size, 'session')}`;
}
