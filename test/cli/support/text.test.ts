import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseAssignment } from '../../../acs/app/assignment.ts';
import { jsonErrorOffset } from '../../../acs/app/json-place.ts';
import type { Io } from '../../../cli/support/io.ts';
import { safe, writeFields, writeTable } from '../../../cli/support/table.ts';
import { VALUE_TYPES } from '../../../protocol/cwmp/parameter-value.ts';
import { assertProperty, SEED } from '../../support/seed.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

/** Where tokens of JSON begin, and its end. */
const boundaries = (text: string): number[] => [
  ...[...text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:\s]+/g)].map(({ index }) => index),
  text.length,
];

function written(columns: number | undefined, write: (io: Io) => void): string[] {
  let out = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: () => undefined,
    columns,
    rows: undefined,
    colours: { out: false, err: false },
    readInput: async () => '',
    openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
    inputBytes: async function* () {},
    onSignal: () => () => undefined,
    abort: () => undefined,
  };
  write(io);
  return out.split('\n').slice(0, -1);
}

t.test(`the place of the first error in JSON is found (seed ${SEED})`, async (t) => {
  await assertProperty(
    t,
    fc.property(fc.json(), fc.nat(), fc.constantFrom('?', 'x', "'", '\\', '\u0000'), (text, pick, wrong) => {
      assert.equal(jsonErrorOffset(text), text.length, 'JSON has none');
      const places = boundaries(text);
      const place = places[pick % places.length] ?? 0;
      assert.equal(jsonErrorOffset(text.slice(0, place)), place, 'cut JSON has it at its end');
      assert.equal(
        jsonErrorOffset(text.slice(0, place) + wrong + text.slice(place)),
        place,
        'nothing fits there',
      );
    }),
    100,
  );
});

t.test(`a table keeps to the width of the terminal, and says what it cut (seed ${SEED})`, async (t) => {
  const cell = fc.string({ unit: 'binary', maxLength: 60 });
  await assertProperty(
    t,
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }),
      fc.integer({ min: 10, max: 120 }),
      (rows, width) => {
        const columns = [0, 1, 2].map((index) => ({
          title: `T${index}`,
          cell: (row: readonly string[]) => row[index],
        }));
        const narrow = written(width, (io) => writeTable(io, columns, rows));
        assert.equal(narrow.length, rows.length + 1, 'a line each, whatever is in it');
        for (const line of narrow) assert.ok([...line].length <= width, line);
        const wide = written(undefined, (io) => writeTable(io, columns, rows));
        for (const [index, row] of rows.entries())
          for (const text of row)
            assert.ok(wide[index + 1]?.includes(safe(text).trimEnd()), 'a pipe gets all');
      },
    ),
    100,
  );
});

t.test(`nothing that is shown acts on a terminal (seed ${SEED})`, async (t) => {
  await assertProperty(
    t,
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const [line = '', ...others] = written(40, (io) => writeFields(io, [['name', text]]));
      assert.deepEqual(others, []);
      assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
    }),
    100,
  );
});

t.test(`an assignment is taken apart at its first = and :, and nowhere else (seed ${SEED})`, async (t) => {
  const name = fc.stringMatching(/^[A-Za-z][\w.-]{0,30}[A-Za-z0-9]$/);
  await assertProperty(
    t,
    fc.property(
      name,
      fc.option(fc.constantFrom(...VALUE_TYPES), { nil: undefined }),
      fc.string(),
      (name, type, value) => {
        const text = `${name}${type === undefined ? '' : `:${type}`}=${value}`;
        assert.deepEqual(parseAssignment(text), { name, type, value });
      },
    ),
    100,
  );
});
