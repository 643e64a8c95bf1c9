/** No line of a source or a page is too long. */
import t from 'tap';
import { readProject } from '../support/house/files.ts';
import { longLines } from '../support/house/lines.ts';
import { ROOT } from '../support/tree.ts';

t.test('every line of the project fits', async (t) => {
  const files = readProject(ROOT);
  for (const file of ['README.md', 'docs/architecture.md', 'start.js', 'protocol/errors.ts', '.ci/run'])
    t.ok(
      files.some((read) => read.file === file),
      `${file} is read`,
    );
  t.strictSame(
    longLines(files).map(({ file, line, columns }) => `${file}:${line} has ${columns} columns`),
    [],
  );
});

const columns = (count: number, text = 'word '): string => text.repeat(count).slice(0, count);
const LONG = columns(111);

/** A file, what its text is, and the lines that are too long. */
const CASES: readonly (readonly [title: string, file: string, text: string, lines: readonly number[]])[] = [
  ['a comment', 'a.ts', `const a = 1;\n// ${LONG}\n`, [2]],
  ['a comment behind code', 'a.ts', `const a = 1; // ${LONG}\n`, [1]],
  ['a comment behind a literal', 'a.ts', `const a = 'a'; // ${LONG}\n`, [1]],
  ['a doc comment', 'a.js', `/**\n * ${LONG}\n */\nconst a = 1;\n`, [2]],
  ['code', 'a.ts', `const a = [${columns(120, '1, ')}];\n`, [1]],
  ['code beside a short literal', 'a.ts', `const a = ['text', ${columns(120, '1, ')}];\n`, [1]],
  ['a comment of a shell script', 'a.sh', `# it's ${LONG}'\n`, [1]],
  ['a paragraph', 'a.md', `# Title\n\n${LONG}\n`, [3]],
  ['an item of a list', 'a.md', `- ${LONG}\n`, [1]],
  ['a paragraph behind a block', 'a.md', `\`\`\`\n${LONG}\n\`\`\`\n${LONG}\n`, [4]],
  ['110 columns', 'a.md', `${columns(110)}\n`, []],
  ['characters of two units', 'a.md', `${columns(109)}\u{1f600}\n`, []],
  ['a string', 'a.ts', `const a =\n  '${LONG}';\n`, []],
  ['a regular expression', 'a.ts', `const a = /${columns(120, 'word')}/;\n`, []],
  ['a template', 'a.ts', `const a = \`\${b} ${LONG}\`;\n`, []],
  ['a template of several lines', 'a.ts', `const a = \`\n${LONG}\n${LONG}\`;\n`, []],
  ['a URL in a comment', 'a.ts', `// ${LONG} https://example.org/a/long/address/of/a/page\n`, []],
  ['a table', 'a.md', `| ${LONG} | ${LONG} |\n`, []],
  ['a fenced block', 'a.md', `\`\`\`\n${LONG}\n\`\`\`\n`, []],
  ['a word that is too long by itself', 'a.md', `- ${columns(120, 'x')}\n`, []],
];

for (const [title, file, text, lines] of CASES)
  t.test(`${title} is ${lines.length > 0 ? 'too long' : 'taken'}`, async (t) => {
    t.strictSame(
      longLines([{ file, text }]).map(({ line }) => line),
      lines,
    );
  });
