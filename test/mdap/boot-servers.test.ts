import t from 'tap';
import { poolOf, readNetwork, readPool } from '../../mdap/address-pool.ts';
import { readWantedImage } from '../../mdap/boot-images.ts';
import { findInterface, hasDefaultRoute, listInterfaces } from '../../mdap/interfaces.ts';

t.test(
  'a pool is written as two addresses, or taken from the network without its own and the factory address',
  async (t) => {
    t.strictSame(readPool('10.0.0.254-10.0.1.1'), ['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']);
    t.strictSame(readPool('10.0.0.1'), ['10.0.0.1']);
    for (const text of ['', '10.0.0.1-', '10.0.0.2-10.0.0.1', '1-2-3', '10.0.0.0-10.1.0.0'])
      t.throws(() => readPool(text), { code: 'E_CONFIG' }, text);
    const iface = { name: 'eth1', address: '192.168.1.70', mask: '255.255.255.0', loopback: false };
    const pool = poolOf(iface);
    t.equal(pool.length, 64);
    t.equal(pool[0], '192.168.1.64');
    t.notOk(pool.includes('192.168.1.70'));
    const small = poolOf({ ...iface, address: '192.168.1.241', mask: '255.255.255.240' });
    t.strictSame(small[0], '192.168.1.242');
    t.strictSame(small.at(-1), '192.168.1.253', 'the modems have .254 from the factory');
  },
);

t.test('a network contains its addresses and no other', async (t) => {
  const contains = readNetwork('192.168.1.77/24');
  t.ok(contains('192.168.1.0'));
  t.ok(contains('192.168.1.255'));
  t.notOk(contains('192.168.2.0'));
  t.ok(readNetwork('0.0.0.0/0')('255.255.255.255'));
  t.notOk(readNetwork('10.0.0.1')('10.0.0.2'));
  for (const text of ['10.0.0.0/33', '10.0.0/8', '10.0.0.0/8/8', ''])
    t.throws(() => readNetwork(text), { code: 'E_CONFIG' });
});

t.test('an image is for a board unless something else is said', async (t) => {
  t.strictSame(readWantedImage('BANT-R=a=b.bli'), { for: { by: 'board', board: 'BANT-R' }, file: 'a=b.bli' });
  t.match(readWantedImage('serial:CP0633EHPSL=f').for, { by: 'serial', serial: 'CP0633EHPSL' });
  t.match(readWantedImage('mac:00:14:7f:00:00:01=f').for, { by: 'mac' });
  t.match(readWantedImage('prefix:00-14-7F=f').for, { by: 'prefix' });
  t.match(readWantedImage('default=f').for, { by: 'default' });
  for (const text of ['', '=f', 'BANT-R=', 'mac:1=f', 'prefix:xx=f'])
    t.throws(() => readWantedImage(text), { code: 'E_CONFIG' });
});

t.test('interfaces are found by name and by address', async (t) => {
  const [lo] = listInterfaces().filter(({ loopback }) => loopback);
  if (lo === undefined) throw new Error('there is no loopback interface');
  t.strictSame(findInterface(lo.name), lo);
  t.strictSame(findInterface(lo.address)?.name, lo.name);
  t.equal(findInterface('none0'), undefined);
  t.not(await hasDefaultRoute(lo.name), true, 'nothing leads out over loopback');
});
