/** A number agrees with what it counts. */
import t from 'tap';
import { counted } from '../../protocol/counted.ts';

t.test('one is singular, everything else is plural', async (t) => {
  t.strictSame(
    [0, 1, 2, 11, 21].map((count) => counted(count, 'session')),
    ['0 sessions', '1 session', '2 sessions', '11 sessions', '21 sessions'],
  );
});
