import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import type { StunEffect, StunEvent, StunSettings, StunState } from '../../../protocol/stun/client.ts';
import { initialStun, stepStun } from '../../../protocol/stun/client.ts';
import type { Endpoint, Hmac, StunMessage } from '../../../protocol/stun/message.ts';
import { isGenuine, looksLikeStun, readStun, writeStun } from '../../../protocol/stun/message.ts';
import type { UdpConnectionRequest } from '../../../protocol/stun/udp-connection-request.ts';
import {
  judgeUdpConnectionRequest,
  readUdpConnectionRequest,
  signature,
  writeUdpConnectionRequest,
} from '../../../protocol/stun/udp-connection-request.ts';
import { property } from '../../support/seed.ts';

const hmac: Hmac = (key, text) => createHmac('sha1', key).update(text).digest();
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replace(/\s/g, ''), 'hex'));
const ID = hex('000102030405060708090a0b0c0d0e0f');

const read = (datagram: Uint8Array) => {
  const result = readStun(datagram);
  if (!result.ok) throw new Error(`${result.error.why} at ${result.error.at}`);
  return result.value;
};

t.test('messages are the bytes that RFC 3489 and Annex G describe', async (t) => {
  const request: StunMessage = {
    kind: 'request',
    id: ID,
    connectionRequestBinding: true,
    bindingChange: true,
    username: bytes('CPE-1'),
  };
  const wire = hex(`0001 0028 000102030405060708090a0b0c0d0e0f
    c001 0014 64736c666f72756d2e6f72672f54522d31313120
    c002 0000
    0006 0008 4350452d31202020`);
  t.same(Buffer.from(writeStun(request)).toString('hex'), Buffer.from(wire).toString('hex'));
  t.strictSame(read(wire).message, request);
  const response = hex(`0101 0018 000102030405060708090a0b0c0d0e0f
    0001 0008 0001 7966 cb007107
    0004 0008 0001 0d96 c0000201`);
  t.strictSame(read(response).message, {
    kind: 'response',
    id: ID,
    mappedAddress: { address: '203.0.113.7', port: 31078 },
    sourceAddress: { address: '192.0.2.1', port: 3478 },
  });
  const error = hex('0111 0010 000102030405060708090a0b0c0d0e0f 0009 000c 00000401 4e6f742061207365');
  t.match(read(error).message, { kind: 'error', error: { code: 401, reason: 'Not a se' } });
});

t.test('MESSAGE-INTEGRITY is over the message before it, padded to 64 bytes with zeros', async (t) => {
  const key = bytes('stunpass');
  const signed = writeStun({ kind: 'request', id: ID, username: bytes('user') }, { key, hmac });
  const text = Buffer.concat([
    hex('0001 0020 000102030405060708090a0b0c0d0e0f 0006 0004 75736572'),
    Buffer.alloc(36),
  ]);
  t.equal(text.length, 64);
  t.equal(
    Buffer.from(signed.subarray(28)).toString('hex'),
    `00080014${createHmac('sha1', key).update(text).digest('hex')}`,
  );
  t.ok(isGenuine(signed, read(signed), key, hmac));
  t.notOk(isGenuine(signed, read(signed), bytes('stunpasS'), hmac));
  const bare = Buffer.from(signed);
  createHmac('sha1', key).update(signed.subarray(0, 28)).digest().copy(bare, 32);
  t.ok(isGenuine(bare, read(bare), key, hmac), 'not padded, as later STUN has it');
  for (const at of [1, 3, 5, 27, 33]) {
    const changed = Buffer.from(signed);
    changed.writeUInt8((changed[at] ?? 0) ^ 1, at);
    const result = readStun(changed);
    t.notOk(result.ok && isGenuine(changed, result.value, key, hmac), `byte ${at} is another`);
  }
});

t.test('what is not STUN is refused with its place', async (t) => {
  const good = writeStun({ kind: 'request', id: ID, connectionRequestBinding: true });
  for (const [datagram, error] of [
    [good.subarray(0, 19), { why: 'short', at: 19 }],
    [good.subarray(0, good.length - 1), { why: 'length', at: 2 }],
    [hex(`0003 0000 ${'00'.repeat(16)}`), { why: 'kind', at: 0 }],
    [hex(`0101 0004 ${'00'.repeat(16)} 0001 0008`), { why: 'attribute', at: 20 }],
    [hex(`0101 000c ${'00'.repeat(16)} 0001 0008 0002 0000 00000000`), { why: 'attribute', at: 20 }],
    [hex(`0101 0008 ${'00'.repeat(16)} 0008 0004 00000000`), { why: 'attribute', at: 20 }],
    [hex(`0101 0104 ${'00'.repeat(16)} ${'8001 0000'.repeat(65)}`), { why: 'attribute', at: 276 }],
  ] as const)
    t.strictSame(readStun(datagram), { ok: false, error });
  const odd = read(hex(`0101 0010 ${'00'.repeat(16)} 7fff 0001 aa000000 8020 0000 c001 0000`));
  t.strictSame(odd.notUnderstood, [0x7fff], 'an unknown one that must be understood; others are passed over');
  t.notOk(odd.message.connectionRequestBinding, 'the text must be right');
  t.strictSame(
    [looksLikeStun(good), looksLikeStun(bytes('GET ')), looksLikeStun(new Uint8Array(0))],
    [true, false, false],
  );
});

const endpoint = fc.record(
  {
    address: fc.ipV4(),
    port: fc.nat(65535),
  },
  { noNullPrototype: true },
);
const message: fc.Arbitrary<StunMessage> = fc.record(
  {
    kind: fc.constantFrom('request', 'response', 'error'),
    id: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    mappedAddress: endpoint,
    responseAddress: endpoint,
    sourceAddress: endpoint,
    changedAddress: endpoint,
    reflectedFrom: endpoint,
    changeRequest: fc.record({ address: fc.boolean(), port: fc.boolean() }, { noNullPrototype: true }),
    username: fc.stringMatching(/^[!-~]{1,20}$/).map(bytes),
    error: fc.record(
      { code: fc.integer({ min: 300, max: 699 }), reason: fc.stringMatching(/^[!-~]{0,20}$/) },
      { noNullPrototype: true },
    ),
    unknown: fc.uniqueArray(fc.nat(0xffff), { minLength: 1, maxLength: 5 }),
    connectionRequestBinding: fc.constant(true),
    bindingChange: fc.constant(true),
  },
  { noNullPrototype: true, requiredKeys: ['kind', 'id'] },
);

property(
  t,
  'what is written is read back, signed or not',
  fc.property(message, fc.option(fc.uint8Array({ maxLength: 70 }), { nil: undefined }), (written, key) => {
    const wire = writeStun(written, key === undefined ? undefined : { key, hmac });
    assert.equal(wire.length % 4, 0);
    const got = read(wire);
    assert.deepEqual(got.message, written);
    assert.deepEqual(got.notUnderstood, []);
    assert.equal(isGenuine(wire, got, key ?? new Uint8Array(0), hmac), key !== undefined);
  }),
);

property(
  t,
  'any bytes, and any part of a message with bytes changed, give a message or an error',
  fc.property(
    fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      message.map((made) => writeStun(made)),
    ),
    fc.nat(220),
    fc.array(fc.tuple(fc.nat(220), fc.nat(255)), { maxLength: 4 }),
    (base, end, changes) => {
      const datagram = Uint8Array.from(base.subarray(0, end));
      for (const [at, value] of changes) if (at < datagram.length) datagram[at] = value;
      const result = readStun(datagram);
      if (!result.ok) assert.ok(result.error.at <= datagram.length);
      else assert.equal(result.value.message.id.length, 16);
      readUdpConnectionRequest(datagram);
    },
  ),
  500,
);

const KNOWN: UdpConnectionRequest = {
  ts: '1700000000',
  id: '4711',
  un: 'CPE-1',
  cn: '5f1c9b',
  sig: 'f71885462b46d730cefde99ff00da179d22e6c79',
};
const CALLER = { username: 'CPE-1', password: 'crpass', lastTs: 0, lastId: '' };

t.test('the signature of a UDP connection request is that of the known vector', async (t) => {
  t.equal(signature(KNOWN, 'crpass', hmac), KNOWN.sig);
  const wire = writeUdpConnectionRequest('203.0.113.7:31078', KNOWN);
  t.equal(
    Buffer.from(wire).toString(),
    `GET http://203.0.113.7:31078?ts=1700000000&id=4711&un=CPE-1&cn=5f1c9b&sig=${KNOWN.sig} HTTP/1.1\r\nHost: 203.0.113.7:31078\r\n\r\n`,
  );
  t.strictSame(readUdpConnectionRequest(wire), KNOWN);
  t.match(
    Buffer.from(writeUdpConnectionRequest('10.0.0.1:80', KNOWN)).toString(),
    /^GET http:\/\/10\.0\.0\.1\?ts/,
  );
});

t.test('a UDP connection request is taken by the rules of Annex G', async (t) => {
  const judge = (change: Partial<UdpConnectionRequest>, caller: Partial<typeof CALLER> = {}) =>
    judgeUdpConnectionRequest({ ...KNOWN, ...change }, { ...CALLER, ...caller }, hmac);
  t.equal(judge({}), 'accepted');
  t.equal(judge({ sig: KNOWN.sig.toUpperCase() }), 'accepted', 'in either case');
  t.equal(judge({}, { lastTs: 1700000000 }), 'repeated', 'ts must grow');
  t.equal(judge({}, { lastTs: 1699999999, lastId: '4711' }), 'repeated', 'id must be another');
  t.equal(judge({ id: '04711' }, { lastId: '4711' }), 'repeated', 'and not only in writing');
  t.equal(judge({ un: 'CPE-2' }), 'wrong-user');
  t.equal(judge({}, { password: 'crpasS' }), 'wrong-signature');
  for (const change of [{ ts: '1700000001' }, { id: '4712' }, { cn: '5f1c9c' }, { sig: `${KNOWN.sig}0` }])
    t.equal(judge(change), 'wrong-signature', JSON.stringify(change));
});

t.test('what is no UDP connection request is passed over', async (t) => {
  const query = `ts=1&id=2&un=u&cn=c&sig=${'0'.repeat(40)}`;
  const readText = (text: string) => readUdpConnectionRequest(bytes(text));
  t.ok(readText(`GET http://h:1?${query} HTTP/1.1\r\nHost: h:1\r\n\r\nbody`), 'with a body');
  t.ok(readText(`GET http://h:1/?${query} HTTP/1.1\r\n\r\n`), 'with a path, without a Host');
  t.match(readText(`GET http://h?${query.replace('un=u', 'un=a%20b%2Bc+d')} HTTP/1.1\r\n\r\n`), {
    un: 'a b+c d',
  });
  for (const text of [
    `POST http://h:1?${query} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query}\r\n\r\n`,
    `GET http://h:1?${query} HTTP/1.1\r\n`,
    `GET ftp://h:1?${query} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query.replace('ts=1', 'ts=-1')} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query.replace('id=2', 'id=x')} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query.replace('un=u', 'un=%ff')} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query.replace('&cn=c', '')} HTTP/1.1\r\n\r\n`,
    `GET http://h:1?${query}&${'x'.repeat(2048)} HTTP/1.1\r\n\r\n`,
  ])
    t.equal(readText(text), undefined, text.slice(0, 60));
});

const anyText = fc.string({ unit: 'grapheme', maxLength: 30 });

property(
  t,
  'a UDP connection request with any user and nonce is read as it was written',
  fc.property(anyText, anyText, (un, cn) => {
    const made = { ts: '5', id: '6', un, cn };
    const request = { ...made, sig: signature(made, 'secret', hmac) };
    assert.deepEqual(readUdpConnectionRequest(writeUdpConnectionRequest('h:9', request)), request);
  }),
);

const LOCAL: Endpoint = { address: '192.168.1.64', port: 7547 };
const SETTINGS: StunSettings = {
  local: LOCAL,
  minimum: 20,
  maximum: 20,
  username: bytes('CPE-1'),
  password: bytes('stunpass'),
  hmac,
  transactionId: (n) => Uint8Array.from({ length: 16 }, (_, index) => (index === 15 ? n & 0xff : 7)),
};

/** The machine, and what it did last. */
class Client {
  readonly settings: StunSettings;
  state: StunState;
  effects: readonly StunEffect[] = [];

  constructor(settings: Partial<StunSettings> = {}) {
    this.settings = { ...SETTINGS, ...settings };
    this.state = initialStun(this.settings);
  }

  step(event: StunEvent): this {
    ({ state: this.state, effects: this.effects } = stepStun(this.settings, this.state, event));
    return this;
  }

  /** The request that it sent just now. */
  get sent(): StunMessage & { readonly from: string; readonly wire: Uint8Array } {
    const effect = this.effects.find((candidate) => candidate.do === 'send');
    if (effect?.do !== 'send') throw new Error(`sent nothing: ${this.does}`);
    return { ...read(effect.bytes).message, from: effect.from, wire: effect.bytes };
  }

  get does(): string {
    return this.effects
      .map((effect) => {
        switch (effect.do) {
          case 'send':
            return `send ${effect.from}`;
          case 'retry':
            return `retry ${effect.steps}`;
          case 'wait':
          case 'found':
            return `${effect.do} ${effect.seconds}`;
          case 'mapped':
            return `mapped ${effect.endpoint.address}:${effect.endpoint.port}${effect.translated ? ' NAT' : ''}`;
          default:
            return effect.do;
        }
      })
      .join(', ');
  }

  answer(change: Partial<StunMessage>, on: 'primary' | 'secondary' = 'primary', key?: Uint8Array): this {
    const { id } = this.sent;
    const made: StunMessage = { kind: 'response', id, ...change };
    const signing = key === undefined ? undefined : { key, hmac };
    return this.step({ is: 'datagram', on, bytes: writeStun(made, signing) });
  }
}

const OUTSIDE: Endpoint = { address: '203.0.113.7', port: 31078 };

t.test('the binding is found, announced with BINDING-CHANGE, and kept alive', async (t) => {
  const client = new Client().step({ is: 'start' });
  t.equal(client.does, 'send primary, retry 1');
  t.match(client.sent, {
    connectionRequestBinding: true,
    username: bytes('CPE-1'),
    bindingChange: undefined,
  });
  t.equal(read(client.sent.wire).integrity, undefined);
  client.answer({ mappedAddress: OUTSIDE });
  t.equal(client.does, 'settled, mapped 203.0.113.7:31078 NAT, send primary, retry 1');
  t.match(client.sent, { connectionRequestBinding: true, bindingChange: true });
  client.answer({ mappedAddress: OUTSIDE });
  t.equal(client.does, 'settled, wait 20');
  t.match(client.step({ is: 'due' }).sent, { connectionRequestBinding: true, bindingChange: undefined });
  client.answer({ mappedAddress: OUTSIDE });
  t.equal(client.does, 'settled, wait 20', 'nothing new, nothing reported');
  client.step({ is: 'due' }).answer({ mappedAddress: { ...OUTSIDE, port: 31079 } });
  t.equal(client.does, 'settled, mapped 203.0.113.7:31079 NAT, send primary, retry 1');
  t.match(client.sent, { bindingChange: true });
  const inside = new Client({ username: new Uint8Array(0) }).step({ is: 'start' });
  t.equal(inside.sent.username, undefined, 'no name, none sent');
  t.match(inside.answer({ mappedAddress: LOCAL }).does, /^settled, mapped 192\.168\.1\.64:7547, send/);
});

t.test('a server that tells another address each time is not asked without end', async (t) => {
  const client = new Client().step({ is: 'start' });
  let mapped = 0;
  for (let port = 1; port < 20 && client.effects.some((effect) => effect.do === 'send'); port++) {
    client.answer({ mappedAddress: { ...OUTSIDE, port } });
    mapped += client.effects.filter((effect) => effect.do === 'mapped').length;
  }
  t.equal(mapped, 4);
  t.match(client.does, /wait 20$/);
});

t.test('a 401 is answered with a signed request, and then only what is signed counts', async (t) => {
  const error = { kind: 'error', error: { code: 401, reason: 'Unauthorized' } } as const;
  const client = new Client().step({ is: 'start' });
  const first = client.sent;
  client.answer(error);
  t.equal(client.does, 'settled, send primary, retry 1');
  const { wire, id, username } = client.sent;
  t.same(username, bytes('CPE-1'));
  t.notSame(id, first.id, 'a request of its own');
  t.ok(isGenuine(wire, read(wire), SETTINGS.password, hmac));
  const before = client.effects;
  t.equal(client.answer({ mappedAddress: OUTSIDE }).does, '', 'not signed');
  client.effects = before;
  t.equal(client.answer({ mappedAddress: OUTSIDE }, 'primary', bytes('other')).does, '', 'signed by another');
  client.effects = before;
  t.match(client.answer({ mappedAddress: OUTSIDE }, 'primary', SETTINGS.password).does, /mapped/);
  t.equal(read(client.sent.wire).integrity, undefined, 'the next one is not signed again');
  client.answer(error).answer(error);
  t.equal(client.does, 'settled, wait 20', 'refused twice: later again');
  const poor = new Client({ password: new Uint8Array(0) }).step({ is: 'start' }).answer(error);
  t.equal(poor.does, 'settled, wait 20', 'nothing to sign with');
});

t.test('a request is sent nine times, and then the next keep-alive tries again', async (t) => {
  const client = new Client().step({ is: 'start' });
  const { wire } = client.sent;
  const steps: string[] = [];
  for (let turn = 0; turn < 8; turn++) {
    client.step({ is: 'unanswered' });
    steps.push(client.does);
    t.same(client.sent.wire, wire, 'the same bytes');
  }
  t.strictSame(
    steps,
    [2, 4, 8, 16, 16, 16, 16, 16].map((step) => `send primary, retry ${step}`),
  );
  t.equal(client.step({ is: 'unanswered' }).does, 'settled, wait 20');
  t.equal(client.step({ is: 'unanswered' }).does, '');
  t.equal(client.step({ is: 'due' }).does, 'send primary, retry 1');
  for (const useless of [{ kind: 'error', error: { code: 500, reason: '' } }, { kind: 'response' }] as const)
    t.equal(client.answer(useless).step({ is: 'due' }).does, 'send primary, retry 1');
});

/**
 * Plays a NAT that forgets a binding after so many seconds, and gives another port then. Answers the period
 * found.
 */
function search(
  client: Client,
  life: number,
): { readonly found: number | undefined; readonly trials: number[] } {
  let port = 1000;
  let silent = 0;
  const trials: number[] = [];
  client.step({ is: 'start' });
  for (let turn = 0; turn < 200; turn++) {
    const found = client.effects.find((effect) => effect.do === 'found');
    if (found?.do === 'found') return { found: found.seconds, trials };
    const wait = client.effects.find((effect) => effect.do === 'wait');
    if (wait?.do === 'wait') {
      silent = wait.seconds;
      client.step({ is: 'due' });
      continue;
    }
    const { from, responseAddress } = client.sent;
    if (from === 'secondary') {
      trials.push(silent);
      assert.deepEqual(responseAddress, { ...OUTSIDE, port });
      if (silent < life) client.answer({ mappedAddress: { ...OUTSIDE, port: 9 } });
      else for (let retry = 0; retry < 9; retry++) client.step({ is: 'unanswered' });
    } else {
      if (silent >= life) port += 1;
      silent = 0;
      client.answer({ mappedAddress: { ...OUTSIDE, port } });
    }
  }
  return { found: undefined, trials };
}

t.test('the life of a binding is searched from a second port, between the two periods', async (t) => {
  t.strictSame(search(new Client({ maximum: 120 }), 1000), { found: 120, trials: [40, 80, 120] });
  t.strictSame(search(new Client({ maximum: 120 }), 61), { found: 60, trials: [40, 80, 60, 70, 65] });
  t.strictSame(search(new Client({ maximum: -1 }), 1e9).found, 3600, 'without a maximum, an hour is enough');
  const client = new Client({ maximum: 120 });
  client.step({ is: 'start' }).answer({ mappedAddress: OUTSIDE }).answer({ mappedAddress: OUTSIDE });
  t.equal(client.does, 'settled, wait 40');
  const { connectionRequestBinding, bindingChange, username, from } = client.step({ is: 'due' }).sent;
  t.strictSame(
    { connectionRequestBinding, bindingChange, username, from },
    { connectionRequestBinding: undefined, bindingChange: undefined, username: undefined, from: 'secondary' },
  );
  client.answer({ mappedAddress: OUTSIDE }, 'secondary');
  t.equal(client.does, 'settled, found 20, send primary, retry 1', 'the server answers to nowhere else');
  t.equal(client.answer({ mappedAddress: OUTSIDE }).does, 'settled, wait 20', 'so the shortest period it is');
});

t.test('a server that is gone is not taken for a binding that is', async (t) => {
  const client = new Client({ maximum: 120 });
  client.step({ is: 'start' }).answer({ mappedAddress: OUTSIDE }).answer({ mappedAddress: OUTSIDE });
  client.step({ is: 'due' });
  for (let retry = 0; retry < 9; retry++) client.step({ is: 'unanswered' });
  t.equal(client.does, 'settled, send primary, retry 1');
  for (let retry = 0; retry < 9; retry++) client.step({ is: 'unanswered' });
  t.equal(client.does, 'settled, wait 20');
  client.step({ is: 'due' }).answer({ mappedAddress: OUTSIDE });
  t.equal(client.does, 'settled, wait 40', 'the trial is made again');
});

t.test('a binding that is lost within the period found is searched again below it', async (t) => {
  const client = new Client({ maximum: 120 });
  t.equal(search(client, 1000).found, 120);
  client.answer({ mappedAddress: { ...OUTSIDE, port: 1000 } });
  t.equal(client.does, 'settled, wait 120');
  client.step({ is: 'due' }).answer({ mappedAddress: { ...OUTSIDE, port: 1 } });
  client.answer({ mappedAddress: { ...OUTSIDE, port: 1 } });
  t.equal(client.does, 'settled, wait 70');
});

type Answer = 'answer' | 'change' | 'refuse';

const event: fc.Arbitrary<StunEvent | Answer> = fc.oneof(
  fc.constantFrom('answer', 'answer', 'change', 'refuse'),
  fc.constantFrom({ is: 'start' } as const, { is: 'unanswered' } as const, { is: 'due' } as const),
  fc.record(
    {
      is: fc.constant('datagram' as const),
      on: fc.constantFrom('primary' as const, 'secondary' as const),
      bytes: fc.oneof(
        message.map((made) => writeStun(made)),
        fc.uint8Array({ maxLength: 60 }),
      ),
    },
    { noNullPrototype: true },
  ),
);

/**
 * The answer to a transaction: the address that is mapped has this port, or a refusal where there is none.
 */
function answerTo({ id, signed }: NonNullable<StunState['open']>, port: number | undefined): Uint8Array {
  const made: StunMessage =
    port === undefined
      ? { kind: 'error', id, error: { code: 401, reason: '' } }
      : { kind: 'response', id, mappedAddress: { ...OUTSIDE, port } };
  return writeStun(made, signed ? { key: SETTINGS.password, hmac } : undefined);
}

/** Gives an event to the client, or an answer to what it asks; `false` if it asks nothing. */
function give(client: Client, next: StunEvent | Answer, on: 'primary' | 'secondary', port: number): boolean {
  const { open } = client.state;
  if (typeof next !== 'string') client.step(next);
  else if (open === undefined) return false;
  else client.step({ is: 'datagram', on, bytes: answerTo(open, next === 'refuse' ? undefined : port) });
  return true;
}

function judgePeriod(seconds: number, maximum: number): void {
  assert.ok(seconds >= 20 && seconds <= (maximum < 0 ? 3600 : maximum), `${seconds}`);
}

property(
  t,
  'whatever comes, one transaction or one wait is open, and periods stay between the two',
  fc.property(
    fc.array(fc.tuple(event, fc.constantFrom('primary' as const, 'secondary' as const)), { maxLength: 60 }),
    fc.constantFrom(20, 21, 120, -1),
    (events, maximum) => {
      const client = new Client({ maximum }).step({ is: 'start' });
      let waiting = false;
      let asking = client.state.open !== undefined;
      let port = 1;
      for (const [next, on] of events) {
        if (next === 'change' && client.state.open !== undefined) port += 1;
        if (!give(client, next, on, port)) continue;
        for (const effect of client.effects) {
          if (effect.do === 'settled') asking = false;
          else if (effect.do === 'retry') asking = true;
          waiting = effect.do === 'wait' || (waiting && !asking);
          if (effect.do === 'wait' || effect.do === 'found') judgePeriod(effect.seconds, maximum);
        }
        assert.equal(client.state.open !== undefined, asking);
        assert.equal(waiting, !asking);
      }
    },
  ),
  500,
);
