// Reads the log of a test run, and prints once more what failed and then tap's totals as one line, since one who sees
// only the end of a long log has to see both. Exit code 1 when a test failed or none ran.
import { readFileSync } from 'node:fs';

const MAX_FAILURES = 20;
const MAX_LINES_EACH = 40;

const log = readFileSync(process.argv[2] ?? 0, 'utf8');
const lines = log.split('\n');

/** The lines of one failure from its `not ok` on: tap tells more in a YAML block right below, indented by two. */
const failureAt = (start) => {
  const indent = lines[start].search(/\S/) + 2;
  const opens = lines[start + 1] === `${' '.repeat(indent)}---`;
  const length = opens ? lines.slice(start).indexOf(`${' '.repeat(indent)}...`) : 0;
  return lines.slice(start, start + Math.min(length, MAX_LINES_EACH) + 1);
};

const failures = lines.flatMap((line, index) => (/^ *not ok /.test(line) ? [failureAt(index)] : []));
for (const failure of failures.slice(0, MAX_FAILURES)) process.stdout.write(`${failure.join('\n')}\n`);

// tap closes with `# { total: 5, pass: 4, fail: 1 }`; counts of nothing are left out.
const totals = [...log.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? '';
const count = (what) => Number(new RegExp(`\\b${what}: (\\d+)`).exec(totals)?.[1] ?? 0);
const [passed, failed, skipped] = [count('pass'), count('fail'), count('skip') + count('todo')];
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
