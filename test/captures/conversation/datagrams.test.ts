/** TFTP on a line that repeats datagrams: one transfer is one transfer, whatever arrives again. */
import t from 'tap';
import { createDatagrams } from '../../../captures/conversation/datagrams.ts';
import { encodeTftp, type TftpPacket } from '../../../protocol/tftp/packet.ts';

const CLIENT = '192.168.1.64:2001';
const SERVER = '192.168.1.10:40001';
const AGAIN = '192.168.1.10:40002';

type Step = readonly [from: string, to: string, packet: TftpPacket];

const request: Step = [
  CLIENT,
  '192.168.1.10:69',
  { kind: 'read', file: 'new.bli', mode: 'octet', options: [] },
];
const block = (number: number, length: number, from = SERVER): Step => [
  from,
  CLIENT,
  { kind: 'data', block: number, data: new Uint8Array(length) },
];
const ack = (number: number, to = SERVER): Step => [CLIENT, to, { kind: 'ack', block: number }];

/** What a capture of these datagrams has to say: transfers in short, other datagrams by their kind. */
function storyOf(steps: readonly Step[]): readonly string[] {
  const datagrams = createDatagrams();
  const events = steps.flatMap(([from, to, packet], at) =>
    datagrams.push({
      is: 'datagram',
      time: BigInt(at),
      from,
      to,
      payload: encodeTftp(packet),
      cut: false,
    }),
  );
  return [...events, ...datagrams.end()].map((event) =>
    event.is === 'tftp-transfer' ? `${event.outcome}, ${event.blocks} blocks` : event.is,
  );
}

const DONE = ['tftp', 'done, 2 blocks'];

t.test('a transfer is one event when it ends', async (t) => {
  t.strictSame(storyOf([request, block(1, 512), ack(1), block(2, 9), ack(2)]), DONE);
});

t.test(
  'a request that is repeated because the first block is late belongs to the same transfer',
  async (t) => {
    const steps = [request, block(1, 512), request, block(1, 512, AGAIN), ack(1, AGAIN)];
    t.strictSame(storyOf([...steps, block(2, 9, AGAIN), ack(2, AGAIN)]), ['tftp', ...DONE]);
  },
);

t.test('the last block and its ACK may arrive again after the end', async (t) => {
  t.strictSame(storyOf([request, block(1, 512), ack(1), block(2, 9), ack(2), block(2, 9), ack(2)]), DONE);
});

t.test('a request after the client answered starts another transfer', async (t) => {
  const first = [request, block(1, 512), ack(1)];
  const second = [request, block(1, 512, AGAIN), ack(1, AGAIN), block(2, 9, AGAIN), ack(2, AGAIN)];
  t.strictSame(storyOf([...first, ...second]), ['tftp', 'unfinished, 1 blocks', ...DONE]);
});
