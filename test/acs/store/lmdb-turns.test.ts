import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { systemProcesses, writeProcess } from '../../../acs/processes.ts';
import { Turns } from '../../../acs/store/lmdb-turns.ts';

/** No mark stays longer than it is needed. */
const briefly = (folder: string): Turns => new Turns(folder, 0);

async function folderOf(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-turns-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Work that lasts until `end` is called. */
function work(): {
  readonly run: () => Promise<void>;
  readonly begun: Promise<void>;
  readonly end: () => void;
} {
  let end: () => void = () => undefined;
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    run: () => {
      begin();
      return done;
    },
    begun,
    end,
  };
}

/** Whether it is still to come after so many turns of the loop. */
async function waits(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => {
    settled = true;
  });
  for (let turn = 0; turn < 50 && !settled; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  return !settled;
}

t.test(
  'opening waits for those who write, and whoever wants to write then waits for the opening',
  async (t) => {
    const folder = await folderOf(t);
    const [one, other, third] = [briefly(folder), briefly(folder), briefly(folder)];
    const first = work();
    const writing = one.write(first.run);
    await first.begun;
    const order: string[] = [];
    const opening = other.open(() => order.push('opened'));
    t.ok(await waits(opening), 'while one writes nobody opens');
    const later = third.write(async () => order.push('written'));
    const more = one.write(async () => order.push('written more'));
    t.ok(await waits(later), 'and nobody begins to write while one waits to open');
    first.end();
    await Promise.all([writing, opening, later, more]);
    t.equal(order[0], 'opened');
    t.strictSame(order.slice(1).sort(), ['written', 'written more']);
    t.strictSame(await readdir(folder), [], 'no marks are left');
  },
);

t.test('those who write do it side by side, in one process and in several', async (t) => {
  const folder = await folderOf(t);
  const [one, other] = [briefly(folder), briefly(folder)];
  const works = [work(), work(), work()];
  const all = works.map(({ run }, index) => (index === 2 ? other : one).write(run));
  await Promise.all(works.map(({ begun }) => begun));
  for (const { end } of works) end();
  await Promise.all(all);
  t.strictSame(await readdir(folder), []);
});

t.test('a mark to write stays for some time, and is gone for one who opens, and at the end', async (t) => {
  const folder = await folderOf(t);
  const long = new Turns(folder, 600_000);
  await long.write(async () => undefined);
  const [mark = ''] = await readdir(folder);
  t.match(mark, /^write-/);
  const other = briefly(folder);
  const opening = other.open(() => 'opened');
  t.ok(await waits(opening));
  t.equal(await long.write(async () => 'written'), 'written', 'under its mark it writes on');
  long.close();
  t.equal(await opening, 'opened');
  long.close();
  t.strictSame(await readdir(folder), []);

  const short = new Turns(folder, 5);
  let isBusy = true;
  const busy = (async () => {
    while (isBusy) await short.write(async () => undefined);
  })();
  t.equal(await other.open(() => 'opened'), 'opened', 'also beside one who never stops writing');
  isBusy = false;
  await busy;
  t.equal(await other.open(() => 'opened'), 'opened', 'it goes by itself');
  t.strictSame(await readdir(folder), []);
});

t.test('of many who open, one does it at a time, and all get their turn', async (t) => {
  const folder = await folderOf(t);
  let open = 0;
  const all = Array.from({ length: 12 }, () =>
    new Turns(folder).open(() => {
      open += 1;
      const marks = open;
      open -= 1;
      return marks;
    }),
  );
  t.strictSame(
    await Promise.all(all),
    all.map(() => 1),
  );
  t.strictSame(await readdir(folder), []);
});

t.test('marks of a process that is gone, and very old ones, are removed', async (t) => {
  const folder = await folderOf(t);
  // No system gives so high a number.
  const gone = writeProcess({ ...systemProcesses().self, pid: 2147483647 });
  for (const kind of ['open', 'write']) await writeFile(join(folder, `${kind}-${gone}~1`), '');
  const old = join(folder, 'write-another-1~1~~1');
  await writeFile(old, '');
  await utimes(old, new Date(0), new Date(0));
  const turns = briefly(folder);
  t.equal(await turns.open(() => 'opened'), 'opened');
  t.equal(await turns.write(async () => 'written'), 'written');
  t.strictSame(await readdir(folder), []);
});

t.test('work that fails gives its turn back', async (t) => {
  const folder = await folderOf(t);
  const turns = briefly(folder);
  await t.rejects(
    turns.open(() => {
      throw new Error('damaged');
    }),
    /damaged/,
  );
  await t.rejects(
    turns.write(() => Promise.reject(new Error('full'))),
    /full/,
  );
  t.strictSame(await readdir(folder), []);
});
