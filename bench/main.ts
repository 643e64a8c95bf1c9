/**
 * `npm run bench [decode|sessions|clients|idle|storm|memory|captures|help]`: answers each question, prints
 * the table of docs/performance.md, and exits with 1 if a limit is exceeded.
 */
import { cpus, totalmem } from 'node:os';
import { stormFigures } from './boot-storm.ts';
import { captureFigures } from './captures.ts';
import { clientFigures } from './clients.ts';
import { decodeFigures } from './decode.ts';
import { helpFigures } from './help.ts';
import { idleFigures } from './idle.ts';
import { memoryFigures } from './memory.ts';
import type { Figure } from './report.ts';
import { isKept, table } from './report.ts';
import { sessionFigures } from './sessions.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]> | readonly Figure[]>> = {
  decode: decodeFigures,
  sessions: sessionFigures,
  clients: clientFigures,
  idle: idleFigures,
  storm: () => stormFigures(),
  memory: memoryFigures,
  captures: captureFigures,
  help: helpFigures,
};

const wanted = process.argv.slice(2);
const unknown = wanted.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  process.stderr.write(`no bench ${unknown}; there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}

const figures: Figure[] = [];
for (const [name, bench] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stderr.write(`${name} ...\n`);
  figures.push(...(await bench()));
}
const [cpu] = cpus();
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
const machine = `${cpu?.model ?? 'unknown CPU'}, ${cpus().length} cores, ${memory}, Node ${process.version}`;
process.stdout.write(`${machine}\n\n${table(figures)}\n`);
process.exitCode = figures.every(isKept) ? 0 : 1;
