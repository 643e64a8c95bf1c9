import t from 'tap';
import { err, ok } from '../../protocol/result.ts';

t.test('ok distinguishes results', async (t) => {
  t.strictSame(ok(1), { ok: true, value: 1 });
  t.strictSame(err('x'), { ok: false, error: 'x' });
});
