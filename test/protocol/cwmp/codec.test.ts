import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { cleanEnvelope, cleanEnvelopeOf } from '../../../fuzz/arbitraries/clean.ts';
import { dialect } from '../../../fuzz/arbitraries/dialect.ts';
import {
  envelope,
  fault,
  inEnvelope,
  RPC_NAMES,
  request,
  response,
} from '../../../fuzz/arbitraries/message.ts';
import { decode } from '../../../protocol/cwmp/decode.ts';
import { encodeBytes } from '../../../protocol/cwmp/encode.ts';
import type { Envelope } from '../../../protocol/cwmp/messages.ts';
import type { Dialect } from '../../../protocol/soap/dialect.ts';
import { CANONICAL } from '../../../protocol/soap/dialect.ts';
import { assertProperty, property, SEED } from '../../support/seed.ts';

function roundTrip(envelope: Envelope, spelling: Dialect = CANONICAL) {
  const decoded = decode(encodeBytes(envelope, spelling));
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.value;
}

const seen = new Set<string>();

function see({ message }: Envelope): void {
  seen.add('rpc' in message ? `${message.kind} ${message.rpc}` : message.kind);
}

property(
  t,
  'decoding gives back any message that was encoded, letter by letter',
  fc.property(envelope(), (envelope) => {
    see(envelope);
    assert.deepEqual(roundTrip(envelope).envelope, envelope);
  }),
  600,
);

t.test(`each RPC goes there and back with any arguments (seed ${SEED})`, async (t) => {
  for (const rpc of RPC_NAMES) {
    for (const messages of [inEnvelope(request(rpc)), inEnvelope(response(rpc))]) {
      await assertProperty(
        t,
        fc.property(messages, dialect(), (envelope, spelling) => {
          see(envelope);
          assert.deepEqual(roundTrip(envelope).envelope, envelope);
          assert.deepEqual(roundTrip(envelope, spelling).envelope, envelope);
        }),
        15,
      );
    }
  }
  await assertProperty(
    t,
    fc.property(inEnvelope(fault()), dialect(), (envelope, spelling) => {
      assert.deepEqual(roundTrip(envelope, spelling).envelope, envelope);
    }),
    50,
  );
  const wanted = [...RPC_NAMES.flatMap((rpc) => [`request ${rpc}`, `response ${rpc}`]), 'fault', 'unknown'];
  t.same(
    wanted.filter((kind) => !seen.has(kind)),
    [],
    `every kind of message was tried: ${wanted.length}`,
  );
});

property(
  t,
  'the dialect changes the spelling and not the message',
  fc.property(envelope(), dialect(), (envelope, spelling) => {
    assert.deepEqual(roundTrip(envelope, spelling).envelope, envelope);
  }),
  400,
);

property(
  t,
  'a clean message is noted for nothing',
  fc.property(cleanEnvelope(), (envelope) => {
    const { envelope: read, notes } = roundTrip(envelope);
    assert.deepEqual(notes, []);
    assert.deepEqual(read, envelope);
  }),
  600,
);

t.test(`clean messages of each RPC are noted for nothing (seed ${SEED})`, async (t) => {
  for (const rpc of RPC_NAMES)
    await assertProperty(
      t,
      fc.property(cleanEnvelopeOf(rpc), (envelope) => {
        assert.deepEqual(roundTrip(envelope).notes, []);
      }),
      20,
    );
});
