/** The texts of the project as a reader of the repository sees them: what .gitignore names is left out. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface TextFile {
  /** Path from the root of the project, with `/`. */
  readonly file: string;
  readonly text: string;
}

/** The folders that .gitignore names, and git's own. */
function ignoredFolders(root: string): ReadonlySet<string> {
  const lines = readFileSync(path.join(root, '.gitignore'), 'utf8').split('\n');
  return new Set(['.git', ...lines.filter((line) => line.endsWith('/')).map((line) => line.slice(0, -1))]);
}

/** The paths of all files from the root, sorted. */
export function listProject(root: string): readonly string[] {
  const ignored = ignoredFolders(root);
  const walk = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) return ignored.has(entry.name) ? [] : walk(name);
      return entry.isFile() ? [name] : [];
    });
  return walk('')
    .filter((name) => name !== '.git')
    .sort();
}

/** Sources, scripts and pages. What fixtures and captures hold is recorded, not written by hand. */
export function readProject(root: string): readonly TextFile[] {
  return listProject(root)
    .filter(
      (file) =>
        /\.(ts|js|md|sh|yml)$|^\.ci\/run$/.test(file) && !/^(test\/fixtures|captures\/library)\//.test(file),
    )
    .map((file) => ({ file, text: readFileSync(path.join(root, file), 'utf8') }));
}
