import t from 'tap';
import { createRandom } from '../../../protocol/random.ts';
import type { Lan } from '../../../simulator/lan/lan.ts';
import { createLossyLan } from '../../../simulator/lan/lossy.ts';
import { createSegment } from '../../../simulator/lan/segment.ts';
import { simulatedTime } from '../../support/modem/simulated-time.ts';
import { SEED } from '../../support/seed.ts';

const COUNT = 10_000;
const HERE = { address: '10.0.0.1', port: 1000 };
const GROUP = { address: '239.0.0.1', port: 1001 };

/**
 * The fate of datagrams with the contents 0, 1, 2 and so on, one per millisecond: all of them, in the order
 * of their arrival.
 */
async function numbersThrough(
  around: (lan: Lan, time: ReturnType<typeof simulatedTime>) => Lan,
  way: 'in' | 'out' | 'group',
  closeAt = COUNT,
): Promise<number[]> {
  const time = simulatedTime();
  const segment = createSegment({ scheduler: time.scheduler });
  const came: number[] = [];
  const heard = (bytes: Uint8Array): void => {
    came.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0));
  };
  const nobody = (): void => undefined;
  const [bad, good] = [around(segment.plug(), time), segment.plug()];
  const from = way === 'out' ? bad : good;
  const sender = await from.open({ address: '10.0.0.2', port: 0 }, nobody);
  const to = way === 'out' ? good : bad;
  const receiver = way === 'group' ? await to.join(GROUP, heard) : await to.open(HERE, heard);
  // The same memory for each: the next one does not change those in flight.
  const bytes = new Uint8Array(4);
  for (let number = 0; number < COUNT; number++) {
    if (number === closeAt) (way === 'out' ? sender : receiver).close();
    new DataView(bytes.buffer).setUint32(0, number);
    sender.send(bytes, way === 'group' ? GROUP : HERE);
    await time.pass(1);
  }
  await time.pass(1000);
  return came;
}

for (const way of ['in', 'out', 'group'] as const)
  t.test(`a tenth is lost, a twentieth comes twice, and some overtake: ${way} (seed ${SEED})`, async (t) => {
    const came = await numbersThrough(
      (lan, { scheduler }) =>
        createLossyLan(
          lan,
          { loss: 0.1, duplication: 0.05, jitter: { ms: 30, scheduler } },
          createRandom(`${SEED} ${way}`),
        ),
      way,
    );
    const different = new Set(came).size;
    // Six times the standard deviation of such counts.
    t.ok(Math.abs(different - 0.9 * COUNT) < 180, `${different} of ${COUNT}`);
    t.ok(Math.abs(came.length - different - 0.045 * COUNT) < 125, `${came.length - different} twice`);
    const overtaken = came.filter((number, at) => number < (came[at - 1] ?? 0));
    t.ok(overtaken.length > COUNT / 10, `${overtaken.length} were overtaken`);
    const far = came.reduce(
      ({ most, late }, number) => ({ most: Math.max(most, number), late: Math.max(late, most - number) }),
      { most: 0, late: 0 },
    );
    t.ok(far.late <= 30, `none by more than ${far.late} ms`);
  });

t.test('without jitter all come in order', async (t) => {
  const around = (lan: Lan): Lan => createLossyLan(lan, { loss: 0.1, duplication: 0.05 }, createRandom(SEED));
  const came = await numbersThrough(around, 'in');
  t.strictSame(
    came,
    [...came].sort((a, b) => a - b),
  );
});

t.test('what is under way when a socket closes reaches nobody', async (t) => {
  for (const way of ['in', 'out', 'group'] as const) {
    const came = await numbersThrough(
      (lan, { scheduler }) =>
        createLossyLan(lan, { loss: 0, duplication: 0, jitter: { ms: 500, scheduler } }, createRandom(SEED)),
      way,
      600,
    );
    t.ok(came.length > 100 && came.length < 500, `${way}: ${came.length}`);
  }
});
