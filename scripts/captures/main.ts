/**
 * Makes the captures of captures/library/ again: `npm run captures`. It lists the files that differ; with
 * `--check` it only compares, and exits with 1 if a file differs. Names or beginnings of names choose some of
 * them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { counted } from '../../protocol/counted.ts';
import { CAPTURE, folderOf, isSame, README } from './folder.ts';
import { indexPage, library } from './library.ts';

const LIBRARY = path.resolve(import.meta.dirname, '..', '..', 'captures', 'library');

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { check: { type: 'boolean', default: false } },
});

const say = (text: string): boolean => process.stdout.write(`${text}\n`);

let different = 0;

/** Compares a file with what it should be, and writes it when that is wanted. */
function settle(name: string, wanted: Buffer): void {
  const file = path.join(LIBRARY, name);
  const old = existsSync(file) ? readFileSync(file) : undefined;
  if (old !== undefined && isSame(name, old, wanted)) return;
  different += 1;
  say(`${old === undefined ? 'new' : 'changed'}: ${name}`);
  if (values.check) return;
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, wanted);
}

const entries = library();
const chosen = entries.filter(
  ({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)),
);
for (const entry of chosen)
  for (const [file, bytes] of await folderOf(entry)) settle(`${entry.name}/${file}`, bytes);
settle(README, Buffer.from(indexPage(entries)));

/** Folders of captures that are no longer made. */
const known = new Set(entries.map(({ name }) => name));
for (const found of readdirSync(LIBRARY, { recursive: true, encoding: 'utf8' })) {
  const name = path.dirname(found).split(path.sep).join('/');
  if (path.basename(found) !== CAPTURE || known.has(name)) continue;
  different += 1;
  say(`gone: ${name}`);
  if (!values.check) rmSync(path.join(LIBRARY, name), { recursive: true });
}

say(
  `${counted(chosen.length, 'capture')}, ${different === 0 ? 'nothing differs' : `differences in ${counted(different, 'file')}`}`,
);
if (values.check && different > 0) process.exitCode = 1;
