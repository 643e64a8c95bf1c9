import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openStore } from '../../../acs/store/open.ts';
import { deviceRecord, gather } from '../../support/acs/device-record.ts';
import { startChild } from '../../support/process/children.ts';

for (const [kind, times] of [
  ['lmdb', 200],
  ['yaml', 40],
] as const) {
  t.test(`${kind}: of two processes that change one device no change is lost`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'modemlab-store-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const children = ['1', '2'].map((prefix) =>
      startChild('test/support/acs/store-child.ts', [kind, folder, 'A-1', `${times}`, prefix]),
    );
    for (const { code, errors } of await Promise.all(children.map(({ ended }) => ended)))
      t.strictSame([code, errors], [0, '']);
    const store = await openStore(kind, folder);
    t.equal((await store.get('A-1'))?.informs, 2 * times);
    const tree = await gather(store.tree('A-1'));
    t.equal(tree.length, 3 * times);
    for (const parameter of tree.filter(({ name }) => name.startsWith('X.shared.')))
      t.match(parameter, { value: 'v', writable: true, accessList: [] });
    await store.close();
  });

  t.test(
    `${kind}: a process that is killed while it writes leaves a store that others use at once`,
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'modemlab-store-'));
      t.teardown(() => rm(folder, { recursive: true, force: true }));
      let before = 0;
      for (const delay of [0, 3, 11, 40]) {
        const child = startChild('test/support/acs/store-child.ts', [
          kind,
          folder,
          'A-1',
          '100000',
          `${delay}`,
        ]);
        await child.ready;
        await new Promise((resolve) => setTimeout(resolve, delay));
        child.process.kill('SIGKILL');
        await child.ended;
        const store = await openStore(kind, folder);
        const informs = (await store.get('A-1'))?.informs ?? 0;
        t.ok(informs >= before, `${informs} after ${before}`);
        const own = (await gather(store.tree('A-1', `X.${delay}.`))).map(({ name }) => name);
        t.strictSame(
          own,
          own.map((_, index) => `X.${delay}.${index}`),
          'what was written has no gaps',
        );
        before = (await store.update('A-1', () => deviceRecord('A-1', { informs: informs + 1 }))).informs;
        t.equal(before, informs + 1);
        await store.close();
      }
      if (kind === 'yaml') {
        const left = (await readdir(join(folder, 'devices'))).filter(
          (name) => name.startsWith('.') && name.includes('lock'),
        );
        t.strictSame(left, [], 'no lock outlives its owner');
      }
    },
  );
}

t.test('lmdb: no commit is lost while other processes open the store and close it', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const store = await openStore('lmdb', folder);
  t.teardown(() => store.close());
  const openers = ['1', '2'].map(() =>
    startChild('test/support/acs/store-child.ts', ['lmdb', folder, 'opens', '60', '']),
  );
  let open = openers.length;
  for (const { ended } of openers) {
    ended.then(({ code, errors }) => {
      open -= 1;
      t.strictSame([code, errors], [0, '']);
    });
  }
  let informs = 0;
  while (open > 0) {
    const { informs: now } = await store.update('A-1', (before) =>
      deviceRecord('A-1', { informs: (before?.informs ?? 0) + 1 }),
    );
    await store.durable();
    informs += 1;
    if (now !== informs) break;
  }
  t.equal((await store.get('A-1'))?.informs, informs);
});
