import t from 'tap';
import { memoryStore } from '../../../acs/store/memory.ts';
import { createLabView } from '../../../cli/lab/view.ts';
import type { Io } from '../../../cli/support/io.ts';

const DEVICES = ['A', 'B', 'C'].map((name) => ({
  key: `00147F-SpeedTouch%20780-${name}`,
  profile: 'st780v74',
  title: `modem ${name}`,
}));
const ESCAPE = '\u001b';

/**
 * A terminal as far as the view uses one: its rows, wrapping and scrolling, and the sequences that go home or
 * up and clear.
 */
function terminal(columns: number, rows: number) {
  let lines: string[] = [''];
  let drawn: () => void = () => undefined;
  const clearFrom = (row: number): void => {
    lines = [...lines.slice(0, row), ''];
  };
  const write = (text: string): void => {
    for (const [index, piece] of text.split(`${ESCAPE}[`).entries()) {
      const up = index === 0 ? undefined : /^(\d+)F/.exec(piece);
      const plain = index === 0 ? piece : piece.replace(/^(\d*F|2?J|H)/, '');
      // No further up than the first row of the screen.
      if (up !== undefined && up !== null)
        clearFrom(Math.max(0, lines.length - rows, lines.length - 1 - Number(up[1])));
      if (index > 0 && piece.startsWith('2J')) clearFrom(0);
      for (const character of plain) {
        const last = lines.length - 1;
        if (character === '\n') lines.push('');
        else if ((lines[last] ?? '').length === columns) lines.push(character);
        else lines[last] = `${lines[last] ?? ''}${character}`;
      }
    }
    drawn();
  };
  const io: Io = {
    out: write,
    err: () => undefined,
    get columns() {
      return columns;
    },
    get rows() {
      return rows;
    },
    colours: { out: false, err: false },
    readInput: async () => '',
    openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
    inputBytes: async function* () {},
    onSignal: () => () => undefined,
    abort: () => undefined,
  };
  return {
    io,
    /** All that was ever written and is not cleared, the rows above the screen too. */
    lines: () => lines,
    resize: (toColumns: number, toRows: number) => {
      // As terminals do: what is too long for the new width is wrapped again.
      columns = toColumns;
      rows = toRows;
      lines = lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
    },
    nextDrawing: () =>
      new Promise<void>((resolve) => {
        drawn = resolve;
      }),
  };
}

t.test('in 80 columns and 24 rows the table shows the whole command that finds the ant', async (t) => {
  const { io, lines, nextDrawing } = terminal(80, 24);
  const view = createLabView(io, memoryStore(), DEVICES, { json: false, once: false });
  try {
    view.began('http://127.0.0.1:7547/', '/home/you/data');
    view.seeAnt(DEVICES[2]?.key ?? '', {
      step: 'on',
      antId: '0621KT8QU',
      group: '239.255.75.47',
      port: 50_638,
    });
    for (let drawing = 0; drawing < 2; drawing++) await nextDrawing();
    t.strictSame(lines().slice(-4, -1), [
      'Try in another terminal: npm run -s modemlab -- device list (Ctrl+C to quit)',
      '  npm run -s modemlab -- mdap discover --iface 127.0.0.1 \\',
      '    --group 239.255.75.47 --port 50638',
    ]);
  } finally {
    view.stop();
  }
});

t.test('the table stays whole while the terminal becomes narrower, lower and wide again', async (t) => {
  const { io, lines, resize, nextDrawing } = terminal(110, 30);
  const view = createLabView(io, memoryStore(), DEVICES, { json: false, once: false });
  view.began('http://127.0.0.1:7547/', '/home/you/data');
  for (const { key } of DEVICES)
    for (let count = 0; count < 3; count++)
      view.see({
        is: 'session-began',
        device: key,

        events: ['1 BOOT', `M Reboot ${count}`],
      });
  const sizes: readonly (readonly [columns: number, rows: number, events: number])[] = [
    [110, 30, 8],
    [58, 30, 8],
    [58, 15, 2],
    [40, 12, 0],
    [20, 5, 0],
    [120, 40, 8],
  ];
  try {
    for (const [columns, rows, events] of sizes) {
      resize(columns, rows);
      // The second drawing goes over the first one, which began where the size had just changed.
      for (let drawing = 0; drawing < 3; drawing++) await nextDrawing();
      const name = `${columns} by ${rows}`;
      t.match(lines()[0], /^modemlab: ACS on/, `${name}: the head is there`);
      t.equal(lines().filter((line) => line.startsWith('modemlab:')).length, 1, `${name}: once`);
      t.ok(lines().length <= rows, `${name}: nothing is scrolled away`);
      t.equal(lines().filter((line) => /^\d\d:\d\d:\d\d /.test(line)).length, events, `${name}: the latest`);
      if (rows >= 12) t.match(lines().at(-2), /^Try in another terminal/, `${name}: the hint is the last`);
    }
  } finally {
    view.stop();
  }
});
