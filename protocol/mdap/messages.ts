/**
 * The messages of MDAP: what a frame means, and the frame of a meaning. Header lines are written in the order
 * in which every known host and ant writes them, and read in any. Texts are byte text.
 */
import type { WireError } from '../errors.ts';
import type { Result } from '../result.ts';
import { assertNever, ok } from '../result.ts';
import type { Frame, FrameOptions, Header, Oddity } from './frame.ts';
import { decodeFrame, encodeFrame, innerCheck, isKey } from './frame.ts';
import type { ReplySeq } from './sequence.ts';
import { readReplySeq, readRequestSeq, replySeqText } from './sequence.ts';

interface Common {
  /** `1.2`, of the first line. */
  readonly version: string;
  /** Header lines that are not known, in their order. */
  readonly extra: readonly Header[];
  /** `undefined` without an empty line. */
  readonly body: string | undefined;
}

export interface AntSearch extends Common {
  readonly kind: 'ANT-SEARCH';
}

export interface ReplyAntSearch extends Common {
  readonly kind: 'REPLY-ANT-SEARCH';
  readonly antId: string | undefined;
  readonly antName: string | undefined;
  /** With dashes. */
  readonly antMac: string | undefined;
  readonly hostSetup: string | undefined;
  /** `ADDRESS:PORT` from which the search came. */
  readonly toHost: string | undefined;
  readonly tpVersion: string | undefined;
  readonly mdapVersion: string | undefined;
}

interface Asking extends Common {
  /** `undefined` if it is missing or not a number. */
  readonly seqNr: number | undefined;
  readonly toAnt: string | undefined;
  readonly userId: string | undefined;
  readonly userPassword: string | undefined;
}

export interface Info extends Asking {
  readonly kind: 'INFO';
}

export interface ExecCli extends Asking {
  readonly kind: 'EXEC-CLI';
  /** Only in the first message of a conversation. */
  readonly command: string | undefined;
}

interface Replying extends Common {
  readonly antId: string | undefined;
  readonly toHost: string | undefined;
  readonly seq: ReplySeq;
  /** The check value occurs twice, as some ants write it with DONE; `body` is without it. */
  readonly doubleCheck: boolean;
}

export interface ReplyInfo extends Replying {
  readonly kind: 'REPLY-INFO';
}

export interface ReplyExecCli extends Replying {
  readonly kind: 'REPLY-EXEC-CLI';
}

/** An undocumented verb. */
export interface OtherMessage {
  readonly kind: 'other';
  readonly frame: Frame;
}

export type MdapRequest = AntSearch | Info | ExecCli;
export type MdapReply = ReplyAntSearch | ReplyInfo | ReplyExecCli;
export type MdapMessage = MdapRequest | MdapReply | OtherMessage;

/** What is asked and answered in steps. */
export type ConversationVerb = 'INFO' | 'EXEC-CLI';
export type ConversationReply = ReplyInfo | ReplyExecCli;

export interface ReadMessage {
  readonly message: MdapMessage;
  readonly odd: readonly Oddity[];
}

export function decodeMessage(bytes: Uint8Array, options?: FrameOptions): Result<ReadMessage, WireError> {
  const read = decodeFrame(bytes, options);
  return read.ok ? ok({ message: fromFrame(read.value.frame), odd: read.value.odd }) : read;
}

export function encodeMessage(message: MdapMessage): Uint8Array {
  return encodeFrame(toFrame(message));
}

/** The message as a line for a log: without the password, which is sent in the clear. */
export function describeMessage(message: MdapMessage): string {
  const { verb, headers } = toFrame(message);
  const shown = headers.map(({ key, value }) =>
    key.toUpperCase() === 'USER-PWD' && value !== '' ? `${key}:***` : `${key}:${value}`,
  );
  return [verb, ...shown].join(' ');
}

function fromFrame(frame: Frame): MdapMessage {
  const { verb, version, body } = frame;
  const fields = new Fields(frame.headers);
  switch (verb) {
    case 'ANT-SEARCH':
      return { kind: verb, version, body, extra: fields.rest() };
    case 'REPLY-ANT-SEARCH':
      return {
        kind: verb,
        version,
        body,
        antId: fields.take('ANT-ID'),
        antName: fields.take('ANT-NAME'),
        antMac: fields.take('ANT-MAC'),
        hostSetup: fields.take('ANT-HOSTSETUP'),
        toHost: fields.take('TO-HOST'),
        tpVersion: fields.take('TP-VERSION'),
        mdapVersion: fields.take('MDAP-VERSION'),
        extra: fields.rest(),
      };
    case 'INFO':
      return { kind: verb, version, body, ...asking(fields), extra: fields.rest() };
    case 'EXEC-CLI':
      return {
        kind: verb,
        version,
        body,
        command: fields.take('CLI-CMD'),
        ...asking(fields),
        extra: fields.rest(),
      };
    case 'REPLY-INFO':
      return { kind: verb, ...replying(frame, fields) };
    case 'REPLY-EXEC-CLI':
      return { kind: verb, ...replying(frame, fields) };
    default:
      return { kind: 'other', frame };
  }
}

function asking(fields: Fields): Pick<Asking, 'seqNr' | 'toAnt' | 'userId' | 'userPassword'> {
  return {
    seqNr: readRequestSeq(fields.take('SEQ-NR')),
    toAnt: fields.take('TO-ANT'),
    userId: fields.take('USER-ID'),
    userPassword: fields.take('USER-PWD'),
  };
}

function replying(frame: Frame, fields: Fields): Omit<ReplyInfo, 'kind'> {
  const antId = fields.take('ANT-ID');
  const toHost = fields.take('TO-HOST');
  const seq = readReplySeq(fields.take('SEQ-NR'));
  const bare = seq.is === 'done' ? withoutInnerCheck(frame) : undefined;
  return {
    version: frame.version,
    antId,
    toHost,
    seq,
    extra: fields.rest(),
    body: bare ?? frame.body,
    doubleCheck: bare !== undefined,
  };
}

/** The text without the valid check value at its end; `undefined` if it has none. */
function withoutInnerCheck(frame: Frame): string | undefined {
  const { body = '' } = frame;
  if (!/[0-9A-Fa-f]{2}$/.test(body.slice(-2))) return undefined;
  const bare = body.slice(0, -2);
  return innerCheck({ ...frame, body: bare }) === body.slice(-2).toUpperCase() ? bare : undefined;
}

function toFrame(message: MdapMessage): Frame {
  switch (message.kind) {
    case 'ANT-SEARCH':
      return frameOf(message, []);
    case 'REPLY-ANT-SEARCH':
      return frameOf(message, [
        ['ANT-ID', message.antId],
        ['ANT-NAME', message.antName],
        ['ANT-MAC', message.antMac],
        ['ANT-HOSTSETUP', message.hostSetup],
        ['TO-HOST', message.toHost],
        ['TP-VERSION', message.tpVersion],
        ['MDAP-VERSION', message.mdapVersion],
      ]);
    case 'INFO':
      return frameOf(message, askingFields(message));
    case 'EXEC-CLI':
      return frameOf(message, [['CLI-CMD', message.command], ...askingFields(message)]);
    case 'REPLY-INFO':
    case 'REPLY-EXEC-CLI':
      return replyFrame(message);
    case 'other':
      return message.frame;
    default:
      return assertNever(message);
  }
}

type Field = readonly [key: string, value: string | undefined];

const askingFields = ({ seqNr, toAnt, userId, userPassword }: Asking): readonly Field[] => [
  ['SEQ-NR', seqNr === undefined ? undefined : String(seqNr)],
  ['TO-ANT', toAnt],
  ['USER-ID', userId],
  ['USER-PWD', userPassword],
];

function replyFrame(message: ConversationReply): Frame {
  const frame = frameOf(message, [
    ['ANT-ID', message.antId],
    ['TO-HOST', message.toHost],
    ['SEQ-NR', replySeqText(message.seq)],
  ]);
  if (!message.doubleCheck) return frame;
  const { body = '' } = frame;
  return { ...frame, body: body + innerCheck({ ...frame, body }) };
}

function frameOf(message: MdapRequest | MdapReply, fields: readonly Field[]): Frame {
  const headers = fields.flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }]));
  const { kind, version, extra, body } = message;
  return { verb: kind, version, headers: [...headers, ...extra], body };
}

/** Removes headers by their keys; the others are left. */
class Fields {
  readonly #left: Header[];

  constructor(headers: readonly Header[]) {
    this.#left = [...headers];
  }

  take(key: string): string | undefined {
    const index = this.#left.findIndex((header) => isKey(header, key));
    return index < 0 ? undefined : this.#left.splice(index, 1)[0]?.value;
  }

  rest(): readonly Header[] {
    return this.#left;
  }
}
