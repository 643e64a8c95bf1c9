/**
 * The whole of it on a real LAN: 24 modems with one address, each in a network namespace, real ports and real
 * multicast.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { FlashReport } from '../../../mdap/flash/report.ts';
import { writeImage } from '../../../protocol/datamodel/firmware-image.ts';
import type { AntFault } from '../../../simulator/index.ts';
import { createModem } from '../../../simulator/index.ts';
import { bridgedNamespaces, noNamespaces } from '../../support/process/namespaces.ts';

const HOST = '192.168.1.5';
const COUNT = 24;

/** All get the image, an address from .20 on, and lose the one that all have. */
const PLAN = `version: 1
network: 192.168.1.0/24
images: [new.bli]
counters: { n: { from: 20, to: 60 } }
commands:
  - ip ipadd intf=LocalNetwork addr=192.168.1.\x24{n}
  - ip ipdelete addr=192.168.1.254
  - ip ipdelete addr=10.0.0.138
  - saveall
rules:
  - { name: 'bench-\x24{n}', address: '192.168.1.\x24{n}' }
verify:
  commands: [{ cli: ip iplist, shows: '\x24{address}' }]
times: { write: 20, restart: 20, search-every: 1 }
`;

/** Two fail: the loader of one refuses the image, the other never comes back. */
const FAULTS: ReadonlyMap<number, AntFault> = new Map([
  [3, 'wrong-board'],
  [17, 'never-returns'],
]);

const modems = Array.from({ length: COUNT }, (_, index) => {
  const { unit } = createModem({ acs: 'http://127.0.0.1/', profile: 'st585v6', index }).device;
  return {
    name: `ant${index}`,
    index,
    serial: unit.boardSerial,
    mac: unit.mac,
    fault: FAULTS.get(index) ?? '',
  };
});

/** Starts every modem in its namespace, and waits until it is up. */
async function startModems(lan: Awaited<ReturnType<typeof bridgedNamespaces>>): Promise<void> {
  await Promise.all(
    modems.map(async ({ name, index, mac, fault }) => {
      const namespace = lan.get(name);
      await namespace?.ip('link', 'set', 'eth0', 'address', mac);
      await namespace?.start('test/support/lan/namespace-ant.ts', [String(index), fault]).says('up\n');
    }),
  );
}

t.test(
  `${COUNT} modems with one address are found, flashed and renumbered on a real LAN`,
  { skip: noNamespaces() },
  async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'modemlab-flash-'));
    t.teardown(() => rm(folder, { recursive: true, force: true }));
    const addresses = modems.map(({ name }): [string, string] => [name, '192.168.1.254/24']);
    const lan = await bridgedNamespaces(t, { host: `${HOST}/24`, ...Object.fromEntries(addresses) });
    const host = lan.get('host');
    if (host === undefined) throw new Error('there is a host');
    const began = performance.now();
    await startModems(lan);
    t.comment(`${COUNT} modems are up after ${Math.round(performance.now() - began)} ms`);
    const modemlab = async (...words: readonly string[]) => {
      const child = host.start('cli/bin.ts', words);
      const code = await child.ended;
      return { code, out: child.out(), err: child.err() };
    };
    const discover = async (...words: readonly string[]) => {
      const { out } = await modemlab('mdap', 'discover', '--iface', HOST, '--json', ...words);
      const ants: { antId: string; address: string }[] = JSON.parse(out);
      return ants.map(({ antId, address }) => `${antId} ${address}`).sort();
    };

    t.strictSame(
      await discover('--expect', String(COUNT), '--timeout', '20'),
      modems.map(({ serial }) => `${serial} 192.168.1.254`),
      `${COUNT} are found, all with one address`,
    );

    const image = writeImage({ family: 'QI', board: 'BANT-W', version: '6.2.29.2' }, 200_000);
    await writeFile(path.join(folder, 'new.bli'), image);
    await writeFile(path.join(folder, 'plan.yaml'), PLAN);
    const report = path.join(folder, 'report.json');
    const { code, out, err } = await modemlab(
      ...['mdap', 'flash', '--plan', path.join(folder, 'plan.yaml'), '--iface', HOST],
      ...['--expect', String(COUNT), '--report', report],
    );
    t.equal(code, 1, 'two have failed');
    t.ok(out.endsWith('\n22 done, 2 failed\n'), 'the report says so');
    const written: FlashReport = JSON.parse(await readFile(report, 'utf8'));
    t.match(written, { done: COUNT - 2, failed: 2, skipped: 0, cancelled: 0 });
    if (written.done !== COUNT - 2) t.comment(err.slice(-4000));
    t.strictSame(
      written.modems.filter(({ state }) => state === 'failed').map(({ serial, reason }) => [serial, reason]),
      [
        [modems[3]?.serial, 'image-rejected'],
        [modems[17]?.serial, 'not-back'],
      ],
      'each for its true reason',
    );
    const good = written.modems.filter(({ state }) => state === 'done');
    t.equal(new Set(good.map(({ address }) => address)).size, COUNT - 2, 'each has an address of its own');
    t.ok(
      good.every(({ versionBefore, version }) => `${versionBefore} ${version}` === '6.2.17.5 6.2.29.2'),
      'each has the firmware of the image',
    );
    t.comment(
      `${(Date.parse(written.endedAt) - Date.parse(written.startedAt)) / 1000} s for ${COUNT} modems`,
    );
    t.strictSame(
      await discover('--timeout', '10'),
      good.map(({ serial, address }) => `${serial} ${address}`).sort(),
      'they are where the report says; the two are in boot mode, and dead',
    );
  },
);
