/** CONTRIBUTING.md can be followed: what it names is there, and its recipes lead to the files that matter. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { linksOf, pathsOf, readPage, spansOf } from '../support/house/pages.ts';
import { ROOT } from '../support/tree.ts';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const isThere = (file: string): boolean => existsSync(path.join(ROOT, file));

const TEXT = read('CONTRIBUTING.md');
const page = readPage(TEXT);
const scripts: Readonly<Record<string, string>> = JSON.parse(read('package.json')).scripts;

/** Folders that are made, and are not in a fresh clone. */
const MADE = ['dist/', '.build/'];

/** What a command line names that is not there. */
function missingOf(line: string): readonly string[] {
  const [, script] = /^npm (?:run )?(?:-s )?([\w:]+)/.exec(line) ?? [];
  const unknown = script === undefined || Object.hasOwn(scripts, script) ? [] : [script];
  const files = line
    .split(' ')
    .filter((word) => /\.(test\.)?[tj]s$/.test(word))
    .map((word) => word.replace(/^\.build\/(.*)\.js$/, '$1.ts'))
    .filter((file) => !isThere(file));
  return [...unknown, ...files];
}

t.test('every path and every link leads somewhere', async (t) => {
  const paths = pathsOf(page.prose);
  t.ok(paths.length > 60, `${paths.length} paths`);
  for (const file of paths) t.ok(isThere(file) || MADE.includes(file), file);
  for (const link of linksOf(page.prose)) t.ok(isThere(link), link);
});

t.test('every command is one', async (t) => {
  const lines = [...page.commands, ...spansOf(page.prose)].filter((line) => /^(npm|node) /.test(line));
  t.ok(lines.length > 15, `${lines.length} commands`);
  for (const line of lines) t.strictSame(missingOf(line), [], line);
  t.strictSame(missingOf('npm run nothing'), ['nothing']);
  t.strictSame(missingOf('npm run test:one -- test/nothing.test.ts'), ['test/nothing.test.ts']);
  t.strictSame(missingOf('node --inspect-brk .build/test/nothing.test.js'), ['test/nothing.test.ts']);
});

t.test('the words that `scripts/test/main.js` is given choose tests', async (t) => {
  const [, words = ''] = /`node scripts\/test\/main\.js ([^`]+)`/.exec(page.prose) ?? [];
  t.ok(words !== '');
  for (const word of words.split(' ')) t.ok(isThere(word), word);
});

interface Recipe {
  readonly title: string;
  readonly example: string | undefined;
  readonly steps: readonly string[];
}

const recipes: readonly Recipe[] = TEXT.slice(TEXT.indexOf('## Recipes'))
  .split(/^### /m)
  .slice(1)
  .map((text) => ({
    title: text.slice(0, text.indexOf('\n')),
    example: /^Example: `([^`]+)`/m.exec(text)?.[1],
    steps: [...text.matchAll(/^\d+\. .*(?:\n {3}.*)*/gm)].map(([step]) => step),
  }));

t.test('there is a recipe for each thing that is often added', async (t) => {
  t.strictSame(
    recipes.map(({ title }) => title),
    [
      'Add a quirk',
      'Add an RPC',
      'Add a profile',
      'Add a command',
      'Add a capture to the library',
      'Add a conformance case',
    ],
  );
});

for (const { title, example, steps } of recipes) {
  if (example === undefined) continue;
  t.test(`${title}: the first file of each step contains ${example}`, async (t) => {
    t.ok(steps.length >= 3, `${steps.length} steps`);
    for (const step of steps) {
      const [file = ''] = pathsOf(step);
      t.match(step, new RegExp(`^\\d+\\. \`${file.replaceAll('.', '\\.')}\`: `), `${file} comes first`);
      t.ok(read(file).toLowerCase().includes(example.toLowerCase()), file);
    }
  });
}

/** Names of constants and functions, as `CANNOT_ACT` and `subcommand()`. */
const symbolsOf = (text: string): readonly string[] =>
  spansOf(text)
    .filter((span) => /^([A-Z_]{4,}|[a-z]\w+\(\))$/.test(span))
    .map((span) => span.replace('()', ''));

t.test('every constant and function that a step names is in a file of the step', async (t) => {
  const named = recipes.flatMap(({ steps }) =>
    steps.flatMap((step) => symbolsOf(step).map((symbol) => ({ symbol, files: pathsOf(step) }))),
  );
  t.ok(named.length >= 6, `${named.length} names`);
  for (const { symbol, files } of named)
    t.ok(
      files.some((file) => !file.endsWith('/') && new RegExp(`\\b${symbol}\\b`).test(read(file))),
      `${symbol} in ${files.join(' or ')}`,
    );
});

t.test('the example of a quirk that is a habit has one', async (t) => {
  t.match(TEXT, /`Q-HT-06` in\s+`simulator\/quirks\/http\.ts`/);
  t.match(read('simulator/quirks/http.ts'), /'Q-HT-06': /);
});

t.test('what VS Code starts is there', async (t) => {
  const launch: unknown = JSON.parse(read('.vscode/launch.json'));
  t.match(launch, { configurations: [{ name: 'Debug this test file', args: [/^\$\{relativeFile\}$/] }, {}] });
  const programs = [...read('.vscode/launch.json').matchAll(/\$\{workspaceFolder\}\/([\w./-]+\.js)/g)];
  t.ok(programs.length >= 2);
  for (const [, program = ''] of programs) t.ok(isThere(program), program);
});

t.test('CI runs the scripts that people run, with no more rights than it needs', async (t) => {
  const text = read('.github/workflows/ci.yml');
  t.match(parse(text), {
    permissions: { contents: 'read' },
    jobs: {
      all: { strategy: { matrix: { node: [20, 24, 26] } } },
      pure: { strategy: { matrix: { os: ['macos-latest', 'windows-latest'] } } },
    },
  });
  const runs = [...text.matchAll(/^ +- run: (.*)$/gm)].map(([, line = '']) => line);
  t.strictSame(runs, ['bash .ci/run', 'npm ci', 'node scripts/test/main.js --pure']);
  for (const file of ['.ci/run', 'scripts/test/main.js']) t.ok(isThere(file), file);
  const uses = [...text.matchAll(/uses: (\S+)/g)].map(([, action = '']) => action);
  t.ok(uses.length > 0);
  for (const action of uses) t.match(action, /^actions\/[\w-]+@v\d+$/);
  t.notMatch(text, /secrets/);
});
