/** What `--record` keeps on a real LAN is what a sniffer sees there. */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import type { StoryRecord } from '../../../captures/story/story-record.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import { run, temporaryFolder } from '../../support/process/cli.ts';
import { bridgedNamespaces, noNamespaces } from '../../support/process/namespaces.ts';
import { until } from '../../support/until.ts';

const HOST = '192.168.1.5';
const ANTS = ['ant0', 'ant1'];

const noSniffer: string | false =
  spawnSync('dumpcap', ['--version']).status === 0 ? false : 'dumpcap is not installed';

/** Each message once: what was sent again may have been lost to one of the two. */
async function linesOf(file: string): Promise<readonly string[]> {
  const shown = await run(['capture', 'show', file, '--json']);
  const { records }: { records: readonly StoryRecord[] } = JSON.parse(shown.out);
  const lines = records.map(({ from, to, protocol, what }) => `${protocol} ${what} ${from} > ${to}`);
  return [...new Set(lines)].sort();
}

t.test(
  'the flashing of two modems with one address is on the record as it is on the wire',
  { skip: noNamespaces() || noSniffer },
  async (t) => {
    const folder = await temporaryFolder(t);
    const file = (name: string): string => path.join(folder, name);
    const lan = await bridgedNamespaces(t, {
      host: `${HOST}/24`,
      ...Object.fromEntries(ANTS.map((name) => [name, '192.168.1.254/24'])),
    });
    const host = lan.get('host');
    if (host === undefined) throw new Error('there is a host');
    await writeFile(
      file('new.bli'),
      writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' }, 60_000),
    );
    await writeFile(
      file('plan.yaml'),
      'version: 1\nimages: [new.bli]\nrules: [{ name: one }]\ntimes: { write: 20, restart: 20 }\n',
    );
    const ants = ANTS.map((name, index) => {
      const where = ['--iface', '192.168.1.254', '--configure', 'eth0', '--first', String(index)];
      return lan
        .get(name)
        ?.start('cli/bin.ts', [
          ...['simulate', 'ant', '--speed', '20', '--json', '--record', file(`${name}.pcapng`)],
          ...where,
        ]);
    });
    await Promise.all(ants.map((ant) => ant?.says('"firmware"')));
    const sniffer = host.startProgram('dumpcap', [
      '-q',
      '-i',
      'eth0',
      '-f',
      'udp',
      '-w',
      file('wire.pcapng'),
    ]);
    await until(() => sniffer.err().includes('File:'), 'the sniffer listens');
    const flash = host.start('cli/bin.ts', [
      ...['mdap', 'flash', '--plan', file('plan.yaml'), '--iface', HOST, '--expect', '2'],
      ...['--record', file('host.pcapng')],
    ]);
    t.equal(await flash.ended, 0, 'both are flashed');
    await Promise.all(ants.map((ant) => ant?.stop()));
    const ofHost = await linesOf(file('host.pcapng'));
    // A sniffer gets packets some time after they passed, and loses those that wait when it stops.
    let wire: readonly string[] = [];
    await until(async () => {
      wire = await linesOf(file('wire.pcapng'));
      return wire.length >= ofHost.length;
    }, 'the sniffer has written what the host recorded');
    t.strictSame(ofHost, wire);
    for (const kind of ['BOOTP BOOTREQUEST', 'BOOTP BOOTREPLY', 'TFTP transfer done', 'MDAP EXEC-CLI'])
      t.ok(
        wire.some((line) => line.startsWith(kind)),
        kind,
      );
    // An ant in boot mode has no address, and hears nothing of what is said to the group.
    const known = new Set(wire);
    const ofAnt = (await linesOf(file('ant0.pcapng'))).filter((line) => !line.includes(' 0.0.0.0:68 > '));
    t.strictSame(
      ofAnt.filter((line) => !known.has(line)),
      [],
    );
    t.ok(ofAnt.some((line) => line.startsWith('TFTP transfer done')));
  },
);
