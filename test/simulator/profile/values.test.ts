import t from 'tap';
import { createRandom } from '../../../protocol/random.ts';
import { compile } from '../../../simulator/profile/values.ts';

t.test('value rules fill in facts, numbers and reproducible chance', (t) => {
  const source = {
    path: 'A.2.B.5.C',
    indices: [2, 5],
    seed: 's',
    now: 0,
    bootedAt: 0,
    fact: (name: string) => ({ mac: '00:14:7f:ff:ff:ff', serial: 'CP1' })[name],
    count: (table: string) => (table === 'Line' ? 3 : undefined),
  };
  // A rule is written with a dollar sign in files; here a template string would be meant by one.
  const rule = (text: string, name: string) => compile(text.replaceAll('@{', '${'), name);
  const value = (text: string, over: object = {}): string => rule(text, 'x')({ ...source, ...over });
  t.equal(value('plain'), 'plain');
  t.equal(value('@{serial}-@{i}-@{i1}-@{i2}-@{i+9}-@{i*2}'), 'CP1-5-2-5-14-10');
  t.equal(value('@{mac+1}'), '00:14:80:00:00:00');
  t.equal(value('@{count:Line}/@{count:None}'), '3/0');
  t.equal(value('@{pick:a|b|c}'), 'b', 'by the last number');
  t.equal(value('@{random:5-9}'), value('@{random:5-9}'));
  t.match(value('@{hex:6}'), /^[0-9A-F]{6}$/);
  t.not(value('@{hex:32}'), value('@{hex:32}', { seed: 'other' }));
  for (const wrong of ['@{random:9-5}', '@{hex:0}', '@{nothing:x}', '@{a b}'])
    t.throws(() => rule(wrong, 'Some.Name'), { code: 'E_FILE_INVALID', message: /Some\.Name/ });
  t.throws(() => value('@{unknown}'), { code: 'E_FILE_INVALID', message: /unknown/ });
  t.end();
});

t.test('a seed gives the same numbers, evenly enough', (t) => {
  const draw = (seed: string): number[] => Array.from({ length: 1000 }, createRandom(seed));
  t.strictSame(draw('a'), draw('a'));
  t.notSame(draw('a').slice(0, 3), draw('b').slice(0, 3));
  const numbers = draw('c');
  t.ok(numbers.every((n) => n >= 0 && n < 1));
  const mean = numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  t.ok(mean > 0.45 && mean < 0.55, `mean ${mean}`);
  t.end();
});
