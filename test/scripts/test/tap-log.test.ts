import t from 'tap';
import { readTapLog } from '../../../scripts/test/tap-log.ts';

t.test('the totals are those of the last closing line', async (t) => {
  t.match(readTapLog('ok 1\n# { total: 9, pass: 9 }\n'), { passed: 9, failed: 0, skipped: 0 });
  const counted = '# { total: 1, pass: 1 }\n# { total: 8, pass: 5, skip: 2, todo: 1 }\n# time=1ms\n';
  t.match(readTapLog(counted), { passed: 5, failed: 0, skipped: 3 });
  t.match(readTapLog('error TS2307\n'), { passed: 0, failed: 0, skipped: 0 });
});

t.test('each failed assertion is there with its block; what holds it is one line', async (t) => {
  const block = '      ---\n      diff: |\n        -1\n        +2\n      ...';
  const outer = 'not ok 1 - outer # time=3ms\n  ---\n  at:\n    lineNumber: 4\n  ...';
  const log = `    not ok 1 - inner\n${block}\n    1..1\n${outer}\nok 2 - fine\n# { total: 9, pass: 8, fail: 1 }\n`;
  t.strictSame(readTapLog(log), {
    ...{ passed: 8, failed: 1, skipped: 0 },
    failures: [`    not ok 1 - inner\n${block}`, 'not ok 1 - outer # time=3ms'],
  });
});

t.test('what is skipped or still to do is no failure', async (t) => {
  const log =
    'not ok 1 - later # TODO\nnot ok 2 - elsewhere # SKIP no network\n# { total: 2, skip: 1, todo: 1 }\n';
  t.strictSame(readTapLog(log), { passed: 0, failed: 0, skipped: 2, failures: [] });
});
