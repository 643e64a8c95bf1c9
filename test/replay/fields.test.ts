/** What a replay calls different. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { align } from '../../replay/aligned.ts';
import { differingFields, likenessOf } from '../../replay/fields.ts';
import { ALWAYS_IGNORED, createIgnores, matches } from '../../replay/ignored.ts';
import { property } from '../support/seed.ts';

const none = createIgnores([]);
const parameter = (Name: string, Value: string) => ({ Name, Value, Type: 'string' });

t.test('a field is named by its place, or by the name that it has', async (t) => {
  const paths = (recorded: unknown, live: unknown) =>
    differingFields('X', recorded, live, none).map(({ live, path, recorded }) => [path, recorded, live]);
  t.strictSame(paths({ List: ['a', 'b', 'c'] }, { List: ['a', 'x', 'c'] }), [['X.List[1]', 'b', 'x']]);
  t.strictSame(paths({ List: ['a', 'b', 'c'] }, { List: ['b', 'c'] }), [['X.List[0]', 'a', undefined]]);
  t.strictSame(paths({ List: ['a', 'b'] }, { List: ['a', 'x', 'b'] }), [['X.List[1]', undefined, 'x']]);
  t.strictSame(paths({ List: ['a', 'b', 'c'] }, { List: ['c', 'b', 'a'] }), [
    ['X.List.order', '[0] a', '[0] c'],
  ]);
  t.strictSame(
    paths(
      { L: [parameter('A.B', '1'), parameter('A.C', '2')] },
      { L: [parameter('A.C', '3'), parameter('A.B', '1')] },
    ),
    [
      ['X.L[A.C].Value', '2', '3'],
      ['X.L.order', '[0] A.B', '[0] A.C'],
    ],
  );
  t.strictSame(paths({ L: [parameter('A.B', '1')] }, { L: [] }), [
    ['X.L[A.B]', '{"Name":"A.B","Value":"1","Type":"string"}', undefined],
  ]);
  t.strictSame(paths({ Key: 1 }, { Key: 1, More: true }), [['X.More', undefined, 'true']]);
});

t.test('times, serial numbers and IDs may differ; other values may not', async (t) => {
  const ignores = createIgnores(ALWAYS_IGNORED);
  for (const path of [
    'Inform.Header.ID',
    'Inform.CurrentTime',
    'Inform.DeviceId.SerialNumber',
    'Inform.ParameterList[InternetGatewayDevice.DeviceInfo.SerialNumber].Value',
    'Inform.ParameterList[Device.ManagementServer.ConnectionRequestURL].Value',
    'Reboot.CommandKey',
    'InformResponse.HTTP.set-cookie',
  ])
    t.ok(ignores(path), path);
  for (const path of [
    'Inform.RetryCount',
    'InformResponse.HTTP.server',
    'Inform.ParameterList[A.SerialNumber].Type',
  ])
    t.notOk(ignores(path), path);
});

property(
  t,
  'a pattern fits what a regular expression of the same meaning fits',
  fc.property(fc.stringMatching(/^[ab*]{0,8}$/), fc.stringMatching(/^[ab]{0,12}$/), (pattern, text) => {
    assert.equal(matches(pattern, text), new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(text));
  }),
);

t.test('a pattern of many stars is matched in no time', async (t) => {
  t.notOk(matches(`${'a*'.repeat(500)}b`, 'a'.repeat(5000)));
});

const value = () =>
  fc.record(
    {
      Names: fc.array(fc.string({ maxLength: 3 }), { maxLength: 6 }),
      List: fc.uniqueArray(fc.record({ Name: fc.string({ maxLength: 4 }), Value: fc.string() }), {
        selector: ({ Name }) => Name,
        maxLength: 6,
      }),
      Count: fc.nat(),
    },
    { noNullPrototype: true },
  );

property(
  t,
  'two values have differing fields exactly when they are not equal',
  fc.property(value(), value(), (one, other) => {
    const equal = JSON.stringify(one) === JSON.stringify(other);
    assert.equal(differingFields('X', one, other, none).length === 0, equal);
    assert.deepEqual(differingFields('X', one, structuredClone(one), none), []);
    if (equal) assert.equal(likenessOf('X', one, none), likenessOf('X', other, none));
  }),
);

property(
  t,
  'requests in another order are all paired, and are one difference of order',
  fc.property(
    fc.array(fc.tuple(fc.constantFrom('Get', 'Set', 'Reboot'), fc.nat(3)), { maxLength: 12 }),
    fc.infiniteStream(fc.nat(100)),
    (list, random) => {
      const asked = list.map(([name, of]) => ({ name, likeness: String(of) }));
      const other = [...asked];
      for (let index = other.length - 1; index > 0; index -= 1) {
        const at = (random.next().value ?? 0) % (index + 1);
        const [one, two] = [other[index], other[at]];
        if (one !== undefined && two !== undefined) {
          other[index] = two;
          other[at] = one;
        }
      }
      const { added, missing, order, pairs } = align(asked, other);
      assert.deepEqual([added, missing, pairs.length], [[], [], asked.length]);
      assert.ok(pairs.every(({ live, recorded }) => live.likeness === recorded.likeness));
      assert.equal(order === undefined, JSON.stringify(other) === JSON.stringify(asked));
      assert.equal(align(asked, asked).order, undefined);
    },
  ),
);

t.test(
  'an altered request is paired with its own kind; what is new and what is gone is reported',
  async (t) => {
    const of = (...list: string[]) => list.map((text) => ({ name: text[0] ?? '', likeness: text }));
    const { added, missing, order, pairs } = align(of('a1', 'b1', 'c1'), of('b2', 'a1', 'd1'));
    t.strictSame(
      pairs.map(({ live, recorded }) => [recorded.likeness, live.likeness]),
      [
        ['b1', 'b2'],
        ['a1', 'a1'],
      ],
    );
    t.strictSame([missing.map(({ name }) => name), added.map(({ name }) => name)], [['c'], ['d']]);
    t.strictSame(order, { recorded: ['a', 'b'], live: ['b', 'a'] });
  },
);
