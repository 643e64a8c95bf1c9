import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { DataFolder, DataFolderOptions } from '../../acs/data-folder.ts';
import { openData } from '../../acs/data-folder.ts';
import type { DeviceRecord } from '../../acs/store/store.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { sampleDevice, temporaryFolder } from '../support/process/cli.ts';

const create = (options: Partial<DataFolderOptions> = {}): DataFolderOptions => ({
  owner: 'test',
  create: true,
  ...options,
});

const marker = async (folder: string): Promise<unknown> =>
  JSON.parse(await readFile(path.join(folder, 'modemlab.json'), 'utf8'));

async function refusal(promise: Promise<DataFolder>): Promise<string> {
  try {
    await (await promise).close();
    return 'opened';
  } catch (error) {
    return error instanceof ModemlabError ? error.message : String(error);
  }
}

t.test('a new folder remembers of what kind it is', async (t) => {
  const root = await temporaryFolder(t);
  for (const [name, options, expected] of [
    ['plain', {}, { version: 1, store: 'lmdb', queue: 'dir' }],
    ['yaml', { store: 'yaml' }, { version: 1, store: 'yaml', queue: 'dir' }],
    ['half', { store: 'memory' }, { version: 1, queue: 'dir' }],
    ['memory', { store: 'memory', queue: 'memory' }, { version: 1 }],
  ] as const) {
    const folder = path.join(root, name);
    await (await openData(folder, create(options))).close();
    t.strictSame(await marker(folder), expected, name);
    t.notOk(
      (await readdir(folder)).some((file) => file.startsWith('.')),
      `${name}: nothing is left lying`,
    );
    t.equal(
      await refusal(openData(folder, { owner: 'other', create: false })),
      'opened',
      `${name}: it opens again`,
    );
  }
  t.strictSame(
    await marker(path.join(root, 'half')),
    { version: 1, store: 'lmdb', queue: 'dir' },
    'what was in memory is decided by the first that is not',
  );
});

t.test('what contradicts the folder is refused, and changes nothing', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'data');
  t.match(await refusal(openData(folder, { owner: 'x', create: false })), /^E_DATA_MISSING/);
  await (await openData(folder, create({ store: 'yaml' }))).close();
  t.match(await refusal(openData(folder, create({ store: 'lmdb' }))), /^E_DATA_IN_USE.*store of kind yaml/);
  t.strictSame(await marker(folder), { version: 1, store: 'yaml', queue: 'dir' });
  for (const [text, expected] of [
    ['', /^E_DATA_UNREADABLE.*modemlab\.json/],
    ['null', /^E_DATA_UNREADABLE.*version is missing/],
    ['{"version":2}', /^E_DATA_IN_USE.*version 2, this is version 1/],
    ['{"version":1,"store":"paper"}', /^E_DATA_IN_USE.*store paper/],
    ['{"version":1,"queue":7}', /^E_DATA_IN_USE.*queue 7/],
  ] as const) {
    await writeFile(path.join(folder, 'modemlab.json'), text);
    t.match(await refusal(openData(folder, create())), expected, text);
  }
});

t.test('of several that make the folder at one moment none fails, and all open the same', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'data');
  const opened = await Promise.all(
    Array.from({ length: 8 }, (_, index) => openData(folder, create({ owner: `server-${index}` }))),
  );
  const [first] = opened;
  const { device } = sampleDevice('CP0644JTAAA');
  await first?.store.update(device.key, () => device);
  for (const { store } of opened) t.strictSame(await store.get(device.key), device);
  await Promise.all(opened.map(({ close }) => close()));
  t.strictSame(await marker(folder), { version: 1, store: 'lmdb', queue: 'dir' });
});

t.test('opening and closing a folder over and over does not stop one that is at work on it', async (t) => {
  const folder = path.join(await temporaryFolder(t), 'data');
  const worker = await openData(folder, create());
  const { device, parameters } = sampleDevice('CP0644JTAAA');
  const count = (record: DeviceRecord | undefined): DeviceRecord => ({
    ...device,
    informs: (record?.informs ?? 0) + 1,
  });
  const rounds = 60;
  const work = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      await worker.store.update(`worker-${device.key}`, count);
      await worker.store.merge(`worker-${device.key}`, parameters);
    }
  };
  const visit = async (): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const visitor = await openData(folder, create({ owner: `visitor-${round}` }));
      await visitor.store.update(device.key, count);
      await visitor.close();
      await visitor.close();
    }
  };
  await Promise.all([work(), visit()]);
  await worker.close();
  const after = await openData(folder, { owner: 'last', create: false });
  t.equal((await after.store.get(device.key))?.informs, rounds);
  t.equal((await after.store.get(`worker-${device.key}`))?.informs, rounds);
  await after.close();
});
