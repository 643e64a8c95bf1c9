/** The servers on their real ports, in networks of the test's own. */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { writeImage } from '../../protocol/datamodel/firmware-image.ts';
import { macBytes, macText } from '../../protocol/ipv4.ts';
import { temporaryFolder } from '../support/lan/tftp-stage.ts';
import { bridgedNamespaces, noNamespaces } from '../support/process/namespaces.ts';

const IMAGE = writeImage({ family: 'QH', board: 'BANT-R', version: '6.2.17.5' }, 200_000);
const SHA256 = createHash('sha256').update(IMAGE).digest('hex');
const skip = noNamespaces();
// Every process of a busy machine takes seconds to start.
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

t.test(
  'modems that all have the factory address boot at once by broadcast, from ports 67 and 69',
  { skip },
  async (t) => {
    const factory = '192.168.1.254/24';
    const modems = ['one', 'two', 'three'];
    const all = await bridgedNamespaces(t, {
      server: '192.168.1.1/24',
      ...Object.fromEntries(modems.map((name) => [name, factory])),
    });
    const file = path.join(await temporaryFolder(t), 'bant-r.bli');
    await writeFile(file, IMAGE);
    const server = all
      .get('server')
      ?.start('cli/bin.ts', [
        ...['mdap', 'serve', '--iface', 'eth0', '--any-mac', '--json', '--image', `BANT-R=${file}`],
      ]);
    if (server === undefined) throw new Error('no server');
    await server.says('"listening"');
    const booted = modems.map(async (name) => {
      const modem = all.get(name);
      // A broadcast needs a way out.
      await modem?.ip('route', 'add', 'default', 'dev', modem.iface);
      const child = modem?.start('test/support/lan/boot-child.ts', [modem.iface, modem.mac, 'BANT-R']);
      t.equal(await child?.ended, 0, `${name}: ${child?.err()}`);
      return lines(child?.out() ?? '')[0] ?? {};
    });
    const leases = await Promise.all(booted);
    for (const lease of leases)
      t.match(lease, { server: '192.168.1.1', bytes: IMAGE.length, sha256: SHA256 });
    t.equal(
      new Set(leases.map(({ address }) => address)).size,
      modems.length,
      'each has an address of its own',
    );
    await server.stop();
    const events = lines(server.out());
    const macs = modems.map((name) => macText(macBytes(all.get(name)?.mac ?? '')));
    const done = events.filter(({ event }) => event === 'tftp-done');
    t.strictSame(done.map(({ mac }) => mac).sort(), macs.sort(), 'the server knows who fetched');
    t.strictSame(
      events.filter(({ event }) => event === 'warning'),
      [],
    );
  },
);

t.test(
  'another server on the wire is reported, and unicast replies have an entry in the neighbour table',
  { skip },
  async (t) => {
    const all = await bridgedNamespaces(t, {
      server: '192.168.1.1/24',
      rogue: '192.168.1.2/24',
      modem: '192.168.1.254/24',
    });
    const file = path.join(await temporaryFolder(t), 'bant-r.bli');
    await writeFile(file, IMAGE);
    const serve = ['mdap', 'serve', '--iface', 'eth0', '--any-mac', '--json', '--image', `BANT-R=${file}`];
    const rogue = all.get('rogue')?.start('cli/bin.ts', [...serve, '--pool', '192.168.1.200-192.168.1.210']);
    const [server, modem] = [all.get('server'), all.get('modem')];
    const ours = server?.start('cli/bin.ts', [...serve, '--reply-mode', 'unicast-arp']);
    if (rogue === undefined || ours === undefined || modem === undefined) throw new Error('not started');
    await Promise.all([rogue.says('"listening"'), ours.says('"listening"')]);
    await modem.ip('route', 'add', 'default', 'dev', modem.iface);
    modem.start('test/support/lan/boot-child.ts', [modem.iface, modem.mac, 'BANT-R', 'deaf']);
    await ours.says('"foreign-reply"');
    const foreign = lines(ours.out()).find(({ event }) => event === 'foreign-reply');
    t.match(foreign, { server: '192.168.1.2', offered: '192.168.1.200' });
    const neighbours = (await server?.ip('neigh', 'show', '192.168.1.64')) ?? '';
    t.ok(neighbours.includes(`lladdr ${modem.mac}`), neighbours);
  },
);
