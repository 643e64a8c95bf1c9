/** CPU time of `modemlab --help` from the built package, beside that of a Node that does nothing. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { Figure } from './report.ts';
import { middle } from './report.ts';

const ROUNDS = 9;
const LIMIT_SECONDS = 0.15;
const ROOT = path.resolve(import.meta.dirname, '..');

/** The second line that bash's `times` prints: user and system time of its children. */
const TIMES = /\n(\d+)m([\d.]+)s (\d+)m([\d.]+)s\n$/;

/** Runs node to its end, and returns its CPU seconds. */
function cpuSeconds(...argv: readonly string[]): number {
  const script = '"$0" "$@" >/dev/null || exit; times';
  const printed = execFileSync('bash', ['-c', script, process.execPath, ...argv], { encoding: 'utf8' });
  const [userMinutes = 0, user = 0, systemMinutes = 0, system = 0] = (TIMES.exec(printed) ?? [])
    .slice(1)
    .map(Number);
  return (userMinutes + systemMinutes) * 60 + user + system;
}

export function helpFigures(): readonly Figure[] {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts', 'build.js')], { stdio: ['ignore', 2, 2] });
  const bare: number[] = [];
  const help: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    bare.push(cpuSeconds('-e', '0'));
    help.push(cpuSeconds(path.join(ROOT, 'dist', 'cli', 'bin.js'), '--help'));
  }
  const own = middle(help);
  return [
    {
      question: `CPU time of \`modemlab --help\` (built package, median of ${ROUNDS})`,
      baseline: `${middle(bare).toFixed(3)} s for \`node -e 0\``,
      own: `${own.toFixed(3)} s`,
      ratio: undefined,
      limit: LIMIT_SECONDS,
      kept: own <= LIMIT_SECONDS,
    },
  ];
}
