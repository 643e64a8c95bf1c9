import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { deviceKey, findDevice, parseDeviceKey, storageName } from '../../../acs/device-key.ts';
import { openStore } from '../../../acs/store/open.ts';
import type { StoreKind } from '../../../acs/store/options.ts';
import { STORE_KINDS } from '../../../acs/store/options.ts';
import { compareNames, sortable, sortablePrefix } from '../../../acs/store/order.ts';
import type { DeviceStore, Parameter } from '../../../acs/store/store.ts';
import type { ModemlabError } from '../../../protocol/errors.ts';
import { deviceRecord, gather } from '../../support/acs/device-record.ts';
import { assertProperty, property, SEED } from '../../support/seed.ts';

async function folderFor(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'modemlab-store-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function storeFor(t: Test, kind: StoreKind, folder?: string): Promise<DeviceStore> {
  const store = await openStore(kind, folder ?? (await folderFor(t)));
  t.teardown(() => store.close());
  return store;
}

const names = async (store: DeviceStore, key: string, prefix?: string): Promise<string[]> =>
  (await gather(store.tree(key, prefix))).map(({ name }) => name);

/** Names that break what takes them for members, paths, patterns or numbers. */
const HOSTILE = [
  '__proto__',
  'constructor.prototype.x',
  '../../x',
  '/etc/passwd',
  'a\0b',
  '',
  '.',
  '..',
  'a..b',
  '\x01\x02\x03\x04',
  'Ä.ß.中文.😀',
  '\ud800.x',
  '\udc00.x',
  '\ufffd.x',
  `A.${'x'.repeat(1022)}`,
  `A.${'x'.repeat(1021)}y`,
  '中'.repeat(1024),
  `${'中'.repeat(1023)}文`,
  'yes',
  'null',
  '~',
  '0123',
  '1e5',
  '- a: b',
  '"\'#&*!|>%@`',
  'a: b #c',
  '<<',
  '\ufeffx',
  '\u2028\u2029\u0085\x7f',
  '9007199254740993',
  '007',
];

for (const kind of STORE_KINDS) {
  t.test(`${kind}: a record is found again as it was written, and only under its key`, async (t) => {
    const store = await storeFor(t, kind);
    t.equal(await store.get('A-1'), undefined);
    const record = deviceRecord('A-1', { methods: ['Inform'] });
    t.strictSame(await store.update('A-1', () => record), record);
    t.strictSame(await store.get('A-1'), record);
    t.equal(await store.get('A-'), undefined);
    t.equal(await store.get('A-11'), undefined);
    t.equal(await store.get('a-1'), undefined, 'case matters');
  });

  t.test(
    `${kind}: updates that come at once are all made, each on the result of the one before`,
    async (t) => {
      const store = await storeFor(t, kind);
      const one = (key: string) =>
        store.update(key, (record) => deviceRecord(key, { informs: (record?.informs ?? 0) + 1 }));
      const keys = ['A-1', 'A-2'];
      const written = await Promise.all(
        Array.from({ length: 300 }, (_, index) => one(keys[index % 2] ?? '')),
      );
      t.equal(written.length, 300);
      for (const key of keys) t.equal((await store.get(key))?.informs, 150);
    },
  );

  t.test(`${kind}: a change that throws changes nothing and stops no other`, async (t) => {
    const store = await storeFor(t, kind);
    await store.update('A-1', () => deviceRecord('A-1'));
    const refused = store.update('A-1', () => {
      throw new Error('no');
    });
    const other = store.update('A-1', (record) =>
      deviceRecord('A-1', { informs: (record?.informs ?? 0) + 1 }),
    );
    await t.rejects(refused, { message: 'no' });
    t.equal((await other).informs, 2);
  });

  t.test(`${kind}: devices are listed in the order of keys`, async (t) => {
    const store = await storeFor(t, kind);
    const keys = Array.from(
      { length: 300 },
      (_, index) => `00147F-SpeedTouch%20780-CP${(index * 7919) % 1000}`,
    );
    await Promise.all(keys.map((key) => store.update(key, () => deviceRecord(key))));
    t.strictSame(
      (await gather(store.list())).map(({ key }) => key),
      [...keys].sort(),
    );
  });

  t.test(`${kind}: what is merged adds to what is known`, async (t) => {
    const store = await storeFor(t, kind);
    await store.merge('A-1', [
      { name: 'X.', writable: false },
      { name: 'X.A', writable: true },
    ]);
    await store.merge('A-1', [
      { name: 'X.A', value: '', type: 'string', readAt: '2026-01-01T00:00:00.000Z' },
    ]);
    await store.merge('A-1', [{ name: 'X.A', notification: 2, accessList: ['Subscriber'] }]);
    await store.merge('A-2', [{ name: 'X.A', value: 'other' }]);
    await store.merge('A-1', []);
    t.strictSame(await store.parameter('A-1', 'X.A'), {
      name: 'X.A',
      writable: true,
      value: '',
      type: 'string',
      readAt: '2026-01-01T00:00:00.000Z',
      notification: 2,
      accessList: ['Subscriber'],
    });
    t.strictSame(await store.parameter('A-1', 'X.'), { name: 'X.', writable: false });
    t.equal(await store.parameter('A-1', 'X'), undefined);
    t.equal(await store.parameter('A-3', 'X.A'), undefined);
    t.equal(await store.get('A-1'), undefined, 'a tree makes no record');
    await store.update('A-1', () => deviceRecord('A-1'));
    t.strictSame(await names(store, 'A-1'), ['X.', 'X.A'], 'and a record takes no tree away');
  });

  t.test(`${kind}: merges that come at once lose nothing`, async (t) => {
    const store = await storeFor(t, kind);
    const all = Array.from({ length: 40 }, (_, index) => index);
    await Promise.all(
      all.flatMap((index) => [
        store.merge('A-1', [{ name: `X.${index}.V`, value: `${index}` }]),
        store.merge('A-1', [{ name: `X.${index}.V`, writable: true }]),
      ]),
    );
    t.strictSame(
      await gather(store.tree('A-1')),
      all.map((index) => ({ name: `X.${index}.V`, value: `${index}`, writable: true })),
    );
  });

  t.test(`${kind}: the tree is in the order of names, instances by number`, async (t) => {
    const store = await storeFor(t, kind);
    const inOrder = [
      'X.',
      'X.1.',
      'X.1.A',
      'X.2.',
      'X.9.',
      'X.10.',
      'X.10.B',
      'X.A',
      'X.A.',
      'X.A.1',
      'X.A1',
      'Y',
    ];
    await store.merge(
      'A-1',
      [...inOrder].reverse().map((name) => ({ name })),
    );
    t.strictSame(await names(store, 'A-1'), inOrder);
    t.strictSame(await names(store, 'A-1', 'X.1'), ['X.1.', 'X.1.A', 'X.10.', 'X.10.B']);
    t.strictSame(await names(store, 'A-1', 'X.1.'), ['X.1.', 'X.1.A']);
    t.strictSame(await names(store, 'A-1', 'X.A'), ['X.A', 'X.A.', 'X.A.1', 'X.A1']);
    t.strictSame(await names(store, 'A-1', 'Z'), []);
  });

  t.test(`${kind}: a tree of thousands is read whole, over every page`, async (t) => {
    const store = await storeFor(t, kind);
    const count = kind === 'yaml' ? 600 : 3000;
    await store.merge(
      'A-1',
      Array.from({ length: count }, (_, index) => ({ name: `X.${index}.V`, value: `${index}` })),
    );
    t.strictSame(
      (await gather(store.tree('A-1'))).map(({ value }) => value),
      Array.from({ length: count }, (_, index) => `${index}`),
    );
  });

  t.test(`${kind}: what is forgotten is gone, and nothing beside it`, async (t) => {
    const store = await storeFor(t, kind);
    await store.merge(
      'A-1',
      ['X.', 'X.1.', 'X.1.A', 'X.10.', 'X.10.A', 'X.1', 'Y'].map((name) => ({ name })),
    );
    await store.merge('A-2', [{ name: 'X.1.A' }]);
    t.equal(await store.forget('A-1', 'X.1.'), 2);
    t.equal(await store.forget('A-1', 'X.1.'), 0);
    t.equal(await store.forget('A-1', 'Y'), 1);
    t.equal(await store.forget('A-1', 'X'), 0);
    t.equal(await store.forget('A-3', 'X.'), 0);
    t.strictSame(await names(store, 'A-1'), ['X.', 'X.1', 'X.10.', 'X.10.A']);
    t.strictSame(await names(store, 'A-2'), ['X.1.A']);
  });

  t.test(`${kind}: a device that is deleted is gone with its tree, and can come again`, async (t) => {
    const store = await storeFor(t, kind);
    for (const key of ['A-1', 'A-11']) {
      await store.update(key, () => deviceRecord(key));
      await store.merge(key, [{ name: 'X.A', value: key }]);
    }
    t.equal(await store.delete('A-1'), true);
    t.equal(await store.delete('A-1'), false);
    t.equal(await store.get('A-1'), undefined);
    t.strictSame(await names(store, 'A-1'), []);
    t.strictSame(await names(store, 'A-11'), ['X.A']);
    await store.update('A-1', (before) => deviceRecord('A-1', { informs: before === undefined ? 7 : 0 }));
    t.equal((await store.get('A-1'))?.informs, 7);
  });

  t.test(`${kind}: names are data, whatever they look like, of devices and of parameters`, async (t) => {
    const folder = await folderFor(t);
    const store = await openStore(kind, join(folder, 'data'));
    for (const key of HOSTILE) {
      await store.update(key, () => deviceRecord(key, { address: `at ${key}` }));
      await store.merge(key, [{ name: 'X', value: key }]);
    }
    await store.merge(
      'many',
      HOSTILE.map((name) => ({ name, value: `value of ${name}` })),
    );
    for (const key of HOSTILE) {
      // node:assert, for tap would take some of these names for its own protocol.
      assert.equal((await store.get(key))?.address, `at ${key}`);
      assert.equal((await store.parameter(key, 'X'))?.value, key);
      assert.equal((await store.parameter('many', key))?.value, `value of ${key}`);
    }
    t.equal((await gather(store.list())).length, HOSTILE.length);
    t.equal((await gather(store.tree('many'))).length, HOSTILE.length);
    const withDot = HOSTILE.filter((name) => name.startsWith('A.')).length;
    t.equal((await gather(store.tree('many', 'A.'))).length, withDot);
    t.equal((await gather(store.tree('many', `A.${'x'.repeat(1021)}`))).length, withDot);
    await store.learn({ model: '__proto__', replyStyle: 1, proven: true });
    t.equal((await store.learned('__proto__'))?.replyStyle, 1);
    t.equal(await store.learned('constructor'), undefined);
    for (const key of HOSTILE) assert.equal(await store.delete(key), true);
    for (const name of HOSTILE) if (name !== '') await store.forget('many', name);
    await store.close();
    t.strictSame(await readdir(folder), kind === 'memory' ? [] : ['data'], 'nothing was written elsewhere');
  });

  t.test(`${kind}: what was learnt of a model is kept, the last word counts`, async (t) => {
    const store = await storeFor(t, kind);
    t.equal(await store.learned('m'), undefined);
    await store.learn({ model: 'm', replyStyle: 1, proven: false });
    await store.learn({ model: 'n', replyStyle: 0, proven: true, batch: 16, wholeTree: false });
    await store.learn({ model: 'm', replyStyle: 2, proven: true });
    t.strictSame(await store.learned('m'), { model: 'm', replyStyle: 2, proven: true });
    t.strictSame(await store.learned('n'), {
      model: 'n',
      replyStyle: 0,
      proven: true,
      batch: 16,
      wholeTree: false,
    });
    await store.durable();
  });
}

for (const kind of ['lmdb', 'yaml'] as const) {
  t.test(`${kind}: a store that is opened again has all that was written`, async (t) => {
    const folder = await folderFor(t);
    const first = await openStore(kind, folder);
    const record = deviceRecord('A-1');
    await first.update('A-1', () => record);
    await first.merge('A-1', [{ name: 'X.A', value: 'v' }]);
    await first.learn({ model: 'm', replyStyle: 2, proven: true });
    await first.durable();
    await first.close();
    const second = await storeFor(t, kind, folder);
    t.strictSame(await second.get('A-1'), record);
    t.strictSame(await gather(second.tree('A-1')), [{ name: 'X.A', value: 'v' }]);
    t.equal((await second.learned('m'))?.replyStyle, 2);
  });

  t.test(`${kind}: a folder of another kind is refused and left alone`, async (t) => {
    const other = kind === 'lmdb' ? 'yaml' : 'lmdb';
    const folder = await folderFor(t);
    await (await openStore(other, folder)).close();
    await t.rejects(openStore(kind, folder), { code: 'E_DATA_IN_USE', place: /devices.format\.json/ });
    const bare = await folderFor(t);
    await mkdir(join(bare, 'devices'));
    await writeFile(join(bare, 'devices', other === 'lmdb' ? 'data.mdb' : 'A-1.yaml'), 'x');
    await t.rejects(openStore(kind, bare), { code: 'E_DATA_IN_USE', place: /data\.mdb|A-1\.yaml/ });
    t.strictSame((await readdir(join(bare, 'devices'))).length, 1);
  });

  t.test(`${kind}: a damaged format.json is reported with its file`, async (t) => {
    const folder = await folderFor(t);
    await mkdir(join(folder, 'devices'));
    await writeFile(join(folder, 'devices', 'format.json'), '{"kind":');
    await t.rejects(openStore(kind, folder), { code: 'E_DATA_UNREADABLE', place: /format\.json/ });
  });

  t.test(`${kind}: any value of any parameter is kept to the character (seed ${SEED})`, async (t) => {
    const anyValues = fc.asyncProperty(
      fc.array(fc.record({ name: anyText(), value: anyText(), type: anyText() }), { maxLength: 8 }),
      async (given) => {
        const folder = await mkdtemp(join(tmpdir(), 'modemlab-store-'));
        try {
          const store = await openStore(kind, folder);
          const parameters = new Map<string, Parameter>(
            given.map((parameter) => [parameter.name, { ...parameter }]),
          );
          await store.merge('A-1', [...parameters.values()]);
          await store.close();
          const again = await openStore(kind, folder);
          for (const [name, parameter] of parameters)
            assert.deepEqual(await again.parameter('A-1', name), parameter);
          assert.equal((await gather(again.tree('A-1'))).length, parameters.size);
          await again.close();
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      },
    );
    await assertProperty(t, anyValues, 25);
    t.pass('kept');
  });
}

/** Texts as modems and people write them, and every UTF-16 code unit in any order. */
function anyText(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constantFrom(
      ...HOSTILE,
      ' leading',
      'trailing ',
      'two\nlines\n',
      '\r\n',
      '\t',
      'true',
      '.5',
      '0x1F',
      '2026-01-01',
      '---',
      '...',
    ),
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc
      .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 })
      .map((units) => String.fromCharCode(...units)),
  );
}

t.test(
  'lmdb: a file that is not LMDB, or half of one, is reported by its name and not changed',
  async (t) => {
    const folder = await folderFor(t);
    const store = await openStore('lmdb', folder);
    await store.merge(
      'A-1',
      Array.from({ length: 1000 }, (_, index) => ({ name: `X.${index}`, value: 'v' })),
    );
    await store.close();
    const file = join(folder, 'devices', 'data.mdb');
    const whole = await readFile(file);
    for (const damaged of [
      Buffer.alloc(65536, 'x'),
      Buffer.alloc(65536),
      Buffer.from('x'),
      whole.subarray(0, 8192 + 4096),
    ]) {
      await writeFile(file, damaged);
      await t.rejects(openStore('lmdb', folder), { code: 'E_DATA_UNREADABLE', place: /data\.mdb: / });
      t.ok((await readFile(file)).equals(damaged));
    }
    await writeFile(file, whole);
    t.equal((await names(await storeFor(t, 'lmdb', folder), 'A-1')).length, 1000);
  },
);

t.test('yaml: a damaged device is reported with file and line, and stops no other', async (t) => {
  const folder = await folderFor(t);
  const problems: ModemlabError[] = [];
  const store = await openStore('yaml', folder, { onProblem: (problem) => problems.push(problem) });
  t.teardown(() => store.close());
  for (const key of ['A-1', 'A-2', 'A-3', 'A-4']) await store.update(key, () => deviceRecord(key));
  const file = join(folder, 'devices', 'A-2.yaml');
  await writeFile(file, 'version: 1\nkey: "A-2"\nrecord: {\n');
  await writeFile(join(folder, 'devices', 'A-4.yaml'), await readFile(join(folder, 'devices', 'A-3.yaml')));
  t.strictSame(
    (await gather(store.list())).map(({ key }) => key),
    ['A-1', 'A-3'],
  );
  t.strictSame(
    problems.map(({ code }) => code),
    ['E_DATA_UNREADABLE', 'E_DATA_UNREADABLE'],
  );
  t.match(problems[0]?.place, /A-2\.yaml: line \d+: /);
  t.match(problems[1]?.place, /A-4\.yaml: key/);
  await t.rejects(store.get('A-2'), { code: 'E_DATA_UNREADABLE', place: /A-2\.yaml/ });
  await t.rejects(
    store.update('A-2', () => deviceRecord('A-2')),
    { code: 'E_DATA_UNREADABLE' },
  );
  t.match(await readFile(file, 'utf8'), 'record: {', 'what a person may still repair is not written over');
  t.equal((await store.update('A-1', () => deviceRecord('A-1', { informs: 9 }))).informs, 9);
});

t.test('yaml: a file is in a fixed order, readable, and may be edited by hand', async (t) => {
  const folder = await folderFor(t);
  const store = await storeFor(t, 'yaml', folder);
  const file = join(folder, 'devices', 'A-1.yaml');
  await store.merge('A-1', [
    { name: 'X.10.V', value: '1' },
    { name: 'X.9.V', value: 'yes', writable: true },
  ]);
  await store.update('A-1', () => deviceRecord('A-1'));
  const text = await readFile(file, 'utf8');
  t.match(text, /^version: 1\nkey: "A-1"\nrecord:\n {2}key: "A-1"\n {2}deviceId:\n/);
  t.match(
    text,
    /tree:\n {2}X\.9\.V:\n {4}value: "yes"\n {4}writable: true\n {2}X\.10\.V:\n {4}value: "1"\n$/,
  );
  await store.merge('A-1', [{ name: 'X.9.V', value: 'no' }]);
  t.equal(await readFile(file, 'utf8'), text.replace('"yes"', '"no"'), 'one change is one line');
  await writeFile(file, text.replace('"yes"', '0123').replace('value: "1"', 'value: null'));
  t.equal((await store.parameter('A-1', 'X.9.V'))?.value, '0123');
  t.equal((await store.parameter('A-1', 'X.10.V'))?.value, 'null');
});

t.test('yaml: a folder holds one file a device and nothing else for version control', async (t) => {
  const folder = await folderFor(t);
  const store = await openStore('yaml', folder);
  await store.update('A-1', () => deviceRecord('A-1'));
  await store.learn({ model: 'm', replyStyle: 2, proven: true });
  await store.close();
  t.strictSame(await readdir(join(folder, 'devices')), ['A-1.yaml', 'format.json', 'learned.models.yaml']);
});

t.test('lmdb: reads of this process see an update before its commit, and close writes it', async (t) => {
  const folder = await folderFor(t);
  const store = await openStore('lmdb', folder);
  const updates = Array.from({ length: 20 }, (_, index) =>
    store.update('A-1', (before) =>
      deviceRecord('A-1', { informs: (before?.informs ?? 0) + 1, address: `${index}` }),
    ),
  );
  t.equal((await store.get('A-1'))?.informs, 20);
  await store.close();
  t.equal((await Promise.all(updates)).at(-1)?.informs, 20);
  const again = await storeFor(t, 'lmdb', folder);
  t.equal((await again.get('A-1'))?.informs, 20);
});

property(
  t,
  'sortable names sort as names compare, and are different for different names',
  fc.property(fc.array(anyName(), { minLength: 2, maxLength: 12 }), (given) => {
    const byCompare = [...new Set(given)].sort(compareNames);
    const bySortable = [...byCompare].sort((a, b) => Buffer.compare(sortable(a), sortable(b)));
    assert.deepEqual(bySortable, byCompare);
    for (const [index, name] of byCompare.entries()) {
      const prefix = name.slice(0, index * 2);
      const start = sortablePrefix(prefix);
      assert.ok(sortable(name).subarray(0, start.length).equals(start));
      for (const other of byCompare) assert.equal(compareNames(name, other) === 0, name === other);
    }
  }),
);

function anyName(): fc.Arbitrary<string> {
  const part = fc.oneof(
    fc.constantFrom(
      '',
      'A',
      'AB',
      'a',
      '0',
      '1',
      '2',
      '9',
      '10',
      '11',
      '01',
      '007',
      '\0',
      '\x01',
      '\x03',
      '\t',
      'é',
      '\uffff',
      '😀',
    ),
    fc.integer({ min: 0, max: 3000 }).map(String),
    fc.string({ unit: 'grapheme', maxLength: 4 }).map((text) => text.replaceAll('.', '')),
  );
  return fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
}

const identity = (OUI: string, ProductClass: string, SerialNumber: string) => ({
  OUI,
  ProductClass,
  SerialNumber,
});

t.test('the key of a device is written as TR-069a6 section 3.4.4 says, and read back', async (t) => {
  t.equal(deviceKey(identity('012345', 'Set-Top-Box', '0123456789')), '012345-Set%2DTop%2DBox-0123456789');
  t.equal(deviceKey(identity('012345', '', '0123456789')), '012345-0123456789');
  t.equal(
    deviceKey(identity('00147F', 'SpeedTouch 780', ' CP0638JT5PH ')),
    '00147F-SpeedTouch%20780-CP0638JT5PH',
  );
  t.equal(deviceKey(identity('A', 'é', '_')), 'A-%C3%A9-_');
  t.strictSame(
    parseDeviceKey('012345-Set%2DTop%2DBox-0123456789'),
    identity('012345', 'Set-Top-Box', '0123456789'),
  );
  t.strictSame(parseDeviceKey('012345-0123456789'), identity('012345', '', '0123456789'));
  t.equal(parseDeviceKey('no key'), undefined);
  t.equal(parseDeviceKey('a-b-c-d'), undefined);
  t.equal(parseDeviceKey('a-%FF'), undefined);
  const endless = deviceKey(identity('A', 'B', '😀'.repeat(100_000)));
  t.ok(endless.length < 1000, 'an endless serial number makes no endless key');
  t.not(endless, deviceKey(identity('A', 'B', `${'😀'.repeat(99_999)}x`)));
});

property(
  t,
  'lawful identities have different keys, and every key is read back',
  fc.property(fc.array(fc.tuple(part(6), part(64), part(64)), { maxLength: 6 }), (given) => {
    const seen = new Map<string, string>();
    for (const [OUI, ProductClass, SerialNumber] of given) {
      const id = identity(OUI, ProductClass, SerialNumber);
      const key = deviceKey(id);
      assert.match(key, /^[\w%-]+$/);
      assert.deepEqual(parseDeviceKey(key), id);
      assert.equal(seen.get(key) ?? JSON.stringify(id), JSON.stringify(id));
      seen.set(key, JSON.stringify(id));
      assert.match(storageName(key), /^[\w%~-]{1,200}$/);
    }
  }),
);

function part(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: 'grapheme', maxLength }).map((text) => text.trim());
}

t.test('a device is found by its key, or by its serial number when that is unique', async (t) => {
  const store = await storeFor(t, 'memory');
  for (const [key, serial] of [
    ['A-X-1', '1'],
    ['A-Y-1', ' 1'],
    ['A-Y-2', '2 '],
  ] as const) {
    const deviceId = { Manufacturer: '', OUI: 'A', ProductClass: 'X', SerialNumber: serial };
    await store.update(key, () => deviceRecord(key, { deviceId }));
  }
  t.equal((await findDevice(store, 'A-X-1')).key, 'A-X-1');
  t.equal((await findDevice(store, '2')).key, 'A-Y-2');
  await t.rejects(findDevice(store, '1'), { code: 'E_DEVICE_AMBIGUOUS', place: 'A-X-1, A-Y-1' });
  await t.rejects(findDevice(store, '3'), { code: 'E_DEVICE_UNKNOWN', place: '3' });
});

t.test('memory: what is kept does not keep the document that it was cut from', async (t) => {
  const store = await storeFor(t, 'memory');
  const before = process.memoryUsage().rss;
  for (let index = 0; index < 200; index += 1) {
    const document = Buffer.alloc(1_000_000, `${index} `).toString('latin1');
    await store.merge('A-1', [{ name: `X.${index}`, value: document.slice(100, 150) }]);
  }
  const grown = process.memoryUsage().rss - before;
  t.ok(grown < 120_000_000, `200 values of 50 characters from 200 MB took ${Math.round(grown / 1e6)} MB`);
});

t.comment(`seed ${SEED}`);
