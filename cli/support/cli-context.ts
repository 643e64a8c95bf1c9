/** What every command gets. */
import type { Io } from './io.ts';

export interface CliContext {
  readonly io: Io;
  /** The exit code of the process, set by the command that ran. */
  exitCode: number;
}
