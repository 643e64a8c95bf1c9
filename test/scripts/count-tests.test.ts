import { spawnSync } from 'node:child_process';
import path from 'node:path';
import t from 'tap';
import { ROOT } from '../support/tree.ts';

const script = path.join(ROOT, 'scripts', 'count-tests.js');
const count = (log: string) => {
  const { status, stdout } = spawnSync(process.execPath, [script], {
    input: log,
    encoding: 'utf8',
  });
  return { status, stdout };
};

t.test('the closing line has the totals of tap, the last ones when there are several', async (t) => {
  t.strictSame(count('ok 1\n# { total: 9, pass: 9 }\n'), {
    status: 0,
    stdout: '9 passed, 0 failed, 0 skipped\n',
  });
  t.strictSame(count('# { total: 1, pass: 1 }\n# { total: 8, pass: 5, skip: 2, todo: 1 }\n# time=1ms\n'), {
    status: 0,
    stdout: '5 passed, 0 failed, 3 skipped\n',
  });
});

t.test('a failed test and a run without tests end with 1', async (t) => {
  t.strictSame(count('# { total: 9, pass: 8, fail: 1 }\n'), {
    status: 1,
    stdout: '8 passed, 1 failed, 0 skipped\n',
  });
  t.strictSame(count('error TS2307\n'), { status: 1, stdout: '0 passed, 0 failed, 0 skipped\n' });
  t.strictSame(count('# { total: 2, skip: 2 }\n'), { status: 1, stdout: '0 passed, 0 failed, 2 skipped\n' });
});
