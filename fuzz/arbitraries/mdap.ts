/** Messages of MDAP, with nothing odd about them: encoded and decoded again they are what they were. */
import fc from 'fast-check';
import type { Header } from '../../protocol/mdap/frame.ts';
import type { MdapMessage } from '../../protocol/mdap/messages.ts';
import type { ReplySeq } from '../../protocol/mdap/sequence.ts';
import { DONE_STYLES, done } from '../../protocol/mdap/sequence.ts';

const noNull = { noNullPrototype: true } as const;

/** Any byte but those that end a line. */
const valueChar = fc
  .integer({ min: 1, max: 255 })
  .filter((code) => code !== 10 && code !== 13)
  .map((code) => String.fromCharCode(code));

export const mdapValue = (): fc.Arbitrary<string> =>
  fc.oneof(fc.string({ unit: valueChar, maxLength: 40 }), fc.constantFrom('', 'a:b c', '192.168.1.10:49152'));

const maybe = (value: fc.Arbitrary<string>): fc.Arbitrary<string | undefined> =>
  fc.option(value, { nil: undefined });

const body = (): fc.Arbitrary<string | undefined> =>
  maybe(
    fc.oneof(
      fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)) }),
      fc.constantFrom('', '\r\n', '\r\n\r\n', 'a\r\n\r\nb', '00', 'FF\r\n'),
    ),
  );

/** Keys that no message knows, each once. */
const extra = (): fc.Arbitrary<Header[]> =>
  fc.uniqueArray(fc.record({ key: fc.stringMatching(/^X[A-Z0-9-]{0,12}$/), value: mdapValue() }, noNull), {
    maxLength: 5,
    selector: ({ key }) => key,
  });

const version = fc.constantFrom('1.0', '1.1', '1.2', '12.34');
const antId = maybe(fc.stringMatching(/^[A-Za-z0-9]{1,16}$/));
const number = fc.integer({ min: 0, max: 999_999 });

export const replySeq = (): fc.Arbitrary<ReplySeq> =>
  fc.oneof(
    number.map((step): ReplySeq => ({ is: 'step', number: step })),
    fc.tuple(number, fc.constantFrom(...DONE_STYLES)).map(([step, style]) => done(step, style)),
    fc.integer({ min: -9, max: -1 }).map((code): ReplySeq => ({ is: 'error', code })),
    fc.constantFrom<ReplySeq>({ is: 'unreadable', text: 'two' }, { is: 'unreadable', text: undefined }),
  );

const common = { version, extra: extra(), body: body() };
const asking = {
  seqNr: fc.option(number, { nil: undefined }),
  toAnt: antId,
  userId: maybe(mdapValue()),
  userPassword: maybe(mdapValue()),
};
const replying = { antId, toHost: maybe(mdapValue()), seq: replySeq() };

/**
 * Any message. A last reply whose text ends like a check value is left out: that is what a check value that
 * stands twice looks like.
 */
export function mdapMessage(): fc.Arbitrary<MdapMessage> {
  return fc.oneof<fc.Arbitrary<MdapMessage>[]>(
    fc.record({ kind: fc.constant('ANT-SEARCH' as const), ...common }, noNull),
    fc.record(
      {
        ...common,
        kind: fc.constant('REPLY-ANT-SEARCH' as const),
        antId,
        antName: maybe(mdapValue()),
        antMac: maybe(mdapValue()),
        hostSetup: maybe(mdapValue()),
        toHost: maybe(mdapValue()),
        tpVersion: maybe(mdapValue()),
        mdapVersion: maybe(mdapValue()),
      },
      noNull,
    ),
    fc.record({ kind: fc.constant('INFO' as const), ...asking, ...common }, noNull),
    fc.record(
      { kind: fc.constant('EXEC-CLI' as const), command: maybe(mdapValue()), ...asking, ...common },
      noNull,
    ),
    conversationReply('REPLY-INFO'),
    conversationReply('REPLY-EXEC-CLI'),
    fc
      .record(
        {
          verb: fc.stringMatching(/^OTHER[A-Z0-9-]{0,9}$/),
          version,
          headers: extra(),
          body: body(),
        },
        noNull,
      )
      .map((frame) => ({ kind: 'other' as const, frame })),
  );
}

const conversationReply = <K extends 'REPLY-INFO' | 'REPLY-EXEC-CLI'>(kind: K) =>
  fc
    .record({ kind: fc.constant(kind), ...replying, ...common, doubleCheck: fc.boolean() }, noNull)
    .filter(({ body: text }) => text === undefined || !/[0-9A-F]{2}$/i.test(text))
    .map((made) => {
      const twice = made.doubleCheck && made.seq.is === 'done';
      return { ...made, doubleCheck: twice, body: twice ? (made.body ?? '') : made.body };
    });
