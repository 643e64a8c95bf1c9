import { ModemlabError } from '../../protocol/errors.ts';

/** An error of the file system as E_FILE_INVALID; any other error as it is. */
export function asFileError(error: unknown): unknown {
  const isOfFile =
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('E');
  return isOfFile && !(error instanceof ModemlabError)
    ? new ModemlabError('E_FILE_INVALID', error.message, { cause: error })
    : error;
}
