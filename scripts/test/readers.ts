/** Which sources read a file that is no source, such as a profile or a page of docs/. */
import path from 'node:path';

/** Whatever imports this lists the whole tree, and so sees every change. */
export const LISTS_TREE = 'test/support/house/files.ts';

/**
 * The sources that lie beside the file, name it, or name its folder, which is the outermost one without a
 * source in it. `texts` has the JavaScript of each source.
 */
export function readersOf(file: string, texts: ReadonlyMap<string, string>): readonly string[] {
  const folder = path.posix.dirname(file);
  const names = [file, outermostDataFolder(folder, texts)].flatMap((name) =>
    name === undefined ? [] : [path.posix.basename(name)],
  );
  const isReader = (source: string, text: string): boolean => {
    if (folder !== '.' && path.posix.dirname(source) === folder) return true;
    const words = new Set(text.split(/["'`/]/));
    return names.some((name) => words.has(name));
  };
  return [...texts].flatMap(([source, text]) => (isReader(source, text) ? [source] : []));
}

function outermostDataFolder(folder: string, texts: ReadonlyMap<string, string>): string | undefined {
  const sources = [...texts.keys()];
  if (folder === '.') return undefined;
  return folder
    .split('/')
    .map((_, index, names) => names.slice(0, index + 1).join('/'))
    .find((ancestor) => !sources.some((source) => source === ancestor || source.startsWith(`${ancestor}/`)));
}
