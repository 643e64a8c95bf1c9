/** Sources and pages are written in plain English. */
import t from 'tap';
import { readProject, type TextFile } from '../support/house/files.ts';
import { type Allowed, findWords, needless } from '../support/house/words.ts';
import { ROOT } from '../support/tree.ts';

/** Lines on which the words are right as they stand. */
const ALLOWED: readonly Allowed[] = [
  { file: 'scripts/captures/bench.ts', line: 'are told apart by' },
  { file: 'scripts/captures/bench.ts', line: 'told to restart' },
];

/** This test and what it uses name the words. */
const OWN: readonly string[] = ['test/house/words.test.ts', 'test/support/house/words.ts'];

t.test('the words are on the allowed lines only', async (t) => {
  const files = readProject(ROOT).filter(({ file }) => !OWN.includes(file));
  t.strictSame(
    findWords(files, ALLOWED).map(({ file, line, word }) => `${file}:${line} ${word}`),
    [],
  );
  t.strictSame(needless(files, ALLOWED), [], 'every allowed line is there');
});

const files: readonly TextFile[] = [
  { file: 'a.ts', text: '// what the modem told\nconst bear = 1;\n' },
  { file: 'a.md', text: 'Told anew, as one wishes.\nIt untold, unbearable; toldX.\n' },
];

t.test('each of the words is found, with its place', async (t) => {
  t.strictSame(
    findWords(files, []).map(({ file, line, word }) => `${file}:${line} ${word}`),
    ['a.ts:1 told', 'a.ts:2 bear', 'a.md:1 Told', 'a.md:1 anew', 'a.md:1 wishes'],
  );
});

t.test('an allowed line hides its words in its file alone, and is needed', async (t) => {
  const bear = { file: 'a.ts', line: 'const bear' };
  const gone = { file: 'a.md', line: 'const bear' };
  t.strictSame(
    findWords(files, [bear, gone]).map(({ word }) => word),
    ['told', 'Told', 'anew', 'wishes'],
  );
  t.strictSame(needless(files, [bear, gone]), [gone]);
});
