/** What the sockets of a process say and hear is on the record once, as it was on the line. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { createFlow } from '../../../captures/packet/flow.ts';
import { recordDatagrams } from '../../../captures/record/record-datagrams.ts';
import { createStory } from '../../../captures/story/story.ts';
import {
  BOOTP_CLIENT_DEFAULTS,
  initialBootpClient,
  stepBootpClient,
} from '../../../protocol/bootp/client.ts';
import { encodeMessage } from '../../../protocol/mdap/messages.ts';
import { encodeTftp } from '../../../protocol/tftp/packet.ts';
import { readAll } from '../../support/capture/capture-files.ts';
import { recordToMemory } from '../../support/capture/record-memory.ts';
import { property } from '../../support/seed.ts';

function inMemory() {
  const { bytes, recorder } = recordToMemory();
  const read = async () => {
    const { frames } = await readAll(bytes());
    const flow = createFlow();
    const story = createStory();
    return {
      datagrams: frames
        .flatMap((frame) => [...flow.push(frame)])
        .flatMap((event) => (event.is === 'datagram' ? [event] : [])),
      records: [...frames.flatMap((frame) => [...story.push(frame)]), ...story.end()],
      comments: frames.map(({ comments }) => comments.join()),
    };
  };
  return { observe: recordDatagrams(recorder), read };
}

const at = (address: string, port: number) => ({ address, port });
const GROUP = at('224.0.0.103', 3235);

property(
  t,
  'what is said on a line that several sockets are at is recorded once for each time that it was said',
  fc.asyncProperty(
    fc.array(fc.record({ by: fc.nat(4), what: fc.nat(2), hearers: fc.nat(3) }), { maxLength: 30 }),
    async (said) => {
      const { observe, read } = inMemory();
      const own = [at('10.0.0.1', 5001), at('10.0.0.1', 5002)];
      const voices = own.map(observe);
      const ears = [0, 1, 2].map(() => observe(GROUP));
      for (const { by, what, hearers } of said) {
        const bytes = Buffer.from([what]);
        const from = own[by] ?? at('10.0.0.9', 6000 + by);
        voices[by]?.sent(bytes, GROUP);
        // Of somebody else's at least one of ours hears, for else nobody knows of it; always the first ones.
        for (const ear of ears.slice(0, voices[by] === undefined ? Math.max(1, hearers) : hearers))
          ear.heard(bytes, from);
      }
      const { datagrams } = await read();
      assert.deepEqual(
        datagrams.map(({ from, payload }) => `${from} ${payload[0]}`),
        said.map(({ by, what }) => `${by < 2 ? `10.0.0.1:${5001 + by}` : `10.0.0.9:${6000 + by}`} ${what}`),
      );
    },
  ),
  100,
);

t.test('the ends are those of the sockets; without an address it is the one that can be known', async (t) => {
  const { observe, read } = inMemory();
  const anywhere = observe(at('0.0.0.0', 68));
  anywhere.sent(Buffer.from('a'), at('255.255.255.255', 67));
  anywhere.heard(Buffer.from('b'), at('10.0.0.1', 67));
  anywhere.heard(Buffer.from('c'), at('127.0.0.1', 67));
  observe(at('10.0.0.2', 3235)).heard(Buffer.from('d'), at('10.0.0.1', 5000));
  const { datagrams } = await read();
  t.strictSame(
    datagrams.map(({ from, to }) => `${from} > ${to}`),
    [
      '0.0.0.0:68 > 255.255.255.255:67',
      '10.0.0.1:67 > 255.255.255.255:68',
      '127.0.0.1:67 > 127.0.0.1:68',
      '10.0.0.1:5000 > 10.0.0.2:3235',
    ],
  );
});

t.test('each message is named in a comment, and read at any port', async (t) => {
  const { observe, read } = inMemory();
  const voice = observe(at('10.0.0.1', 5001));
  const asking = { seqNr: 1, toAnt: '0703KT3PP', userId: 'u', userPassword: 'topsecret', extra: [] };
  voice.sent(
    encodeMessage({ kind: 'EXEC-CLI', version: '1.2', body: undefined, command: 'ip iplist', ...asking }),
    GROUP,
  );
  const settings = {
    ...BOOTP_CLIENT_DEFAULTS,
    mac: '00-14-7F-12-34-56',
    xid: 5,
    board: 'BANT-R',
    random: () => 0.5,
  };
  const { state } = stepBootpClient(settings, initialBootpClient(), { is: 'start' });
  for (const effect of stepBootpClient(settings, state, { is: 'due' }).effects)
    if (effect.do === 'send') voice.sent(effect.bytes, at('10.0.0.9', 20_067));
  const server = at('10.0.0.9', 4000);
  voice.sent(encodeTftp({ kind: 'read', file: 'a.bli', mode: 'octet', options: [] }), at('10.0.0.9', 20_069));
  voice.heard(encodeTftp({ kind: 'data', block: 1, data: Buffer.from('abc') }), server);
  voice.sent(encodeTftp({ kind: 'ack', block: 1 }), server);
  voice.sent(Buffer.from('anything'), at('10.0.0.9', 53));
  const { comments, records } = await read();
  t.match(comments, [
    /^modemlab: MDAP EXEC-CLI .*ip iplist.*TO-ANT:0703KT3PP/,
    'modemlab: BOOTP BOOTREQUEST 00-14-7F-12-34-56, file BANT-R',
    'modemlab: TFTP RRQ a.bli, octet',
    '',
    'modemlab: transfer done: a.bli, 3 bytes',
    '',
  ]);
  t.notMatch(comments.join(), /topsecret/);
  t.strictSame(
    records.map(({ protocol, what }) => `${protocol} ${what}`),
    ['MDAP EXEC-CLI', 'BOOTP BOOTREQUEST', 'TFTP RRQ', 'TFTP transfer done'],
  );
});
