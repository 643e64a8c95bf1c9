/** How errors are printed, and what exit codes mean. */
import type { ErrorCode } from '../../protocol/errors.ts';
import { ERRORS, ModemlabError } from '../../protocol/errors.ts';
import { styled } from './colour.ts';
import type { Io } from './io.ts';

export const EXIT = {
  success: 0,
  /** The peer failed, or there are findings. */
  failed: 1,
  /** Misuse: the command line, a file or a setting is wrong. */
  misuse: 2,
} as const;

/** Errors that are not the caller's: a modem or a server did not do its part. */
const PEERS_FAULT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'E_TASK_FAILED',
  'E_TASK_UNANSWERED',
  'E_TASK_UNSURE',
  'E_TASK_TIMEOUT',
  'E_SESSION_LOST',
  'E_AUTH_FAILED',
  'E_CONNECT',
  'E_TFTP_FAILED',
  'E_MDAP_ANT_UNKNOWN',
  'E_MDAP_CONFLICT',
  'E_MDAP_CREDENTIALS',
  'E_MDAP_REFUSED',
  'E_MDAP_UNANSWERED',
  'E_MDAP_ANSWER',
]);

/**
 * Prints an error with its place and remedy, and returns the exit code. An error without a code is our own
 * bug.
 */
export function reportError(io: Io, error: unknown): number {
  if (!(error instanceof ModemlabError)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    io.err(`${red(io, 'unexpected')}: ${text}\n`);
    return EXIT.failed;
  }
  io.err(`${red(io, error.code)}${error.message.slice(error.code.length)}\n  ${ERRORS[error.code].remedy}\n`);
  return PEERS_FAULT.has(error.code) ? EXIT.failed : EXIT.misuse;
}

const red = (io: Io, text: string): string => styled(io, 'err', 'red', text);
