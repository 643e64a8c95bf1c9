import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import fc from 'fast-check';
import type { Test } from 'tap';
import t from 'tap';
import { ModemlabError } from '../../../protocol/errors.ts';
import {
  Line,
  type LineClock,
  type LineStream,
  listFaults,
  parseLine,
} from '../../../simulator/line/index.ts';
import { createScheduler } from '../../../simulator/time/scheduler.ts';
import { property, SEED } from '../../support/seed.ts';
import { ROOT } from '../../support/tree.ts';

t.comment(`MODEMLAB_SEED=${SEED}`);

interface Ends {
  readonly modem: LineStream;
  readonly acs: net.Socket;
  readonly socket: net.Socket;
}

const server = net.createServer({ allowHalfOpen: true });
server.listen(0, '127.0.0.1');
await once(server, 'listening');
t.teardown(() => server.close());

/** A connection over the line, and its far end. */
async function connect(line: Line): Promise<Ends> {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const [[acs], ends] = await Promise.all([
    once(server, 'connection'),
    (async () => {
      const socket = net.connect({ port, host: '127.0.0.1' });
      const modem = line.wrap(socket);
      modem.on('error', () => undefined);
      await once(modem, 'connect');
      return { modem, socket };
    })(),
  ]);
  if (!(acs instanceof net.Socket)) throw new Error('unreachable: the server gives sockets');
  acs.on('error', () => undefined);
  return { ...ends, acs };
}

const jumping = (): LineClock => createScheduler({ speed: 'max' });

const lineOf = (text: string, seed = 'a', clock = jumping()): Line =>
  new Line({ faults: parseLine(text), seed, clock });

/** Everything until the stream is closed, and whether it was aborted. */
async function readAll(stream: net.Socket | LineStream): Promise<{ bytes: Buffer; broken: boolean }> {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  if (!stream.closed) await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return { bytes: Buffer.concat(parts), broken: !stream.readableEnded };
}

/** Sends pieces both ways and reads both ways to the end. */
async function exchange(
  line: Line,
  up: readonly Buffer[],
  down: readonly Buffer[],
): Promise<{ up: Buffer; down: Buffer }> {
  const { modem, acs } = await connect(line);
  const write = async (to: net.Socket | LineStream, pieces: readonly Buffer[]): Promise<void> => {
    for (const piece of pieces) if (!to.write(piece)) await once(to, 'drain');
  };
  const [atAcs, atModem] = await Promise.all([
    readAll(acs),
    readAll(modem),
    write(modem, up)
      .then(() => write(acs, down))
      // The modem's side ends by itself once the end of the other has arrived.
      .then(() => acs.end()),
  ]);
  return { up: atAcs.bytes, down: atModem.bytes };
}

const bytesOf = (length: number, first: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (first + at * 7) % 251));

/** A text cut at some place, so that the same bytes come in other pieces. */
const pieces = fc
  .array(fc.integer({ min: 1, max: 2000 }), { maxLength: 6 })
  .map((lengths) => lengths.map((length, at) => bytesOf(length, at)));

const ms = fc.integer({ min: 0, max: 5000 });
const from = fc.oneof(
  fc.constant(''),
  fc.integer({ min: 0, max: 4000 }).map((bytes) => `,after=${bytes}`),
);
const dir = fc.constantFrom('', ',dir=up', ',dir=down', ',dir=both');
const share = fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`);
const lossless = fc.oneof(
  fc.tuple(fc.constantFrom('latency', 'jitter'), ms).map(([name, n]) => `${name}:${n}`),
  fc.integer({ min: 100, max: 50_000 }).map((rate) => `bandwidth:${rate}`),
  fc
    .tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 3, max: 900 }))
    .map(([min, more]) => `slice:${min + more},min=${min}`),
  fc.tuple(ms, share).map(([n, p]) => `stall:${n},p=${p}`),
);
const damaging = fc.oneof(
  fc
    .tuple(fc.constantFrom('drop', 'corrupt'), share, fc.integer({ min: 1, max: 2000 }))
    .map(([name, p, size]) => `${name}:${p},size=${size}`),
  fc
    .tuple(fc.constantFrom('drop', 'corrupt'), fc.integer({ min: 1, max: 2000 }))
    .map(([name, size]) => `${name}:size=${size}`),
);
const row = (fault: fc.Arbitrary<string>) =>
  fc
    .array(
      fc.tuple(fault, from, dir).map((parts) => parts.join('')),
      { minLength: 1, maxLength: 4 },
    )
    .map((faults) => faults.join(','));

property(
  t,
  'faults that lose nothing hand on all bytes in order, both ways, with their ends',
  fc.asyncProperty(row(lossless), pieces, pieces, async (text, up, down) => {
    const got = await exchange(lineOf(text), up, down);
    assert.deepEqual(got.up, Buffer.concat(up));
    assert.deepEqual(got.down, Buffer.concat(down));
  }),
  60,
);

property(
  t,
  'the same seed damages the same bytes, however TCP cuts them; another seed others',
  fc.asyncProperty(row(damaging), fc.integer(), async (text, seed) => {
    const whole = bytesOf(20_000, 1);
    const cut = Array.from({ length: 40 }, (_, at) => whole.subarray(at * 500, at * 500 + 500));
    const [one, other] = [lineOf(text, `${seed}`), lineOf(text, `${seed}`)];
    // The second connection of a line has other faults than its first.
    for (let connection = 0; connection < 2; connection++) {
      const [first, second] = [await exchange(one, [whole], cut), await exchange(other, cut, [whole])];
      assert.deepEqual(first, second);
    }
  }),
  25,
);

t.test('chance differs by seed, by connection and by direction', async (t) => {
  const whole = [bytesOf(20_000, 1)];
  const line = lineOf('drop:20%', 'one');
  const seen = [
    await exchange(line, whole, whole),
    await exchange(line, whole, whole),
    await exchange(lineOf('drop:20%', 'two'), whole, whole),
  ].flatMap(({ up, down }) => [up, down].map((bytes) => bytes.toString('latin1')));
  t.equal(new Set(seen).size, 6);
});

t.test('which connections are reset follows from the seed', async (t) => {
  const resets = async (seed: string): Promise<string> => {
    const line = lineOf('reset:p=10%,dir=up', seed);
    let reported = '';
    for (let connection = 0; connection < 12; connection++) {
      const { modem, acs } = await connect(line);
      const reading = readAll(acs);
      modem.end(bytesOf(6000, 0));
      acs.on('end', () => acs.end());
      const { broken } = await reading;
      reported += broken ? 'x' : '.';
      acs.destroy();
      modem.destroy();
    }
    return reported;
  };
  const first = await resets('s');
  t.match(first, /x/);
  t.match(first, /\./);
  t.equal(await resets('s'), first);
});

t.test('each fault does what it says, where it says', async (t) => {
  const clock = jumping();
  const begun = clock.now();
  const took = (): number => Math.round(clock.now() - begun);

  await t.test('latency and bandwidth take their time, in a row', async (t) => {
    const { modem, acs } = await connect(lineOf('latency:200,bandwidth:8k,dir=down', 'a', clock));
    const before = took();
    acs.end(Buffer.alloc(16_000));
    t.equal((await readAll(modem)).bytes.length, 16_000);
    t.ok(took() - before >= 2200, `it took ${took() - before} ms by the clock of the line`);
  });

  await t.test('slices are handed on one by one', async (t) => {
    const { modem, acs } = await connect(lineOf('slice:7,min=7'));
    const lengths: number[] = [];
    modem.on('data', ({ length }: Buffer) => lengths.push(length));
    acs.end(Buffer.alloc(30));
    await once(modem, 'close');
    t.strictSame(lengths, [7, 7, 7, 7, 2]);
  });

  await t.test('what is dropped is missing from its place on', async (t) => {
    const { up } = await exchange(lineOf('drop:after=100,size=50,dir=up'), [bytesOf(300, 0)], []);
    const whole = bytesOf(300, 0);
    t.strictSame(up, Buffer.concat([whole.subarray(0, 100), whole.subarray(150)]));
  });

  await t.test('a corrupt piece has one other byte', async (t) => {
    const { up, down } = await exchange(
      lineOf('corrupt:after=100,size=10'),
      [bytesOf(300, 0)],
      [bytesOf(300, 0)],
    );
    const whole = bytesOf(300, 0);
    for (const got of [up, down]) {
      const other = Array.from(got.keys()).filter((at) => got[at] !== whole[at]);
      t.equal(other.length, 1);
      t.ok(
        other.every((at) => at >= 100 && at < 110),
        `byte ${other}`,
      );
    }
  });

  await t.test('a reset comes in place of the byte, and only so often as it may', async (t) => {
    const line = lineOf('reset:after=1000,dir=down,times=1');
    for (const broken of [true, false]) {
      const { modem, acs } = await connect(line);
      const closed = readAll(acs);
      acs.write(bytesOf(1000, 0));
      await once(modem, 'readable');
      acs.end('!');
      const got = await readAll(modem);
      t.equal(got.broken, broken);
      t.equal(got.bytes.length, broken ? 1000 : 1001);
      await closed;
    }
  });

  await t.test('a reset at a time comes to a line on which nothing moves', async (t) => {
    const { modem, acs } = await connect(lineOf('reset:after=3s', 'a', clock));
    const [atAcs, atModem] = await Promise.all([readAll(acs), readAll(modem)]);
    t.same([atAcs.broken, atModem.broken], [true, true]);
  });
});

t.test('whoever is faster waits, and little is under way', async (t) => {
  // Time stands still: nothing arrives at the other end.
  const clock = createScheduler({ clock: () => 0 });
  const bound = 65_536 + 2 * 16_384 + 65_536;
  const { modem, acs, socket } = await connect(lineOf('latency:60000', 'a', clock));
  let taken = 0;
  const feed = (): void => {
    while (modem.write(Buffer.alloc(5000), () => (taken += 5000)));
  };
  modem.on('drain', feed);
  feed();
  acs.write(Buffer.alloc(20_000_000));
  // Until nothing moves any more.
  for (let still = 0, last = 0; still < 100 || last === 0; still++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (last !== taken + socket.bytesRead) still = 0;
    last = taken + socket.bytesRead;
  }
  t.ok(taken < bound, `${taken} bytes were taken from the modem`);
  t.ok(socket.bytesRead < 2 * bound, `${socket.bytesRead} bytes were read from the ACS`);
  modem.destroy();
  acs.destroy();
  t.equal(clock.waiting, 0, 'no timer is left');
});

t.test('the end of one direction leaves the other open until it ends too', async (t) => {
  const { modem, acs } = await connect(lineOf('latency:100,slice:9'));
  const [answer, asked] = [readAll(modem), readAll(acs)];
  modem.end('question');
  await once(acs, 'end');
  acs.end('answer');
  t.equal((await asked).bytes.toString(), 'question');
  t.equal((await answer).bytes.toString(), 'answer');
});

t.test('nothing of a connection is left when it is gone', async (t) => {
  for (const text of [
    'stall:forever',
    'latency:60000',
    'bandwidth:1',
    'reset:after=9s',
    'stall:1min,p=50%',
  ]) {
    const clock = createScheduler({ clock: () => 0 });
    const { modem, acs, socket } = await connect(lineOf(text, 'a', clock));
    modem.write(Buffer.alloc(3000));
    acs.write(Buffer.alloc(3000));
    for (let round = 0; round < 5; round++) await new Promise((resolve) => setImmediate(resolve));
    const closed = once(modem, 'close');
    modem.destroy();
    await closed;
    acs.destroy();
    t.equal(clock.waiting, 0, `${text}: no timer`);
    t.ok(socket.destroyed, `${text}: no socket`);
  }
});

t.test('a line that is closed hands on what is under way, or gives it up in the end', async (t) => {
  const late = await connect(lineOf('latency:4000'));
  const whole = readAll(late.acs);
  late.modem.write(bytesOf(9000, 0));
  late.modem.destroySoon();
  await once(late.acs, 'end');
  late.acs.end();
  t.strictSame((await whole).bytes, bytesOf(9000, 0));
  const never = await connect(lineOf('stall:forever'));
  never.modem.write('x');
  never.modem.destroySoon();
  await once(never.modem, 'close');
  t.ok(never.socket.destroyed);
  never.acs.destroy();
});

t.test('a peer that hangs up breaks the connection, and a refused one says why', async (t) => {
  const { modem, acs } = await connect(lineOf('latency:50'));
  acs.resetAndDestroy();
  const [error] = await once(modem, 'error');
  t.match(error, { code: 'ECONNRESET' });
  const closed = net.createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const address = closed.address();
  closed.close();
  await once(closed, 'close');
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const refused = lineOf('latency:50').wrap(net.connect({ port, host: '127.0.0.1' }));
  const [why] = await once(refused, 'error');
  t.match(why, { code: 'ECONNREFUSED' });
});

function refusal(t: Test, text: string): string {
  try {
    parseLine(text);
  } catch (error) {
    if (error instanceof ModemlabError && error.code === 'E_USAGE') return error.place ?? '';
    throw error;
  }
  t.fail(`${text} is taken`);
  return '';
}

t.test('the text form names faults in their order, with parameters behind them', async (t) => {
  const names = (text: string): string[] =>
    parseLine(text).map(({ name, direction }) => `${name} ${direction}`);
  t.strictSame(names('latency:200,jitter:50'), ['latency both', 'jitter both']);
  t.strictSame(names('reset:after=4000,p=1%,dir=down,latency:ms=1.5s'), ['reset down', 'latency both']);
  t.strictSame(names(' stall , slice , drop:10% '), ['stall both', 'slice both', 'drop both']);
  t.strictSame(names('satellite,reset:3s'), [
    'latency both',
    'jitter both',
    'bandwidth up',
    'bandwidth down',
    'reset both',
  ]);
  for (const { name, form, kind } of listFaults())
    if (kind === 'preset') t.ok(parseLine(form).length > 1, `${name} is made of faults`);
});

t.test('docs/line-faults.md has a row for each fault and for each line with a name', async (t) => {
  const page = readFileSync(`${ROOT}/docs/line-faults.md`, 'utf8');
  for (const { name, form, kind } of listFaults())
    t.ok(page.includes(kind === 'fault' ? `\n| \`${name}\` |` : `\n| \`${name}\` | \`${form}\` |`), name);
});

t.test('a wrong text is refused with the place and what there is', async (t) => {
  for (const [text, says] of [
    ['', /NAME/],
    ['latency', /"latency".*ms wants milliseconds/],
    ['latency:soon', /"latency:soon" in latency:soon: ms wants milliseconds/],
    ['latency:9999min', /up to a day/],
    ['jitter:5,latncy:5', /"latncy" in .*no such fault; there are latency, jitter,.*flaky/],
    ['jitter:5,speed=3', /"speed=3".*no such parameter; there are ms, after, dir/],
    ['jitter:5,ms=3', /given twice/],
    ['reset:after=3s,after=4', /given twice/],
    ['after=3', /NAME/],
    ['latency:5,,jitter:5', /NAME/],
    ['latency:', /NAME/],
    ['drop:200%', /probability/],
    ['slice:4,min=9', /min wants bytes from 1 to 4/],
    ['bandwidth:0', /rate wants bytes/],
    ['latency:forever', /milliseconds/],
    ['latency:5,dir=left', /up, down or both/],
    ['gprs:5', /takes no parameters/],
    [Array(40).fill('slice').join(','), /at most 32/],
    ['toString', /no such fault/],
  ] as const)
    t.match(refusal(t, text), says, text);
});

property(
  t,
  'any text gives faults or E_USAGE',
  fc.property(
    fc.oneof(
      fc.string(),
      fc
        .array(
          fc.constantFrom('latency', 'drop', 'reset', ':', '=', ',', 'after', 'p', '5', 's', '%', 'dir', ' '),
        )
        .map((parts) => parts.join('')),
    ),
    (text) => {
      try {
        assert.ok(parseLine(text).length > 0);
      } catch (error) {
        assert.ok(error instanceof ModemlabError && error.code === 'E_USAGE', String(error));
      }
    },
  ),
  500,
);
