import { readFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { ERRORS } from '../protocol/errors.ts';
import { QUIRKS } from '../protocol/quirks.ts';
import { PAGES } from '../scripts/generate-docs.ts';
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

t.test('docs/errors.md has a heading for each error code, once, and none besides', async (t) => {
  const codes = [...page('errors.md').matchAll(/^## (\S+)/gm)].map(([, code]) => code);
  t.strictSame(codes, Object.keys(ERRORS));
});
