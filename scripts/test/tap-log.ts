/** What a test file printed, in TAP version 14 as tap writes it: its totals, and what failed. */
export interface TapLog {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each with the YAML block that tells more. */
  readonly failures: readonly string[];
}

const MAX_LINES_EACH = 60;

export function readTapLog(log: string): TapLog {
  const lines = log.split('\n');
  const failures = lines.flatMap((line, index) =>
    /^ *not ok /.test(line) && !/# (TODO|SKIP)\b/i.test(line) ? [failureAt(lines, index)] : [],
  );
  // tap closes with `# { total: 5, pass: 4, fail: 1 }`; counts of nothing are left out.
  const totals = [...log.matchAll(/^# \{ total: .*\}$/gm)].at(-1)?.[0] ?? '';
  const count = (what: string): number => Number(new RegExp(`\\b${what}: (\\d+)`).exec(totals)?.[1] ?? 0);
  return { passed: count('pass'), failed: count('fail'), skipped: count('skip') + count('todo'), failures };
}

/**
 * A failure and the YAML block below it, which is indented by two. Of a test around a failure its line is
 * enough.
 */
function failureAt(lines: readonly string[], start: number): string {
  const indent = ' '.repeat((lines[start] ?? '').search(/\S/) + 2);
  const opens = lines[start + 1] === `${indent}---` && !lines[start + 2]?.startsWith(`${indent}at:`);
  const length = opens ? lines.slice(start).indexOf(`${indent}...`) : 0;
  return lines.slice(start, start + Math.min(length, MAX_LINES_EACH) + 1).join('\n');
}
