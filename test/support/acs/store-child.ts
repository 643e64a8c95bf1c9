/**
 * A process that counts a device's Informs up and adds parameters to its tree. Arguments: kind, folder,
 * device, how often, prefix of its parameters. As the device `opens`, it opens and closes the store so often
 * and does nothing else.
 */
import { openStore } from '../../../acs/store/open.ts';
import { STORE_KINDS } from '../../../acs/store/options.ts';
import { deviceRecord } from './device-record.ts';

const [kind = '', folder = '', key = '', times = '', prefix = ''] = process.argv.slice(2);
const storeKind = STORE_KINDS.find((candidate) => candidate === kind) ?? 'lmdb';
if (key === 'opens') {
  for (let time = 0; time < Number(times); time += 1) await (await openStore(storeKind, folder)).close();
  process.exit(0);
}
const store = await openStore(storeKind, folder);
process.stdout.write('ready\n');
for (let time = 0; time < Number(times); time += 1) {
  const update = store.update(key, (before) => deviceRecord(key, { informs: (before?.informs ?? 0) + 1 }));
  const merge = store.merge(key, [{ name: `X.${prefix}.${time}`, value: `${time}` }]);
  const shared = store.merge(key, [
    { name: `X.shared.${time}`, accessList: [], ...(prefix === '1' ? { value: 'v' } : { writable: true }) },
  ]);
  await Promise.all([update, merge, shared]);
}
await store.close();
