import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { Journal } from '../../../mdap/flash/journal.ts';
import { openJournal, readJournal } from '../../../mdap/flash/journal.ts';
import type { JournalEntry } from '../../../mdap/flash/journal-entry.ts';
import type { Plan } from '../../../mdap/flash/plan.ts';
import { problemText } from '../../../mdap/flash/plan.ts';
import { readPlan } from '../../../mdap/flash/plan-read.ts';
import type { FlashReport } from '../../../mdap/flash/report.ts';
import type { FlashRunOptions } from '../../../mdap/flash/run.ts';
import { startFlashRun } from '../../../mdap/flash/run.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { Habit } from '../../support/lan/flash-bench.ts';
import { Bench } from '../../support/lan/flash-bench.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';

const RENUMBER = `version: 1
network: 192.168.1.0/24
images: [new.bli]
counters: { n: { from: 10, to: 99 } }
commands:
  - ip ipadd intf=LocalNetwork addr=192.168.1.\${n}/24
  - saveall
rules:
  - { name: 'bench-\${n}', address: '192.168.1.\${n}' }
verify:
  commands: [{ cli: ip iplist, shows: '\${address}' }]
`;

async function planOf(t: Test, text: string): Promise<Plan> {
  const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-flash-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const image = writeImage({ family: 'QK', board: 'BANT-W', version: '6.2.29.2' }, 20_000);
  await writeFile(path.join(folder, 'new.bli'), image);
  await writeFile(path.join(folder, 'plan.yaml'), text);
  const read = await readPlan(path.join(folder, 'plan.yaml'), '192.168.1.5');
  if (!read.ok) throw new Error(read.error.map(problemText).join('\n'));
  return read.value;
}

/** A journal in memory. */
function remember(): Journal & { readonly entries: JournalEntry[] } {
  const entries: JournalEntry[] = [];
  return {
    entries,
    add: (entry) => void entries.push(JSON.parse(JSON.stringify(entry))),
    flushed: async () => undefined,
    close: async () => undefined,
  };
}

function stage(habits: readonly Habit[]) {
  const time = simulatedTime();
  const { scheduler } = time;
  const bench = new Bench(scheduler, habits);
  const now = (): number => scheduler.now();
  const ticker = { now, after: (ms: number, run: () => void) => scheduler.after(ms, run) };
  const start = (plan: Plan, options: Partial<FlashRunOptions> = {}) => {
    const { startHost, startBoot } = bench;
    return startFlashRun({ plan, startHost, startBoot, clock: now, ticker, ...options });
  };
  const flash = (plan: Plan, options: Partial<FlashRunOptions> = {}): Promise<FlashReport> =>
    time.until(start(plan, { expect: habits.length, ...options }).done);
  return { time, bench, start, flash };
}

t.test('64 modems are flashed and renumbered side by side', async (t) => {
  const { bench, flash } = stage(Array<Habit>(64).fill('good'));
  const report = await flash(await planOf(t, RENUMBER));
  t.match(report, { done: 64, failed: 0, skipped: 0, cancelled: 0 });
  t.equal(new Set(bench.modems.map(({ address }) => address)).size, 64, 'each has an address of its own');
  t.equal(bench.mostOfOne, 1);
  t.ok(bench.most > 8, `${bench.most} transfers at once`);
  const took = (Date.parse(report.endedAt) - Date.parse(report.startedAt)) / 1000;
  t.ok(took < 120, `${took} simulated seconds, not 64 times one`);
  t.match(report.modems[0], {
    serial: '0703A0000',
    name: 'bench-10',
    address: '192.168.1.10',
    state: 'done',
    commands: 2,
    versionBefore: '6.2.17.5',
    version: '6.2.29.2',
    transfers: 1,
    transferSeconds: 1,
  });
});

const WRONG: readonly (readonly [Habit, string])[] = [
  ['refuses', 'image-rejected'],
  ['dies', 'not-back'],
  ['cut-writing', 'no-valid-image'],
  ['deaf', 'no-boot-mode'],
  ['old-bank', 'wrong-version'],
  ['mute', 'no-answer'],
  ['no-tftp', 'no-tftp'],
];

t.test('each failure is reported with its reason, and holds up no other modem', async (t) => {
  const ended = new Map<string, number>();
  const habits = WRONG.map(([habit]) => habit);
  const { bench, flash, time } = stage(['good', ...habits, 'good', 'cut-transfer']);
  const started = time.scheduler.now();
  const report = await flash(await planOf(t, RENUMBER), {
    onChange: ({ modem }, { at }) => void ended.set(modem.facts.serial ?? '', at - started),
  });
  t.match(report, { done: 3, failed: WRONG.length });
  t.strictSame(
    report.modems.filter(({ state }) => state === 'failed').map(({ reason }) => reason),
    WRONG.map(([, reason]) => reason),
  );
  for (const modem of report.modems.filter(({ reason }) => reason !== null))
    t.ok(modem.says !== null && modem.remedy !== null, `${modem.serial}: ${modem.says}`);
  t.ok((ended.get('0703A0000') ?? Number.NaN) < 90_000, 'the good ones are through long before');
  const refuses = bench.modems[1];
  t.equal(refuses?.boots, 2, 'one that refuses its image is not served again');
});

t.test('a modem that a button brought into boot mode is flashed, then configured', async (t) => {
  const { bench, flash, time } = stage(['good']);
  const [modem] = bench.modems;
  if (modem === undefined) throw new Error('there is one');
  bench.pressButton(modem);
  await time.pass(100);
  t.match(await flash(await planOf(t, RENUMBER)), {
    done: 1,
    modems: [{ serial: '0703A0000', transfers: 1 }],
  });
});

t.test('users of the plan are tried until one is taken', async (t) => {
  const { bench, flash } = stage(['good', 'good']);
  for (const modem of bench.modems) modem.password = `CP${modem.serial}`;
  const users = `credentials: [{ user: Administrator }, { user: admin, password: 'CP\${serial}' }]\n`;
  t.match(await flash(await planOf(t, RENUMBER + users)), { done: 2 });
});

t.test('two modems with one serial number are left alone', async (t) => {
  const { bench, flash } = stage(['good', 'good', 'good']);
  Object.assign(bench.modems[1] ?? {}, { serial: '0703A0000' });
  const report = await flash(await planOf(t, RENUMBER));
  t.match(report, { done: 1, failed: 2 });
  t.strictSame(
    report.modems.map(({ reason }) => reason),
    ['conflict', 'conflict', null],
  );
  t.strictSame(
    bench.modems.map(({ boots }) => boots),
    [0, 0, 1],
  );
});

t.test('a modem that is named but absent is reported, and the others continue', async (t) => {
  const { flash } = stage(['good']);
  const plan = RENUMBER.replace('rules:', 'rules:\n  - { serial: 0799ZZZZZ, image: keep, commands: [] }');
  const report = await flash(await planOf(t, plan), { expect: 2 });
  t.match(report, { done: 1, failed: 1, modems: [{ state: 'done' }, { reason: 'missing', mac: null }] });
});

t.test('with fewer modems than there should be, nothing is touched where the plan says so', async (t) => {
  const { bench, flash } = stage(['good', 'good']);
  const report = await flash(await planOf(t, `${RENUMBER}missing: stop\n`), { expect: 3 });
  t.match(report, { done: 0, cancelled: 2 });
  t.strictSame(
    bench.modems.map(({ boots, commands }) => boots + commands.length),
    [0, 0],
  );
});

t.test('a modem that no rule is for is left alone, and is no failure', async (t) => {
  const { bench, flash } = stage(['good', 'good']);
  const plan = RENUMBER.replace("{ name: 'bench", "{ serial: '0703A0001', name: 'bench");
  t.match(await flash(await planOf(t, plan)), { done: 1, failed: 0, skipped: 1 });
  t.equal(bench.modems[0]?.boots, 0);
});

t.test('a dry run tells what would be done, and touches nothing', async (t) => {
  const { bench, start, time } = stage(['good', 'good']);
  Object.assign(bench.modems[1] ?? {}, { board: 'BANT-R' });
  const journal = remember();
  const run = start(await planOf(t, RENUMBER), { expect: 2, dryRun: true, journal });
  await time.until(run.done);
  t.match(
    run.intentions().map(({ decision }) => decision),
    [
      { is: 'planned', job: { address: '192.168.1.10', image: { version: '6.2.29.2' } } },
      { is: 'refused', reason: 'no-image' },
    ],
  );
  t.strictSame(
    bench.modems.map(({ boots, commands }) => boots + commands.length),
    [0, 0],
  );
  t.equal(journal.entries.length, 0);
});

const STATES =
  'discovered triggered bootp-seen offered transferring verifying back configuring checking'.split(' ');

for (const state of STATES)
  t.test(`stopped while one is ${state}, a run goes on where it was`, async (t) => {
    const { bench, start, time } = stage(['good', 'good', 'good']);
    const plan = await planOf(t, RENUMBER);
    const first = remember();
    const run = start(plan, {
      expect: 3,
      journal: first,
      onChange: ({ modem }) => {
        if (modem.state.at === state) run.stop();
      },
    });
    const stopped = await time.until(run.done);
    t.ok(stopped.cancelled > 0, `${stopped.cancelled} of 3 are not through`);
    // The bench goes on by itself meanwhile.
    await time.pass(60_000);
    const second = remember();
    const again = start(plan, { expect: 3, history: first.entries, journal: second });
    t.match(await time.until(again.done), { done: 3, failed: 0 });
    t.strictSame(
      bench.modems.map(({ commands }) => commands.filter((line) => line.startsWith('ip ipadd')).length > 0),
      [true, true, true],
    );
    t.strictSame(
      bench.modems.map(({ boots }) => boots <= 2),
      [true, true, true],
    );
    t.equal(new Set(bench.modems.map(({ address }) => address)).size, 3, 'no number is given twice');
    const third = start(plan, { history: [...first.entries, ...second.entries], expect: 3 });
    t.match(await time.until(third.done), { done: 3 });
  });

t.test('a journal on the disk is what was written, also after its last line was cut', async (t) => {
  const { start, time } = stage(['good', 'refuses']);
  const plan = await planOf(t, RENUMBER);
  const file = path.join(path.dirname(plan.file), 'journal.jsonl');
  const kept = remember();
  const journal = await openJournal(file, false);
  const both: Journal = {
    add: (entry) => {
      kept.add(entry);
      journal.add(entry);
    },
    flushed: async () => undefined,
    close: journal.close,
  };
  await time.until(start(plan, { expect: 2, journal: both }).done);
  await journal.close();
  t.strictSame(await readJournal(file), kept.entries);
  t.ok(kept.entries.length > 20);
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(0, -5));
  t.equal((await readJournal(file)).length, kept.entries.length - 1);
  const more = await openJournal(file, true);
  const [entry] = kept.entries;
  if (entry !== undefined) more.add(entry);
  await more.close();
  t.equal((await readJournal(file)).length, kept.entries.length, 'what follows a cut line is whole');
});

t.test('an invalid journal is reported with its line', async (t) => {
  const plan = await planOf(t, RENUMBER);
  const file = path.join(path.dirname(plan.file), 'journal.jsonl');
  await t.rejects(readJournal(file), { message: /there is no journal/ });
  await writeFile(file, '{"journal":2}\n{"mac":"x","event":{"is":"found","at":1}}\n');
  await t.rejects(readJournal(file), { message: /journal.jsonl:2 is no entry/ });
  await writeFile(file, '{"mac":"x"}\n');
  await t.rejects(readJournal(file), { message: /journal.jsonl:1 is no entry/ });
});

t.test('a run without --resume keeps the journal of the one before', async (t) => {
  const plan = await planOf(t, RENUMBER);
  const file = path.join(path.dirname(plan.file), 'journal.jsonl');
  await writeFile(file, '{"journal":2}\n');
  const journal = await openJournal(file, false);
  await journal.close();
  t.equal(await readFile(`${file}.before`, 'utf8'), '{"journal":2}\n');
});
