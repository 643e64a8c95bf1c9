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
 * What the view uses of a terminal: rows, wrapping and scrolling, and the sequences that move the cursor and
 * clear.
 */
class Terminal {
  readonly io: Io;
  /** All that was ever written and is not cleared, including the rows above the screen. */
  lines: string[] = [''];
  #columns: number;
  #rows: number;
  #drawn: () => void = () => undefined;

  constructor(columns: number, rows: number) {
    this.#columns = columns;
    this.#rows = rows;
    const size = { columns: () => this.#columns, rows: () => this.#rows };
    this.io = {
      out: (text) => this.#write(text),
      err: () => undefined,
      get columns() {
        return size.columns();
      },
      get rows() {
        return size.rows();
      },
      colours: { out: false, err: false },
      readInput: async () => '',
      openPrompt: async () => ({ ask: async () => undefined, close: () => undefined }),
      inputBytes: async function* () {},
      onSignal: () => () => undefined,
      abort: () => undefined,
    };
  }

  resize(columns: number, rows: number): void {
    // As terminals do: what is too long for the new width is wrapped again.
    this.#columns = columns;
    this.#rows = rows;
    this.lines = this.lines.flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'g')) ?? ['']);
  }

  nextDrawing(): Promise<void> {
    return new Promise((resolve) => {
      this.#drawn = resolve;
    });
  }

  #write(text: string): void {
    const [first = '', ...sequences] = text.split(`${ESCAPE}[`);
    this.#print(first);
    for (const piece of sequences) {
      this.#control(piece);
      this.#print(piece.replace(/^(\d*F|2?J|H)/, ''));
    }
    this.#drawn();
  }

  #control(piece: string): void {
    const up = /^(\d+)F/.exec(piece)?.[1];
    const { length } = this.lines;
    // No further up than the first row of the screen.
    if (up !== undefined) this.#clearFrom(Math.max(0, length - this.#rows, length - 1 - Number(up)));
    else if (piece.startsWith('2J')) this.#clearFrom(0);
  }

  #clearFrom(row: number): void {
    this.lines = [...this.lines.slice(0, row), ''];
  }

  #print(text: string): void {
    for (const character of text) {
      const last = this.lines.length - 1;
      const line = this.lines[last] ?? '';
      if (character === '\n') this.lines.push('');
      else if (line.length === this.#columns) this.lines.push(character);
      else this.lines[last] = line + character;
    }
  }
}

t.test('in 80 columns and 24 rows the table shows the whole command that finds the ant', async (t) => {
  const terminal = new Terminal(80, 24);
  const view = createLabView(terminal.io, memoryStore(), DEVICES, { json: false, once: false });
  try {
    view.began('http://127.0.0.1:7547/', '/home/you/data');
    view.seeAnt(DEVICES[2]?.key ?? '', {
      step: 'on',
      antId: '0621KT8QU',
      group: '239.255.75.47',
      port: 50_638,
    });
    for (let drawing = 0; drawing < 2; drawing++) await terminal.nextDrawing();
    t.strictSame(terminal.lines.slice(-4, -1), [
      'Try in another terminal: npm run -s modemlab -- device list (Ctrl+C to quit)',
      '  npm run -s modemlab -- mdap discover --iface 127.0.0.1 \\',
      '    --group 239.255.75.47 --port 50638',
    ]);
  } finally {
    view.stop();
  }
});

t.test('the table stays whole while the terminal becomes narrower, lower and wide again', async (t) => {
  const terminal = new Terminal(110, 30);
  const view = createLabView(terminal.io, memoryStore(), DEVICES, { json: false, once: false });
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
      terminal.resize(columns, rows);
      // The second drawing goes over the first one, which began where the size had just changed.
      for (let drawing = 0; drawing < 3; drawing++) await terminal.nextDrawing();
      const name = `${columns} by ${rows}`;
      t.match(terminal.lines[0], /^modemlab: ACS on/, `${name}: the head is there`);
      t.equal(terminal.lines.filter((line) => line.startsWith('modemlab:')).length, 1, `${name}: once`);
      t.ok(terminal.lines.length <= rows, `${name}: nothing is scrolled away`);
      t.equal(
        terminal.lines.filter((line) => /^\d\d:\d\d:\d\d /.test(line)).length,
        events,
        `${name}: the latest`,
      );
      if (rows >= 12)
        t.match(terminal.lines.at(-2), /^Try in another terminal/, `${name}: the hint is the last`);
    }
  } finally {
    view.stop();
  }
});
