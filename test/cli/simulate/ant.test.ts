import t from 'tap';
import { run, start } from '../../support/process/cli.ts';
import { bridgedNamespaces, noNamespaces } from '../../support/process/namespaces.ts';

/** A group and port of this test's own. */
const WHERE = ['--group', '239.255.44.7', '--port', String(20_000 + (process.pid % 20_000))];
const HERE = ['--iface', '127.0.0.1', ...WHERE];

t.test('ants are found and commanded from another process, and end at a signal', async (t) => {
  const ants = start([
    'simulate',
    'ant',
    '--count',
    '3',
    '--speed',
    '50',
    '--json',
    '--client-port',
    '0',
    ...WHERE,
  ]);
  t.teardown(() => ants.signal());
  const first = JSON.parse(await ants.firstLine);
  t.match(first, { event: 'listening', ants: [/^0703KT/, /^0703KT/, /^0703KT/] });
  // They answer once they have started: the search goes on until all have.
  let found: { antId: string }[] = [];
  for (let search = 0; search < 20 && found.length < 3; search++)
    found = JSON.parse((await run(['mdap', 'discover', '--json', ...HERE])).out);
  t.same(found.map(({ antId }) => antId).sort(), [...first.ants].sort());
  const id = first.ants[0];
  const version = await run(['mdap', 'exec', id, 'software version', ...HERE]);
  t.match(version, { code: 0, out: /Flash image : 6\.2\.17\.5\.0/ });
  ants.signal();
  t.match(await ants.end, { code: 0, err: '' });
});

t.test(
  'with --configure an interface follows the addresses of the ant; without it keeps its own',
  { skip: noNamespaces() },
  async (t) => {
    const before = '192.168.1.9';
    const lan = await bridgedNamespaces(t, {
      host: '192.168.1.5/24',
      ant: `${before}/24`,
      plain: `${before}/24`,
    });
    const [host, box, plain] = ['host', 'ant', 'plain'].map((name) => lan.get(name));
    if (host === undefined || box === undefined || plain === undefined) throw new Error('three are there');
    const addressesAt = async ({ ip, iface }: typeof box): Promise<readonly string[]> =>
      [...(await ip('-4', 'addr', 'show', 'dev', iface)).matchAll(/inet (\S+)/g)].map(
        ([, inet = '']) => inet,
      );
    const simulate = ['simulate', 'ant', '--speed', '20', '--json', '--iface', before];

    const without = plain.start('cli/bin.ts', [...simulate, '--client-port', '0']);
    await without.says('"firmware"');
    t.strictSame(await addressesAt(plain), [`${before}/24`], 'without the option nothing is touched');
    await without.stop();

    const ant = box.start('cli/bin.ts', [...simulate, '--configure', box.iface]);
    await ant.says('"firmware"');
    const mdap = async (...words: readonly string[]): Promise<string> => {
      const command = host.start('cli/bin.ts', ['mdap', ...words, '--iface', '192.168.1.5']);
      t.equal(await command.ended, 0, `${words[0]} ${command.err()}`);
      return command.out();
    };
    const found = JSON.parse(await mdap('discover', '--expect', '1', '--json'));
    t.match(found, [{ address: '192.168.1.254' }], 'the address of the factory');
    t.strictSame(await addressesAt(box), ['192.168.1.254/24', '10.0.0.138/24'], 'both, and not its own');
    await mdap('exec', found[0].antId, 'ip ipadd intf=LocalNetwork addr=192.168.1.77/24');
    // It answers before its interface has changed; the next command it hears by the new sockets.
    await mdap('exec', found[0].antId, 'ip iplist');
    t.ok((await addressesAt(box)).includes('192.168.1.77/24'), 'and the one that a command adds');
  },
);

t.test('an unknown fault, profile or port is refused', async (t) => {
  t.match(await run(['simulate', 'ant', '--fault', 'gremlins']), { code: 2, err: /^E_USAGE.*--list faults/ });
  t.match(await run(['simulate', 'ant', '--profile', 'st9000']), {
    code: 2,
    err: /^E_CONFIG.*no profile st9000/,
  });
  t.match(await run(['simulate', 'ant', '--port', '70000']), { code: 2, err: /--port/ });
  t.match(JSON.parse((await run(['simulate', 'ant', '--list', 'faults', '--json'])).out), [
    { name: 'no-boot-mode' },
  ]);
});
