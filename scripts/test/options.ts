/** The command line of `npm test` and its relatives. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { SettingError } from './settings.ts';

export interface Options {
  readonly changed: boolean;
  readonly long: boolean;
  readonly pure: boolean;
  /** How many processes run at a time. */
  readonly jobs: number;
  /** Texts of which a test's path holds one. */
  readonly words: readonly string[];
}

/** Throws SettingError for a word that nobody understands. */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const { changed, long, pure, jobs } = values;
  if (!/^[1-9]\d?$/.test(jobs)) throw new SettingError(`--jobs ${jobs}: give a number from 1 to 99`);
  return { changed, long, pure, jobs: Number(jobs), words: positionals };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        changed: { type: 'boolean', default: false },
        long: { type: 'boolean', default: false },
        pure: { type: 'boolean', default: false },
        jobs: { type: 'string', default: String(Math.min(4, availableParallelism() + 1)) },
      },
    });
  } catch (error) {
    // Nothing but the words can be wrong here.
    const why = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new SettingError(`${why}; the options are --changed, --long, --pure and --jobs <number>`);
  }
}
