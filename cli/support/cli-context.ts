/** What every command is given. */
import type { Io } from './io.ts';

export interface CliContext {
  readonly io: Io;
  /** What the process ends with; the command that ran sets it. */
  exitCode: number;
}
