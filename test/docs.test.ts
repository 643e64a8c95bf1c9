import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ERRORS } from '../protocol/errors.ts';
import { QUIRKS } from '../protocol/quirks.ts';
import { PAGES } from '../scripts/generate-docs.ts';
import { listRooms, readSources } from './support/house/sources.ts';
import { ROOT } from './support/tree.ts';

const docs = path.join(ROOT, 'docs');
const page = (name: string): string => readFileSync(path.join(docs, name), 'utf8');

t.test('each page of docs/ that is made from a table is what the table gives now', async (t) => {
  for (const [name, make] of Object.entries(PAGES))
    t.equal(page(name), make(), `docs/${name} is up to date (npm run docs writes it)`);
});

t.test('docs/quirks.md has a heading for each quirk, once, and none besides', async (t) => {
  const ids = [...page('quirks.md').matchAll(/^### (Q-\w+-\d+):/gm)].map(([, id]) => id);
  t.strictSame(ids, Object.keys(QUIRKS));
});

t.test('docs/errors.md has a heading for each error code, once, and none besides', async (t) => {
  const codes = [...page('errors.md').matchAll(/^## (\S+)/gm)].map(([, code]) => code);
  t.strictSame(codes, Object.keys(ERRORS));
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
