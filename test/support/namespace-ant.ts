/** One modem in a process and a network namespace of its own: `ip netns exec NAME node ... namespace-ant.ts OPTIONS`. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { openUdp } from '../../mdap/datagram-port.ts';
import { createRandom } from '../../simulator/random.ts';
import { WireAnt, type WireHabit } from './wire-ant.ts';

const ip = (...words: readonly string[]): Promise<unknown> =>
  promisify(execFile)('ip', words, { timeout: 20_000 });

/** The interface has these addresses and no others. Without one it can still shout, as boot loaders do. */
async function setAddresses(addresses: readonly string[]): Promise<void> {
  await ip('addr', 'flush', 'dev', 'eth0');
  for (const address of addresses) await ip('addr', 'add', `${address}/24`, 'broadcast', '+', 'dev', 'eth0');
  await ip('route', 'replace', '255.255.255.255/32', 'dev', 'eth0');
  await ip('route', 'replace', '224.0.0.0/4', 'dev', 'eth0');
}

const habits = ['good', 'refuses', 'dies', 'cut-writing'] as const satisfies readonly WireHabit[];
const [, , serial = '', mac = '', habit = ''] = process.argv;

const ant = new WireAnt({
  ...{ serial, mac, board: 'BANT-W', version: '6.2.17.5' },
  habit: habits.find((known) => known === habit) ?? 'good',
  ports: { mdap: 3235, bootp: 67, client: 68, tftp: 69 },
  ...{ openPort: openUdp, setAddresses, random: createRandom(serial) },
  now: () => performance.now(),
  after: (ms, run) => void setTimeout(run, ms),
  ...{ enterBootMs: 300, writeMs: 1000, restartMs: 500 },
});
await ant.start();
process.stdout.write('up\n');
