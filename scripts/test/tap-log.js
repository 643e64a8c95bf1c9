// What a test file printed, in TAP version 14 as tap writes it: its totals, and what failed.

const MAX_LINES_EACH = 60;

/** @typedef {{ passed: number, failed: number, skipped: number, failures: string[] }} TapLog */

/** @returns {TapLog} totals of the log, and each failure with the YAML block that tells more. */
export function readTapLog(log) {
  const lines = log.split('\n');
  const failures = lines.flatMap((line, index) =>
    /^ *not ok /.test(line) && !/# (TODO|SKIP)\b/i.test(line) ? [failureAt(lines, index)] : [],
  );
  // tap closes with `# { total: 5, pass: 4, fail: 1 }`; counts of nothing are left out.
  const totals = [...log.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? '';
  const count = (what) => Number(new RegExp(`\\b${what}: (\\d+)`).exec(totals)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo'), failures };
}

/** The block stands right below, indented by two. */
function failureAt(lines, start) {
  const indent = ' '.repeat(lines[start].search(/\S/) + 2);
  const opens = lines[start + 1] === `${indent}---`;
  const length = opens ? lines.slice(start).indexOf(`${indent}...`) : 0;
  return lines.slice(start, start + Math.min(length, MAX_LINES_EACH) + 1).join('\n');
}
