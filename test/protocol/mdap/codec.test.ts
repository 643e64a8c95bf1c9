import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { anyBytes, cuts, oneByteChanged } from '../../../fuzz/arbitraries/bytes.ts';
import { mdapMessage } from '../../../fuzz/arbitraries/mdap.ts';
import { LIMITS } from '../../../protocol/limits.ts';
import { decodeFrame, encodeFrame } from '../../../protocol/mdap/frame.ts';
import type { MdapMessage, ReadMessage } from '../../../protocol/mdap/messages.ts';
import { decodeMessage, describeMessage, encodeMessage } from '../../../protocol/mdap/messages.ts';
import { done, readReplySeq, readRequestSeq, replySeqText } from '../../../protocol/mdap/sequence.ts';
import vectors from '../../fixtures/mdap-vectors.json' with { type: 'json' };
import { property } from '../../support/seed.ts';

const fromHex = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function sealed(text: string): Uint8Array {
  const check = bytesOf(text).reduce((sum, byte) => sum ^ byte, 0);
  return bytesOf(text + check.toString(16).toUpperCase().padStart(2, '0'));
}

function read(bytes: Uint8Array): ReadMessage {
  const result = decodeMessage(bytes);
  if (!result.ok) throw new Error(`${result.error.code} at ${result.error.at}`);
  return result.value;
}

const codeOf = (bytes: Uint8Array): string => {
  const result = decodeMessage(bytes);
  return result.ok ? 'read' : result.error.code;
};

t.test('each vector is read with nothing odd, and made again byte for byte', async (t) => {
  for (const { id, title, hex, check } of vectors) {
    const { message, odd } = read(fromHex(hex));
    t.strictSame(odd, [], `${id}: ${title}`);
    t.equal(hexOf(encodeMessage(message)), hex, `${id} is made again`);
    t.equal(Buffer.from(hex, 'hex').subarray(-2).toString(), check);
  }
  t.equal(vectors.length, 21);
});

t.test('what the vectors say is what is read of them', async (t) => {
  const of = (id: string): MdapMessage =>
    read(fromHex(vectors.find((vector) => vector.id === id)?.hex ?? '')).message;
  t.strictSame(of('E1'), { kind: 'ANT-SEARCH', version: '1.1', extra: [], body: undefined });
  t.match(of('E5'), {
    kind: 'REPLY-ANT-SEARCH',
    antId: '0644JTHJ4',
    antName: 'SpeedTouch 780',
    antMac: '00-14-7F-AB-CD-EF',
    hostSetup: 'auto',
    toHost: '192.168.1.10:49152',
    tpVersion: '2.0.0',
    mdapVersion: '1.2',
  });
  t.match(of('E12'), {
    kind: 'EXEC-CLI',
    command: undefined,
    seqNr: 2,
    userId: 'Administrator',
    userPassword: '',
  });
  t.match(of('E19'), { kind: 'EXEC-CLI', command: 'ip iplist', userPassword: 'a:b c' });
  t.match(of('E13'), { seq: { is: 'done', number: 2, text: '2 DONE' }, body: '', doubleCheck: false });
  t.match(of('E21'), { seq: { is: 'done', number: 2 }, body: '', doubleCheck: true });
  t.match(of('E18'), { kind: 'REPLY-EXEC-CLI', seq: { is: 'error', code: -5 }, body: '' });
});

t.test(
  'one flipped bit anywhere is refused, except in the case of a check digit, which is reported',
  async (t) => {
    for (const { id, hex } of vectors) {
      const bytes = fromHex(hex);
      const passed: string[] = [];
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const result = decodeMessage(flipped);
        if (!result.ok) continue;
        passed.push(result.value.odd.join());
        if (bit >> 3 < bytes.length - 2) t.fail(`${id}: bit ${bit} of ${hexOf(bytes)}`);
      }
      const letters = Buffer.from(bytes.subarray(-2)).toString().replace(/\d/g, '').length;
      t.strictSame(passed, Array(letters).fill('lower-case-check'), `${id}: ${bytes.length * 8} bits`);
    }
  },
);

t.test('odd messages are read, and reported', async (t) => {
  const search = 'ANT-SEARCH MDAP/1.1\r\n';
  const reply = (text: string): string => `REPLY-ANT-SEARCH MDAP/1.1\r\n${text}`;
  const { hex = '' } = vectors.find(({ id }) => id === 'E4') ?? {};
  t.strictSame(read(fromHex(hex.replace(/3441$/, '3461'))).odd, ['lower-case-check']);
  t.strictSame(read(bytesOf(`${search}46\r\n`)).odd, ['line-end-after-check']);
  t.strictSame(read(sealed('ANT-SEARCH MDAP/1.1')).odd, ['no-line-end']);
  const twice = read(sealed(reply('ANT-ID:A\r\nant-id:B\r\nX:1\r\nx:2\r\n')));
  t.strictSame(twice.odd, ['repeated-key']);
  t.match(twice.message, { antId: 'A', extra: [{ key: 'X', value: '1' }] });
  t.match(read(sealed(reply('Ant-Id:A\r\n'))).message, { antId: 'A' }, 'keys are read in any case');
  t.strictSame(read(sealed(reply('ANT-ID\r\nANT-NAME:N\r\n'))).odd, ['no-colon']);
  t.equal(codeOf(bytesOf(`${search}47`)), 'E_MDAP_CHECK');
  const accepted = decodeMessage(bytesOf(`${search}47`), { acceptBadChecksum: true });
  t.match(accepted, { ok: true, value: { odd: ['bad-check'], message: { kind: 'ANT-SEARCH' } } });
  const ended = decodeMessage(bytesOf(`${search}47\r\n`), { acceptBadChecksum: true });
  t.match(ended, { ok: true, value: { odd: ['line-end-after-check', 'bad-check'] } });
  t.notOk(decodeMessage(bytesOf(`${search}4x`), { acceptBadChecksum: true }).ok, 'two digits there must be');
});

t.test('the text begins after the first empty line, and may hold more of them', async (t) => {
  const head = 'REPLY-EXEC-CLI MDAP/1.2\r\nANT-ID:A\r\nSEQ-NR:1\r\n';
  const bodies: readonly (readonly [string, string | undefined])[] = [
    ['', undefined],
    ['\r\n', ''],
    ['\r\n\r\n', '\r\n'],
    ['\r\na\r\n\r\nb:c', 'a\r\n\r\nb:c'],
  ];
  for (const [tail, body] of bodies) {
    const bytes = sealed(head + tail);
    const { message } = read(bytes);
    t.equal(message.kind === 'REPLY-EXEC-CLI' ? message.body : 'none', body);
    t.equal(hexOf(encodeMessage(message)), hexOf(bytes));
  }
});

t.test('what is not a message is refused with its code', async (t) => {
  for (const text of ['', 'A', '000']) t.equal(codeOf(bytesOf(text)), 'E_MDAP_SHORT');
  for (const line of [
    'ANT-SEARCH',
    'ant-search MDAP/1.1',
    'A MDAP/1',
    'A  MDAP/1.1',
    'A MDAP/1.1 ',
    'GET / HTTP/1.1',
  ])
    t.equal(codeOf(sealed(`${line}\r\n`)), 'E_MDAP_START_LINE', line);
  const start = 'A MDAP/1.1\r\n';
  t.equal(codeOf(sealed(start + 'X:\r\n'.repeat(LIMITS.mdapHeadLines - 1))), 'read');
  t.equal(codeOf(sealed(start + 'X:\r\n'.repeat(LIMITS.mdapHeadLines))), 'E_MDAP_LIMIT');
  t.equal(codeOf(sealed(`${start}X:${'v'.repeat(LIMITS.mdapValueBytes)}\r\n`)), 'read');
  t.equal(codeOf(sealed(`${start}X:${'v'.repeat(LIMITS.mdapValueBytes + 1)}\r\n`)), 'E_MDAP_LIMIT');
  t.equal(codeOf(sealed(`${start}\r\n${'v'.repeat(LIMITS.mdapBodyBytes)}`)), 'read');
  t.equal(codeOf(sealed(`${start}\r\n${'v'.repeat(LIMITS.mdapBodyBytes + 1)}`)), 'E_MDAP_LIMIT');
});

t.test('a value cannot make a line of its own, and what is no byte is a question mark', async (t) => {
  const headers = [{ key: 'CLI-CMD', value: 'ip iplist\r\nUSER-ID:root\0\u2026é' }];
  const frame = { verb: 'EXEC-CLI', version: '1.2', headers, body: undefined };
  const result = decodeFrame(encodeFrame(frame));
  t.match(result, {
    value: { odd: [], frame: { headers: [{ key: 'CLI-CMD', value: 'ip iplist  USER-ID:root ?é' }] } },
  });
});

t.test('SEQ-NR is read in every spelling of the end', async (t) => {
  for (const text of ['2 DONE', 'DONE', '2-DONE', '2DONE', '2 done', ' DONE'])
    t.match(readReplySeq(text), { is: 'done', number: text.startsWith('2') ? 2 : undefined, text });
  t.strictSame([readReplySeq('-3'), readReplySeq('-03')].map(replySeqText), ['-3', '-3']);
  for (const text of ['-', '-0', '-x', 'two', '1 2', '', '1234567890', '- DONE'])
    t.match(readReplySeq(text), { is: 'unreadable', text });
  t.strictSame([done(7, 'n DONE'), done(7, 'DONE'), done(7, 'n-DONE')].map(replySeqText), [
    '7 DONE',
    'DONE',
    '7-DONE',
  ]);
  t.strictSame(['1', '0', '007'].map(readRequestSeq), [1, 0, 7]);
  t.strictSame(
    ['-1', '', ' 1', '1 DONE', undefined, '1234567890'].map(readRequestSeq),
    Array(6).fill(undefined),
  );
});

t.test('a password never reaches a log', async (t) => {
  const { hex = '' } = vectors.find(({ id }) => id === 'E19') ?? {};
  const { message } = read(fromHex(hex));
  t.equal(
    describeMessage(message),
    'EXEC-CLI CLI-CMD:ip iplist SEQ-NR:1 TO-ANT:0644JTHJ4 USER-ID:admin USER-PWD:***',
  );
});

property(
  t,
  'a message that is encoded and decoded is what it was, with nothing odd',
  fc.property(mdapMessage(), (message) => {
    const bytes = encodeMessage(message);
    assert.deepEqual(decodeMessage(bytes), { ok: true, value: { message, odd: [] } });
  }),
  1000,
);

property(
  t,
  'cut anywhere, or with any byte changed, it is a message or an error with its place',
  fc.property(
    mdapMessage().chain((message) => {
      const bytes = encodeMessage(message);
      return fc.oneof(cuts(bytes), oneByteChanged(bytes), anyBytes());
    }),
    fc.boolean(),
    (bytes, acceptBadChecksum) => {
      const result = decodeMessage(bytes, { acceptBadChecksum });
      if (result.ok) encodeMessage(result.value.message);
      else assert.ok(result.error.at >= 0 && result.error.at <= bytes.length, JSON.stringify(result.error));
    },
  ),
  1000,
);
