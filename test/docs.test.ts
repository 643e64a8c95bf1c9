import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ERRORS } from '../protocol/errors.ts';
import { QUIRKS } from '../protocol/quirks.ts';
import { PAGES } from '../scripts/generate-docs.ts';
import { CANNOT_ACT } from '../simulator/quirks/table.ts';
import { listProject } from './support/house/files.ts';
import { linksOf, readPage, spansOf } from './support/house/pages.ts';
import { listRooms, readSources } from './support/house/sources.ts';
import { ROOT } from './support/tree.ts';

const docs = path.join(ROOT, 'docs');
const page = (name: string): string => readFileSync(path.join(docs, name), 'utf8');

t.test('each page of docs/ that is made from a table is what the table gives now', async (t) => {
  for (const [name, make] of Object.entries(PAGES))
    t.equal(page(name), await make(), `docs/${name} is up to date (npm run docs writes it)`);
});

t.test('docs/quirks.md has a heading for each quirk, once, and none besides', async (t) => {
  const ids = [...page('quirks.md').matchAll(/^### (Q-\w+-\d+):/gm)].map(([, id]) => id);
  t.strictSame(ids, Object.keys(QUIRKS));
});

t.test('docs/quirks.md says what a simulated modem can be given', async (t) => {
  const entries = page('quirks.md').split(/^### /m).slice(1);
  const cannot = entries.filter((entry) => /Can be simulated:\sno$/m.test(entry));
  t.strictSame(
    cannot.map((entry) => entry.split(':')[0]),
    [...CANNOT_ACT.keys()],
  );
});

t.test('docs/errors.md has a heading for each error code, once, and none besides', async (t) => {
  const codes = [...page('errors.md').matchAll(/^## (\S+)/gm)].map(([, code]) => code);
  t.strictSame(codes, Object.keys(ERRORS));
});

const PAGE_FILES: readonly string[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file.split(path.sep).join('/')}`),
];

t.test('every link of a page leads to a file', async (t) => {
  for (const file of PAGE_FILES) {
    const { prose } = readPage(readFileSync(path.join(ROOT, file), 'utf8'));
    for (const link of linksOf(prose))
      t.ok(existsSync(path.join(ROOT, path.dirname(file), link)), `${file}: ${link}`);
  }
});

t.test('README.md lists every page of docs/', async (t) => {
  const links = linksOf(readPage(readFileSync(path.join(ROOT, 'README.md'), 'utf8')).prose);
  for (const file of PAGE_FILES.filter((name) => /^docs\/[\w-]+\.md$/.test(name)))
    t.ok(links.includes(file), file);
});

t.test('every source that a page names is there', async (t) => {
  const sources = listProject(ROOT).filter((file) => file.endsWith('.ts'));
  let named = 0;
  for (const file of PAGE_FILES) {
    const { prose } = readPage(readFileSync(path.join(ROOT, file), 'utf8'));
    for (const span of spansOf(prose).flatMap(
      (text) => /^(?:\.\.\/)*([\w./-]+\.ts)$/.exec(text)?.[1] ?? [],
    )) {
      named += 1;
      t.ok(
        sources.some((source) => source === span || source.endsWith(`/${span}`)),
        `${file}: ${span}`,
      );
    }
  }
  t.ok(named > 100, `${named} sources are named`);
});

const unknownCodes = (text: string): string[] =>
  [...text.matchAll(/\bE_[A-Z0-9_]*[A-Z0-9]\b/g)]
    .map(([code]) => code)
    .filter((code) => !Object.hasOwn(ERRORS, code));

t.test('each error code that a source, a comment or a page names exists', async (t) => {
  const sources = readSources(ROOT, ['index.ts', ...listRooms(ROOT)]).map(
    ({ file, tree }): [string, string] => [file, tree.text],
  );
  const pages = readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name): [string, string] => [`docs/${name}`, page(name)]);
  t.ok(
    sources.length > 20 && pages.length > 10,
    `${sources.length} sources and ${pages.length} pages are read`,
  );
  for (const [file, text] of [...sources, ...pages]) t.strictSame(unknownCodes(text), [], file);
  t.strictSame(unknownCodes(`/** Throws E_USAGE, or E_${'NO_PARAMETER'}. */`), [`E_${'NO_PARAMETER'}`]);
});
