import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { tftpPacket } from '../../../fuzz/arbitraries/tftp.ts';
import { PLAIN_TERMS } from '../../../protocol/tftp/options.ts';
import type { TftpPacket } from '../../../protocol/tftp/packet.ts';
import { initialReceiver, stepReceiver } from '../../../protocol/tftp/receiver.ts';
import type { ReceiverSettings, ReceiverState } from '../../../protocol/tftp/receiver-types.ts';
import { RECEIVER_DEFAULTS } from '../../../protocol/tftp/receiver-types.ts';
import type { SenderSettings, SenderState } from '../../../protocol/tftp/sender.ts';
import { initialSender, SENDER_DEFAULTS, stepSender } from '../../../protocol/tftp/sender.ts';
import type { TransferEvent } from '../../../protocol/tftp/transfer.ts';
import { CLIENT, playPair, SERVER, SERVER_ASKED } from '../../support/lan/tftp-pair.ts';
import { property } from '../../support/seed.ts';

/** Bytes of a file that says at each place which one it is. */
const content = (from: number, to: number): Uint8Array =>
  Uint8Array.from({ length: to - from }, (_, index) => ((from + index) * 2654435761) >>> 24);

const IMAGE_BYTES = 3_168_382;
const MIB = 1024 * 1024;

t.test('an image of a SpeedTouch 780 is 6188 full blocks and one of 126 bytes', async (t) => {
  const result = playPair({ size: IMAGE_BYTES, content });
  t.equal(result.stored, IMAGE_BYTES);
  t.equal(result.blocks.length, 6189);
  t.equal(result.sent.receiver, 6189 + 1, 'an ACK a block, and the request');
  t.equal(result.sender.at, 'done');
  t.equal(result.receiver.at, 'done');
});

t.test('a file of whole blocks ends with an empty one, and so does an empty file', async (t) => {
  t.equal(playPair({ size: 1024, content }).blocks.length, 3);
  t.match(playPair({ size: 0 }), { sender: { at: 'done' }, blocks: [1], stored: 0 });
});

t.test('every ACK a hundred times sends no block twice', async (t) => {
  const copies = (packet: TftpPacket): number => (packet.kind === 'ack' ? 100 : 1);
  const result = playPair({ size: 50_000, content, copies });
  t.equal(result.stored, 50_000);
  t.equal(result.blocks.length, 98);
});

t.test('a last ACK that is lost is said again, also when the repeated block was longer on its way', (t) => {
  for (let seed = 0; seed < 50; seed++) {
    let left = 1;
    const copies = (packet: TftpPacket): number => (packet.kind === 'ack' && left-- > 0 ? 0 : 1);
    const result = playPair({ size: 100, content, copies, seed, delayMs: 1, jitterMs: 400 });
    t.equal(result.sender.at, 'done', `seed ${seed}`);
  }
  t.end();
});

t.test('every DATA twice is acknowledged twice, and nothing grows from it', async (t) => {
  const result = playPair({ size: 50_000, content, copies: (packet) => (packet.kind === 'data' ? 2 : 1) });
  t.equal(result.blocks.length, 98);
  t.equal(result.sent.receiver, 2 * 98 + 1);
});

t.test('one doubled packet in a window does not double those after it', async (t) => {
  for (const kind of ['ack', 'data'] as const) {
    let left = 1;
    const copies = (packet: TftpPacket): number => (packet.kind === kind && left-- > 0 ? 2 : 1);
    const options = [{ name: 'windowsize', value: '4' }];
    const result = playPair({ size: 100_000, content, options, copies });
    t.equal(result.stored, 100_000);
    t.ok(
      result.blocks.length <= 196 + 4,
      `${kind}: ${result.blocks.length} of 196 blocks, one window more at most`,
    );
  }
});

for (const rollover of [0, 1] as const)
  t.test(`40 MiB of plain blocks pass number 65535 with a rollover to ${rollover}`, async (t) => {
    const result = playPair({ size: 40 * MIB, sender: { rollover } });
    t.equal(result.stored, 40 * MIB);
    t.equal(result.sender.at, 'done');
    t.strictSame(result.blocks.slice(65_534, 65_537), [65_535, rollover, rollover + 1]);
  });

t.test(
  'without rollover a file of 65535 blocks passes and a longer one is refused before it begins',
  async (t) => {
    const most = 65_535 * 512 - 1;
    t.equal(playPair({ size: most, sender: { rollover: 'error' } }).stored, most);
    const refused = playPair({ size: most + 1, sender: { rollover: 'error' } });
    t.match(refused, {
      sender: { at: 'failed' },
      receiver: { at: 'failed', failure: { why: 'peer', code: 0 } },
    });
    t.equal(refused.stored, 0);
    const late = playPair({ size: most + 1, receiver: { rollover: 'error' } });
    t.match(late.receiver, { at: 'failed', failure: { why: 'ours' } });
  },
);

t.test('a window saves ACKs, and larger blocks save blocks', async (t) => {
  const options = [
    { name: 'blksize', value: '1428' },
    { name: 'windowsize', value: '16' },
    { name: 'tsize', value: '0' },
  ];
  const result = playPair({ size: IMAGE_BYTES, content, options });
  t.equal(result.stored, IMAGE_BYTES);
  t.equal(result.blocks.length, 2219);
  t.ok(result.sent.receiver < 150, `${result.sent.receiver} packets of the receiver`);
});

property(
  t,
  'a file arrives whole and both ends close over a line that loses, doubles and reorders',
  fc.property(
    fc.record({
      size: fc.oneof(
        fc.nat({ max: 20_000 }),
        fc.nat({ max: 20 }).map((blocks) => blocks * 512),
      ),
      loss: fc.constantFrom(0, 0.1, 0.3),
      duplicates: fc.constantFrom(0, 0.05, 0.3),
      jitterMs: fc.constantFrom(0, 5, 1500),
      window: fc.constantFrom('1', '2', '4', '16'),
      blksize: fc.constantFrom('512', '1024'),
      seed: fc.nat(),
    }),
    ({ window, blksize, ...line }) => {
      const options = [
        ...(window === '1' ? [] : [{ name: 'windowsize', value: window }]),
        ...(blksize === '512' ? [] : [{ name: 'blksize', value: blksize }]),
      ];
      const result = playPair({ ...line, options, content, maxEvents: 200_000 });
      assert.equal(result.stored, line.size);
      assert.equal(result.receiver.at, 'done');
      // The last ACK may be lost as often as it is said: then the sender ends by its timer.
      assert.ok(result.sender.at === 'done' || result.sender.at === 'failed');
    },
  ),
  300,
);

const senderSettings: SenderSettings = {
  ...SENDER_DEFAULTS,
  size: 5000,
  opening: { by: 'answer', peer: CLIENT, terms: PLAIN_TERMS, answer: [] },
};
const receiverSettings: ReceiverSettings = {
  ...RECEIVER_DEFAULTS,
  opening: {
    by: 'request',
    request: { kind: 'read', file: 'f', mode: 'octet', options: [] },
    server: SERVER_ASKED,
  },
};
const STRANGER = { address: '192.168.1.66', port: 2000 };

t.test('a packet of a stranger gets ERROR 5, and the transfer goes on', async (t) => {
  const { state } = stepSender(senderSettings, initialSender(), { is: 'start' });
  const packet: TftpPacket = { kind: 'ack', block: 1 };
  for (const from of [STRANGER, { ...CLIENT, port: 2001 }]) {
    const step = stepSender(senderSettings, state, { is: 'packet', packet, from });
    t.strictSame(step.state, state);
    t.match(step.effects, [{ do: 'send', packet: { kind: 'error', code: 5 }, to: from }]);
  }
  t.match(stepSender(senderSettings, state, { is: 'packet', packet, from: CLIENT }).state, { acked: 1 });
  const asked = stepReceiver(receiverSettings, initialReceiver(), { is: 'start' }).state;
  const data: TftpPacket = { kind: 'data', block: 1, data: content(0, 512) };
  t.match(stepReceiver(receiverSettings, asked, { is: 'packet', packet: data, from: STRANGER }).effects, [
    { packet: { kind: 'error', code: 5 } },
  ]);
  const begun = stepReceiver(receiverSettings, asked, { is: 'packet', packet: data, from: SERVER }).state;
  const other = stepReceiver(receiverSettings, begun, { is: 'packet', packet: data, from: SERVER_ASKED });
  t.match(other.effects, [{ packet: { kind: 'error', code: 5 } }], 'the port is part of the transfer id');
});

/** Every effect until nothing is due any more. */
function silence(settings: SenderSettings, first: TransferEvent[]): { kinds: string[]; waits: number[] } {
  let state: SenderState = initialSender();
  const kinds: string[] = [];
  const waits: number[] = [];
  const events: TransferEvent[] = [...first, ...Array.from({ length: 20 }, () => ({ is: 'due' }) as const)];
  for (const event of events) {
    const step = stepSender(settings, state, event);
    state = step.state;
    for (const effect of step.effects) {
      if (effect.do === 'wait') waits.push(effect.ms);
      else kinds.push(effect.do === 'send' ? effect.packet.kind : effect.do);
    }
  }
  return { kinds, waits };
}

t.test('a client that never answers gets block 1 three times and an ERROR', async (t) => {
  const { kinds, waits } = silence(senderSettings, [{ is: 'start' }]);
  t.strictSame(kinds, ['begun', 'send-data', 'send-data', 'send-data', 'error', 'failed']);
  t.strictSame(waits, [1000, 2000, 4000]);
});

t.test('a client that falls silent gets its block six times, in growing distance', async (t) => {
  const ack: TransferEvent = { is: 'packet', packet: { kind: 'ack', block: 1 }, from: CLIENT };
  const { kinds, waits } = silence(senderSettings, [{ is: 'start' }, ack]);
  t.equal(kinds.filter((kind) => kind === 'send-data').length, 1 + 6);
  t.strictSame(waits, [1000, 1000, 2000, 4000, 8000, 8000, 8000]);
});

t.test('a request that comes again gets block 1 again, but three times at most', async (t) => {
  const { kinds } = silence(senderSettings, [{ is: 'start' }, ...Array(9).fill({ is: 'asked-again' })]);
  t.equal(kinds.filter((kind) => kind === 'send-data').length, 3);
});

t.test('after the last ACK the receiver says it once more when the last block comes again', async (t) => {
  let state: ReceiverState = initialReceiver();
  const data: TftpPacket = { kind: 'data', block: 1, data: content(0, 100) };
  const done: string[] = [];
  const arrival: TransferEvent = { is: 'packet', packet: data, from: SERVER };
  for (const event of [{ is: 'start' }, arrival, arrival, { is: 'due' }, arrival] as const) {
    const step = stepReceiver(receiverSettings, state, event);
    state = step.state;
    done.push(...step.effects.map((effect) => (effect.do === 'send' ? effect.packet.kind : effect.do)));
  }
  t.strictSame(done, ['read', 'wait', 'begun', 'store', 'ack', 'complete', 'wait', 'ack', 'closed']);
});

t.test('a file that is longer than the receiver takes ends with ERROR 3', async (t) => {
  const result = playPair({ size: 5000, content, receiver: { maxBytes: 4999 } });
  t.match(result.receiver, { at: 'failed', failure: { why: 'ours', code: 3 } });
  t.match(result.sender, { at: 'failed', failure: { why: 'peer', code: 3 } });
});

const anyEvent = (): fc.Arbitrary<TransferEvent> =>
  fc.oneof(
    fc.constantFrom<TransferEvent>({ is: 'start' }, { is: 'due' }, { is: 'asked-again' }),
    fc.constant<TransferEvent>({ is: 'abort', code: 0, text: 'stopped' }),
    fc.record({
      is: fc.constant('packet' as const),
      packet: fc.oneof(
        tftpPacket(),
        fc.nat({ max: 12 }).map((block): TftpPacket => ({ kind: 'ack', block })),
        fc.nat({ max: 12 }).map((block): TftpPacket => ({ kind: 'data', block, data: content(0, 512) })),
      ),
      from: fc.constantFrom(CLIENT, SERVER, STRANGER),
    }),
  );

property(
  t,
  'any events leave both machines in a state, and a packet is answered by a window at most',
  fc.property(fc.array(anyEvent(), { maxLength: 40 }), (events) => {
    let [sender, receiver]: [SenderState, ReceiverState] = [initialSender(), initialReceiver()];
    for (const event of events) {
      const sent = stepSender(senderSettings, sender, event);
      const got = stepReceiver(receiverSettings, receiver, event);
      const count = (effects: readonly { do: string }[]): number =>
        effects.filter((effect) => effect.do === 'send' || effect.do === 'send-data').length;
      assert.ok(count(sent.effects) <= 1 && count(got.effects) <= 1);
      [sender, receiver] = [sent.state, got.state];
    }
  }),
  1000,
);
