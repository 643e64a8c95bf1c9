/** The replies of an ant: to a search, refusals, and the output of a command cut into pieces. */
import type { Endpoint } from '../ipv4.ts';
import type { Header } from './frame.ts';
import type { ConversationReply, ConversationVerb } from './messages.ts';
import { encodeMessage } from './messages.ts';
import type { AntError, ReplySeq } from './sequence.ts';
import { done } from './sequence.ts';
import type { AntFact, AntSettings } from './settings.ts';

/** The identity of the ant, as in its answer to a search. */
export interface AntIdentity {
  readonly antId: string;
  readonly antName: string;
  /** With dashes. */
  readonly antMac: string;
  readonly hostSetup: string;
  readonly tpVersion: string;
}

/** The addressee of a reply. */
export interface Addressee {
  readonly host: Endpoint;
  readonly verb: ConversationVerb;
  readonly version: string;
}

/** The result of a command. */
export type AntResult =
  /** Its output, byte text. */
  | { readonly is: 'text'; readonly text: string }
  /** The facts of INFO. */
  | { readonly is: 'facts'; readonly facts: ReadonlyMap<AntFact, string> }
  /** It is refused: -1 for wrong credentials or rights, -3 for an unknown command. */
  | { readonly is: 'error'; readonly code: AntError; readonly text?: string }
  /** It took the ant down: there is no reply. */
  | { readonly is: 'silence' };

/** A piece is cut at a line end where one lies in this last part of it. */
const LAST_PART = 0.2;
/** Bytes of a piece, however little the head leaves. */
const SMALLEST_PIECE = 16;
const HIGHEST_STEP = 999_999;

export const hostText = ({ address, port }: Endpoint): string => `${address}:${port}`;

export const highestVersion = ({ versions }: AntSettings): string => versions.at(-1) ?? '1.2';

export function searchReply(
  settings: AntSettings,
  who: AntIdentity,
  host: Endpoint,
  version: string,
): Uint8Array {
  const mdapVersion = highestVersion(settings);
  return encodeMessage({
    kind: 'REPLY-ANT-SEARCH',
    version,
    ...who,
    toHost: hostText(host),
    mdapVersion,
    extra: [],
    body: undefined,
  });
}

export const errorReply = (
  settings: AntSettings,
  who: AntIdentity,
  to: Addressee,
  code: AntError,
  text = '',
): Uint8Array => encodeMessage(reply(settings, who, to, { is: 'error', code }, text));

/** All replies to a command that was carried out, the first of them SEQ-NR 1, the last DONE. */
export function outputReplies(
  settings: AntSettings,
  who: AntIdentity,
  to: Addressee,
  text: string,
  headers: readonly Header[] = [],
): readonly Uint8Array[] {
  const longest = reply(settings, who, to, done(HIGHEST_STEP, settings.doneStyle), '');
  const room = settings.maxDatagram - encodeMessage({ ...longest, extra: headers, doubleCheck: true }).length;
  const pieces = cutOutput(text, Math.max(SMALLEST_PIECE, room));
  const doubleCheck = settings.doubleCheckOnDone;
  if (pieces.length === 1 && settings.singleShotDone) {
    const only = reply(settings, who, to, done(1, settings.doneStyle), pieces[0] ?? '');
    return [encodeMessage({ ...only, extra: headers, doubleCheck })];
  }
  const last = reply(settings, who, to, done(pieces.length + 1, settings.doneStyle), '');
  return [
    ...pieces.map((piece, index) => {
      const made = reply(settings, who, to, { is: 'step', number: index + 1 }, piece);
      return encodeMessage(index === 0 ? { ...made, extra: headers } : made);
    }),
    encodeMessage({ ...last, doubleCheck }),
  ];
}

/** The replies to INFO: the facts as lines, in the text or in the head. */
export function infoReplies(
  settings: AntSettings,
  who: AntIdentity,
  to: Addressee,
  facts: ReadonlyMap<AntFact, string>,
): readonly Uint8Array[] {
  const lines = settings.infoFields.flatMap(([key, fact]) => {
    const value = facts.get(fact);
    return value === undefined ? [] : [{ key, value }];
  });
  if (settings.infoPlacement === 'head') return outputReplies(settings, who, to, '', lines);
  return outputReplies(settings, who, to, lines.map(({ key, value }) => `${key}:${value}\r\n`).join(''));
}

/** Texts of at most `room` bytes that make up the text; of an empty text, one. */
export function cutOutput(text: string, room: number): readonly string[] {
  const pieces: string[] = [];
  let at = 0;
  while (text.length - at > room) {
    const line = text.lastIndexOf('\n', at + room - 1) + 1;
    const end = line - at > room * (1 - LAST_PART) ? line : at + room;
    pieces.push(text.slice(at, end));
    at = end;
  }
  return [...pieces, text.slice(at)];
}

function reply(
  settings: AntSettings,
  who: AntIdentity,
  { host, verb, version }: Addressee,
  seq: ReplySeq,
  body: string,
): ConversationReply {
  const toHost = settings.replyToHost ? hostText(host) : undefined;
  const rest = { version, antId: who.antId, toHost, seq, extra: [], body, doubleCheck: false };
  return verb === 'INFO' ? { kind: 'REPLY-INFO', ...rest } : { kind: 'REPLY-EXEC-CLI', ...rest };
}
