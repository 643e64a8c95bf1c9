import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import ts from 'typescript';
import { parseSource } from '../support/house/sources.ts';
import { ROOT } from '../support/tree.ts';

/** The modules that a source imports: at once, or when a function runs. Imports of types load nothing. */
function importsOf(file: string): { readonly atOnce: readonly string[]; readonly later: readonly string[] } {
  const { imports, tree } = parseSource(file, readFileSync(path.join(ROOT, file), 'utf8'));
  const named = new Map(imports.map(({ specifier, target }) => [specifier, target ?? specifier]));
  const atOnce = tree.statements.flatMap((statement) => {
    const isValue =
      (ts.isImportDeclaration(statement) && statement.importClause?.isTypeOnly !== true) ||
      (ts.isExportDeclaration(statement) && !statement.isTypeOnly);
    const specifier = isValue ? statement.moduleSpecifier : undefined;
    const target =
      specifier !== undefined && ts.isStringLiteral(specifier) ? named.get(specifier.text) : undefined;
    return target === undefined ? [] : [target];
  });
  return { atOnce, later: [...named.values()].filter((target) => !atOnce.includes(target)) };
}

/** Everything that is loaded with a source. */
function loadedWith(file: string, seen: Set<string> = new Set()): ReadonlySet<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (file.endsWith('.ts')) for (const target of importsOf(file).atOnce) loadedWith(target, seen);
  return seen;
}

const strangers = (file: string, allowed: readonly RegExp[]): readonly string[] =>
  [...loadedWith(file)].filter((name) => !allowed.some((known) => known.test(name)));

t.test('the program itself loads the table of commands, and what it prints errors with', async (t) => {
  t.strictSame(strangers('cli/bin.ts', [/^(node:|commander$|cli\/|protocol\/errors\.ts$)/]), []);
  t.ok([...loadedWith('cli/bin.ts')].filter((name) => name.startsWith('cli/')).length < 10, 'no command');
});

t.test('the definition of a command loads no server, simulator or store', async (t) => {
  const definitions = importsOf('cli/main.ts').later.filter((name) => /^cli\/(?!support\/)/.test(name));
  t.ok(definitions.length >= 9, definitions.join(' '));
  const light = [
    /^(node:(crypto|process)|commander|replay\/ignored\.ts)$|^(cli|protocol)\//,
    /^acs\/(app\/|device-key\.|session\/reply-style\.|(store|queue)\/options\.)/,
  ];
  for (const file of definitions) t.strictSame(strangers(file, light), [], file);
});
