/** A TypeScript file of this package, and what it imports, as JavaScript that node runs without a loader. */
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../..');
const options = {
  module: ts.ModuleKind.ESNext,
  target: ts.ScriptTarget.ES2022,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
} as const;

/** Folders of data that scripts read beside themselves. */
const DATA = ['simulator/profiles', 'simulator/scenarios'];

/** Writes all of it into the folder, with the packages and the data it needs, and answers the script's path there. */
export async function plainScript(file: string, folder: string): Promise<string> {
  await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  for (const data of DATA)
    await cp(path.join(root, data), path.join(folder, data), {
      recursive: true,
      filter: (from) => !from.endsWith('.ts'),
    });
  const done = new Set<string>();
  const write = async (from: string): Promise<void> => {
    if (done.has(from)) return;
    done.add(from);
    const { outputText } = ts.transpileModule(await readFile(path.join(root, from), 'utf8'), {
      ...{ compilerOptions: options, fileName: from },
    });
    const to = path.join(folder, from.replace(/\.ts$/, '.js'));
    await mkdir(path.dirname(to), { recursive: true });
    await writeFile(to, outputText);
    for (const [, specifier = ''] of outputText.matchAll(/from ["'](\.[^"']+)\.js["']/g))
      await write(path.join(path.dirname(from), `${specifier}.ts`));
  };
  await write(file);
  return path.join(folder, file.replace(/\.ts$/, '.js'));
}
