// Reads the log of a test run, and prints tap's totals as one line. Exit code 1 when a test failed or none ran.
import { readFileSync } from 'node:fs';

const log = readFileSync(process.argv[2] ?? 0, 'utf8');
// tap closes with `# { total: 5, pass: 4, fail: 1 }`; counts of nothing are left out.
const totals = [...log.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? '';
const count = (what) => Number(new RegExp(`\\b${what}: (\\d+)`).exec(totals)?.[1] ?? 0);
const [passed, failed, skipped] = [count('pass'), count('fail'), count('skip') + count('todo')];
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = passed > 0 && failed === 0 ? 0 : 1;
