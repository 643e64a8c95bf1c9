// Runs the tests: `npm test`, `npm run test:long`, `npm run test:changed`. They run as plain JavaScript from .build/, two
// processes at a time. Prints a line for each process, then what failed, then the totals.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { builtPath, emit, listSources, ROOT, RUN_FOLDER } from '../emit.js';
import { installMissing } from '../install-missing.js';
import { batchesOf } from './batches.js';
import { changedFiles } from './changed.js';
import { ImportGraph } from './imports.js';
import { readTapLog } from './tap-log.js';

/** A process that takes longer is ended: 10 minutes, 100 for the long run. */
const TIMEOUT_MS = 600_000;
const LONG_TIMES = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    tap: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
  },
});

const long = values.long ? { MODEMLAB_LONG: '1', MODEMLAB_SEED: process.env.MODEMLAB_SEED ?? 'random' } : {};
const timeoutMs = TIMEOUT_MS * (values.long ? LONG_TIMES : 1);
const env = { ...process.env, ...long, TAP_TIMEOUT: String(timeoutMs / 1000), TAP_BAIL: '0' };
/** Milliseconds that each process took the last time: those that take longest are started first. */
const DURATIONS = path.join(RUN_FOLDER, 'durations.json');

if (!installMissing()) process.exit(1);
await emit();
mkdirSync(RUN_FOLDER, { recursive: true });
process.exitCode = (await runAll(batches())) ? 0 : 1;

function batches() {
  const graph = new ImportGraph();
  const reached = (test) => graph.reached(test);
  const all = listSources().filter((file) => file.endsWith('.test.ts'));
  const isWanted = (test) => positionals.length === 0 || positionals.some((wanted) => test.includes(wanted));
  const changed = values.changed ? changedFiles() : [];
  const isTouched = (test) => !values.changed || changed.some((file) => reached(test).has(file));
  return batchesOf(all.filter(isWanted).filter(isTouched), reached);
}

async function runAll(waiting) {
  const total = waiting.length;
  const durations = readDurations();
  waiting.sort((a, b) => (durations[nameOf(b)] ?? 0) - (durations[nameOf(a)] ?? 0));
  const ended = [];
  const work = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const result = await runBatch(batch);
      durations[nameOf(batch)] = result.ms;
      ended.push(result);
      process.stdout.write(values.tap ? result.log : `${lineOf(result, ended.length, total)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  writeFileSync(DURATIONS, JSON.stringify(durations));
  return tellTotals(ended);
}

function nameOf(batch) {
  return batch.length === 1 ? batch[0] : `${batch.length} files from ${batch[0]}`;
}

function readDurations() {
  try {
    return JSON.parse(readFileSync(DURATIONS, 'utf8'));
  } catch {
    return {};
  }
}

function runBatch(batch) {
  const began = performance.now();
  const child = spawn(process.execPath, ['--enable-source-maps', entryOf(batch)], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [log, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs + 10_000);
  return new Promise((resolve) => {
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const read = readTapLog(log);
      const isGood = code === 0 && read.failed === 0;
      // A process that broke without a failed assertion failed all the same.
      const failed = isGood ? 0 : Math.max(read.failed, 1);
      if (!isGood && read.failures.length === 0)
        read.failures.push(`the process ended with ${signal ?? code}\n${errors}${log.slice(-2000)}`);
      resolve({
        ...read,
        failed,
        name: nameOf(batch),
        batch,
        log,
        ms: Math.round(performance.now() - began),
      });
    });
  });
}

/** One file is its own program; several are imported by a program that is written for them. */
function entryOf(batch) {
  if (batch.length === 1) return builtPath(batch[0]);
  const file = path.join(RUN_FOLDER, `${batch[0].replaceAll('/', '-')}.mjs`);
  writeFileSync(
    file,
    batch.map((test) => `import ${JSON.stringify(pathToFileURL(builtPath(test)).href)};\n`).join(''),
  );
  return file;
}

function lineOf({ failed, passed, skipped, name, ms }, at, total) {
  const width = String(total).length;
  const skips = skipped === 0 ? '' : `, ${skipped} skipped`;
  const verdict = failed === 0 ? 'ok  ' : 'FAIL';
  const counts = `${passed} passed${failed === 0 ? '' : `, ${failed} failed`}${skips}`;
  return `${String(at).padStart(width)}/${total} ${verdict} ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}: ${counts}`;
}

function tellTotals(results) {
  const sum = (what) => results.reduce((total, result) => total + result[what], 0);
  for (const { failed, batch, failures } of results) {
    if (failed === 0) continue;
    process.stdout.write(`\n${batch.join(', ')}\n${failures.join('\n')}\n`);
  }
  const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 && (passed > 0 || values.changed);
}
