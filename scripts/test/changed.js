// The files that differ from the last commit, new ones included: their tests are what `npm run test:changed` runs.
import { execFileSync } from 'node:child_process';
import { ROOT } from '../emit.js';

const git = (...words) => execFileSync('git', words, { cwd: ROOT, encoding: 'utf8' }).split('\n');

/** Paths from the package's folder. */
export const changedFiles = () =>
  [...git('diff', '--name-only', 'HEAD'), ...git('ls-files', '--others', '--exclude-standard')].filter(
    (file) => file !== '',
  );
