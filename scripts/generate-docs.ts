/**
 * Writes the pages of docs/ that are generated from tables: `npm run docs`. test/docs.test.ts checks that
 * they are current.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { cliPage } from '../cli/reference.ts';
import { ERRORS } from '../protocol/errors.ts';
import type { Quirk } from '../protocol/quirks/quirk.ts';
import { QUIRK_GROUPS, QUIRKS, quirk } from '../protocol/quirks.ts';
import { listQuirks } from '../simulator/index.ts';

const DOCS = path.resolve(import.meta.dirname, '..', 'docs');

/** The generated pages by their names in docs/. */
export const PAGES: Readonly<Record<string, () => string | Promise<string>>> = {
  'quirks.md': quirksPage,
  'errors.md': errorsPage,
  'cli.md': cliPage,
};

const GENERATED = 'This page is generated from a table by `npm run docs`; change the table, not the page.';

const DETECTED: Readonly<Record<Quirk['noted'], string>> = {
  decode: 'yes, by the decoder, from the message itself',
  exchange: 'yes, in the HTTP exchange, from one request',
  session: 'yes, in the session, from several messages',
  no: 'no',
};

const COLUMNS = 110;

/** Breaks a paragraph into lines; `indent` stands before all of them but the first. */
function wrap(text: string, indent = ''): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    const longer = line === '' ? word : `${line} ${word}`;
    if (line.trim() === '' || longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(indent + word);
  }
  return lines.join('\n');
}

const item = (text: string): string => wrap(`- ${text}`, '  ');

/** Escapes characters that mean something in Markdown. */
const plain = (text: string): string => text.replace(/[<|*_$]/g, '\\$&');

/** The ids of the quirks that a simulated modem can have. */
const SIMULATED: ReadonlySet<string> = new Set(listQuirks().flatMap(({ id, acted }) => (acted ? [id] : [])));

function quirksPage(): string {
  const all = Object.values(QUIRKS);
  const count = (test: (quirk: Quirk) => boolean): number => all.filter(test).length;
  const watched = count(({ grade }) => grade === 'none');
  const parts = [
    '# Quirks: what real modems do',
    GENERATED,
    wrap(
      `${all.length} entries: ${all.length - watched} misbehaviours of real devices, and ${watched} that ` +
        'modemlab watches for although no modem is known to have them. modemlab detects ' +
        `${count((q) => q.noted !== 'no')} of the entries, and simulated modems can be given ` +
        `${SIMULATED.size} of them with \`--quirk\`.`,
    ),
    wrap(
      'A quirk that is detected is counted for the device; it is never a reason to refuse a modem. An id is ' +
        'never changed or reused. The grade says how good the evidence is: **A** a recorded message, **B** a ' +
        'first-hand report, **C** hearsay, **none** never seen on a device.',
    ),
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

function quirkEntry({ id, title, who, does, clause, we, source, grade, noted }: Quirk): string {
  return [
    `### ${id}: ${plain(title)}`,
    '',
    item(`Seen on: ${plain(who)}`),
    item(`What it does: ${plain(does)}`),
    item(`Specification: ${plain(clause)}`),
    item(`What modemlab does: ${plain(we)}`),
    item(`Detected: ${DETECTED[noted]}. Can be simulated: ${SIMULATED.has(id) ? 'yes' : 'no'}`),
    item(`Source (grade ${grade}): ${plain(source)}`),
  ].join('\n');
}

function errorsPage(): string {
  const parts = [
    '# Errors',
    GENERATED,
    wrap(
      'Every error has a stable code, one sentence, the place where it happened (a byte, a parameter, a file), ' +
        'and advice on what to do. Scripts should look at the code.',
    ),
    ...Object.entries(ERRORS).map(([code, { says, remedy }]) =>
      [`## ${code}`, wrap(sentence(says)), wrap(`What to do: ${sentence(remedy)}`)].join('\n\n'),
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
