/** User names and passwords of modems, from a file or the command line. */
import { readFile } from 'node:fs/promises';
import { ModemlabError } from '../../protocol/errors.ts';

/**
 * Reads `username:password` lines, skipping empty ones and those that begin with `#`. Neither is ever
 * printed.
 * @throws ModemlabError E_FILE_INVALID with the first wrong line
 */
export async function readCredentials(file: string): Promise<ReadonlyMap<string, string>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ModemlabError('E_FILE_INVALID', `${file}: ${error instanceof Error ? error.message : ''}`, {
      cause: error,
    });
  }
  const found = new Map<string, string>();
  for (const [index, line] of text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const colon = line.indexOf(':');
    if (colon < 1)
      throw new ModemlabError('E_FILE_INVALID', `${file}:${index + 1}: expected username:password`);
    found.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return found;
}
