/** Writes the pages of docs/ that are made from tables: `npm run docs`. test/docs.test.ts holds that they are up to date. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliPage } from '../cli/reference.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { Quirk } from '../protocol/quirks/quirk.ts';
import { QUIRK_GROUPS, QUIRKS, quirk } from '../protocol/quirks.ts';

const DOCS = path.resolve(import.meta.dirname, '..', 'docs');

/** The generated pages by their names in docs/. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'quirks.md': quirksPage,
  'errors.md': errorsPage,
  'cli.md': cliPage,
};

const GENERATED = 'This page is made from a table by `npm run docs`; change the table, not the page.';

const NOTED: Readonly<Record<Quirk['noted'], string>> = {
  decode: 'by the decoder, in the message itself',
  exchange: 'by the HTTP exchange, in one request',
  session: 'by the session, over several messages',
  no: 'not noted',
};

/** Markdown takes < and | in running text for its own. */
const plain = (text: string): string => text.replace(/[<|*_$]/g, '\\$&');

function quirksPage(): string {
  const all = Object.values(QUIRKS);
  const count = (test: (quirk: Quirk) => boolean): number => all.filter(test).length;
  const parts = [
    '# Quirks: what modems really do',
    GENERATED,
    [
      `${all.length} entries: ${count((q) => !q.id.startsWith('Q-XM'))} misbehaviours of real devices, and`,
      `${count((q) => q.id.startsWith('Q-XM'))} that modemlab watches for though no device is named.`,
      `${count((q) => q.noted !== 'no')} are noted when they are met; ${count((q) => q.act !== undefined)} have an act,`,
      'by which a simulated modem misbehaves so.',
    ].join('\n'),
    [
      'An entry that is noted is counted for each device: it is never a reason to refuse a modem. An id is stable and never',
      'used again. The grade tells how sure we are: **A** a recorded message, **B** a report by those who met it, **C**',
      'second-hand, **none** never seen on a device.',
    ].join('\n'),
    ...QUIRK_GROUPS.flatMap(({ key, title, entries }) => [
      `## ${key}: ${title}`,
      ...Object.keys(entries).flatMap((id) => {
        const found = quirk(id);
        return found === undefined ? [] : [quirkEntry(found)];
      }),
    ]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function quirkEntry({ id, title, who, does, clause, we, source, grade, noted, act }: Quirk): string {
  return [
    `### ${id}: ${plain(title)}`,
    '',
    `- Seen on: ${plain(who)}`,
    `- Does: ${plain(does)}`,
    `- Clause: ${plain(clause)}`,
    `- modemlab: ${plain(we)}`,
    `- Noted: ${NOTED[noted]}${act === undefined ? '' : '; has an act'}`,
    `- Source (grade ${grade}): ${plain(source)}`,
  ].join('\n');
}

function errorsPage(): string {
  const parts = [
    '# Errors',
    GENERATED,
    [
      'Every error has a code that stays, one sentence, the place where it happened (a byte, a parameter, a file), and a way',
      'out. The code is what scripts should look at.',
    ].join('\n'),
    ...Object.entries(ERRORS).map(
      ([code, { says, remedy }]) => `## ${code}\n\n${sentence(says)}\n\nWhat to do: ${sentence(remedy)}`,
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

const sentence = (text: string): string => {
  const escaped = plain(text).replaceAll('\\_', '_');
  const capital = /^[a-z]+\b(?![-:_])/.test(escaped)
    ? escaped.charAt(0).toUpperCase() + escaped.slice(1)
    : escaped;
  return `${capital}.`;
};

if (process.argv[1] === import.meta.filename) {
  for (const [name, page] of Object.entries(PAGES)) writeFileSync(path.join(DOCS, name), await page());
}
