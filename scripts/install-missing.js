// Installs the packages of package-lock.json when they are missing or of other versions, so that `npm start`
// and `npm test` work as the first command after a clone. Plain JavaScript without dependencies: nothing is
// there yet.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The packages that a lock file lists, by their folder; `undefined` when there is no readable lock file. */
function readLock(file) {
  try {
    return new Map(Object.entries(JSON.parse(readFileSync(file, 'utf8')).packages ?? {}));
  } catch {
    return undefined;
  }
}

/** Whether npm would put this package on this machine: optional ones are often another system's binaries. */
function isForHere({ os, cpu, optional }) {
  const allows = (list, here) => list === undefined || list.includes(here);
  return !optional || (os !== undefined && allows(os, process.platform) && allows(cpu, process.arch));
}

/** The first package that is missing or of another version; `undefined` when all is in place. */
function firstMissing(folder) {
  const wanted = readLock(path.join(folder, 'package-lock.json'));
  const present = readLock(path.join(folder, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return 'node_modules';
  for (const [name, entry] of wanted) {
    if (name === '' || entry.link || !isForHere(entry)) continue;
    // Of several binaries for one system (glibc, musl) npm takes the one that fits: either will do here.
    if (entry.optional && entry.libc !== undefined) continue;
    const there = present.get(name);
    if (there?.version !== entry.version || !existsSync(path.join(folder, name, 'package.json'))) return name;
  }
  return undefined;
}

/** Runs npm with its output on standard error: standard output belongs to the command that is to follow. */
function npm(folder, args) {
  const script = process.env.npm_execpath;
  const [command, before] = script?.endsWith('.js') ? [process.execPath, [script]] : ['npm', []];
  const { status } = spawnSync(
    command,
    [...before, ...args, '--include=dev', '--no-audit', '--no-fund', '--loglevel=notice'],
    {
      cwd: folder,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32' && command === 'npm',
    },
  );
  return status === 0;
}

/**
 * Resolves when every package is in place. Returns false when npm could not do it; npm has then printed why.
 */
export function installMissing(folder = root) {
  const missing = firstMissing(folder);
  if (missing === undefined) return true;
  process.stderr.write(`modemlab: installing packages (${missing} is missing)\n`);
  if (npm(folder, ['ci']) || npm(folder, ['install'])) return true;
  process.stderr.write('modemlab: the packages could not be installed; npm printed why above\n');
  return false;
}

const isProgram = realpathSync(process.argv[1] ?? '.') === fileURLToPath(import.meta.url);
if (isProgram && !installMissing()) process.exitCode = 1;
