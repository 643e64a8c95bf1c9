/**
 * The files that differ from the last commit, new ones included: their tests are what `npm run test:changed`
 * runs.
 */
import { execFileSync } from 'node:child_process';

/** Paths from the package's folder, which is `root`. */
export function changedFiles(root: string): readonly string[] {
  const git = (...words: readonly string[]): readonly string[] =>
    execFileSync('git', words, { cwd: root, encoding: 'utf8' }).split('\n');
  const changed = git('diff', '--name-only', '--relative', 'HEAD');
  const added = git('ls-files', '--others', '--exclude-standard');
  return [...changed, ...added].filter((file) => file !== '');
}
