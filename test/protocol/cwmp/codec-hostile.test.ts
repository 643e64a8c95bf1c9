import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { anyBytes, cuts, markupSoup, oneByteChanged } from '../../../fuzz/arbitraries/bytes.ts';
import { dialect } from '../../../fuzz/arbitraries/dialect.ts';
import { envelope } from '../../../fuzz/arbitraries/message.ts';
import { HOSTILE } from '../../../fuzz/arbitraries/text.ts';
import { decode, decodeString } from '../../../protocol/cwmp/decode.ts';
import { encode, encodeBytes } from '../../../protocol/cwmp/encode.ts';
import type { Envelope } from '../../../protocol/cwmp/messages.ts';
import { ERRORS } from '../../../protocol/errors.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { property } from '../../support/seed.ts';

const utf8 = new TextEncoder();
const codes: ReadonlySet<string> = new Set(Object.keys(ERRORS));
let values = 0;
let errors = 0;

/** Whatever the bytes: a message, or an error of the table with a place inside them. */
function isTotal(bytes: Uint8Array): void {
  const decoded = decode(bytes);
  if (decoded.ok) {
    values += 1;
    for (const { id, at } of decoded.value.notes) {
      assert.match(id, /^Q-[A-Z]{2}-\d\d$/);
      assert.ok(at >= 0 && at <= bytes.length, `${id} at ${at} of ${bytes.length}`);
    }
    return;
  }
  errors += 1;
  const { code, at, found = '' } = decoded.error;
  assert.ok(codes.has(code), code);
  assert.ok(Number.isInteger(at) && at >= 0 && at <= bytes.length, `${code} at ${at} of ${bytes.length}`);
  assert.ok(found.length <= 80, found);
}

const bytesOfMessage = fc
  .tuple(envelope(), dialect())
  .map(([message, spelling]) => encodeBytes(message, spelling));

property(
  t,
  'a message cut anywhere is a value or a typed error with its place',
  fc.property(bytesOfMessage.chain(cuts), isTotal),
  600,
);

property(
  t,
  'a message with any byte changed is a value or a typed error with its place',
  fc.property(bytesOfMessage.chain(oneByteChanged), isTotal),
  1500,
);

property(t, 'any bytes are a value or a typed error with its place', fc.property(anyBytes(), isTotal), 1500);

property(
  t,
  'any soup of markup is a value or a typed error with its place',
  fc.property(
    markupSoup().map((soup) => utf8.encode(soup)),
    isTotal,
  ),
  3000,
);

t.test('both happen: some broken messages are still read, and some are refused', async (t) => {
  t.ok(values > 100 && errors > 100, `${values} values, ${errors} errors`);
});

property(
  t,
  'a message cut before its last element ends is refused',
  fc.property(envelope(), fc.nat({ max: 999 }), (message, per) => {
    const text = encode(message);
    const decoded = decodeString(text.slice(0, Math.floor((text.length * per) / 1000)));
    assert.equal(decoded.ok, false);
  }),
  300,
);

property(
  t,
  'decoding bytes and decoding their text come to the same message',
  fc.property(envelope(), dialect(), (message, spelling) => {
    const text = encode(message, { ...spelling, byteOrderMark: false });
    const ofBytes = decode(utf8.encode(text));
    const ofText = decodeString(text);
    assert.ok(ofBytes.ok && ofText.ok);
    assert.deepEqual(ofBytes.value.envelope, ofText.value.envelope);
    // That characters beyond ASCII stand raw in the body is a matter of its bytes alone; it takes one of the
    // notes that are kept, so that only the first are compared.
    const noted = ofBytes.value.notes.filter(({ id }) => id !== 'Q-VL-15');
    const kept = LIMITS.notesPerMessage - 1;
    assert.deepEqual(noted.slice(0, kept), ofText.value.notes.slice(0, kept));
  }),
  100,
);

t.test('names of Object.prototype pollute nothing, wherever they stand', async (t) => {
  const before = Object.getOwnPropertyNames(Object.prototype).sort();
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype', 'valueOf'];
  for (const name of names) {
    const messages: Envelope['message'][] = [
      { kind: 'unknown', name },
      { kind: 'unknown', name: `${name}Response` },
      {
        kind: 'response',
        rpc: 'GetParameterValues',
        args: { ParameterList: [{ Name: name, Value: name, Type: name }] },
      },
      { kind: 'request', rpc: 'AddObject', args: { ObjectName: name, ParameterKey: name } },
      {
        kind: 'fault',
        fault: {
          FaultCode: 9003,
          FaultString: name,
          SetParameterValuesFault: [{ ParameterName: name, FaultCode: 9005, FaultString: name }],
        },
      },
    ];
    for (const message of messages) {
      const wire: Envelope = { id: name, namespace: 'urn:dslforum-org:cwmp-1-0', header: {}, message };
      const decoded = decode(encodeBytes(wire));
      t.strictSame(decoded.ok ? decoded.value.envelope : decoded.error, wire, `${name} in a ${message.kind}`);
    }
    const inside = encode({
      id: '1',
      namespace: 'urn:dslforum-org:cwmp-1-0',
      header: {},
      message: { kind: 'request', rpc: 'Reboot', args: { CommandKey: 'k' } },
    });
    const odd = [
      inside.replace('<CommandKey>k', `<${name}><a>x</a></${name}><CommandKey>k`),
      inside.replace('<CommandKey>k', `<CommandKey ${name}="1" xmlns:${name}="urn:x">k`),
      inside.replace('<cwmp:ID', `<cwmp:${name}>x</cwmp:${name}><cwmp:ID`),
      inside.replaceAll('cwmp:', `${name}:`),
    ];
    for (const text of odd) {
      const decoded = decodeString(text);
      t.same(decoded.ok ? decoded.value.envelope.message : decoded.error, {
        kind: 'request',
        rpc: 'Reboot',
        args: { CommandKey: 'k' },
      });
    }
  }
  t.same(Object.getOwnPropertyNames(Object.prototype).sort(), before);
  t.equal(Reflect.get({}, 'polluted'), undefined);
});

t.test('every hostile string survives as name, value, key and ID', async (t) => {
  for (const text of HOSTILE) {
    const wire: Envelope = {
      id: text,
      namespace: 'urn:dslforum-org:cwmp-1-2',
      header: {},
      message: {
        kind: 'request',
        rpc: 'SetParameterValues',
        args: { ParameterList: [{ Name: text, Value: text, Type: 'string' }], ParameterKey: text },
      },
    };
    const decoded = decode(encodeBytes(wire));
    t.strictSame(decoded.ok ? decoded.value.envelope : decoded.error, wire, JSON.stringify(text));
  }
});
