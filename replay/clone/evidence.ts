/**
 * What captures show of each device that speaks CWMP in them: its POSTs in order, and what the ACS said to
 * each.
 */
import type { CwmpContent } from '../../captures/conversation/cwmp-types.ts';
import type { HttpHead } from '../../captures/http/http-head.ts';
import type { DeviceId, Envelope } from '../../protocol/cwmp/messages.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';

/** One POST of a device. */
export interface Post {
  readonly head: Extract<HttpHead, { kind: 'request' }>;
  readonly content: CwmpContent;
  /** The body as text; a byte order mark is its first character. */
  readonly text: string;
  readonly quirks: ReadonlySet<QuirkId>;
  /** Address and port that it was sent to. */
  readonly to: string;
  /** The connection, another number for each. */
  readonly connection: number;
  /** Nanoseconds since 1970. */
  readonly began: bigint;
  /** What the ACS said to it; `undefined`: the capture does not hold it. */
  answer: AcsAnswer | undefined;
}

export interface AcsAnswer {
  readonly content: CwmpContent;
  readonly head: HttpHead;
  readonly ended: bigint;
}

export interface SeenSession {
  readonly posts: Post[];
}

/** One device at one firmware. */
export interface Evidence {
  readonly key: string;
  readonly deviceId: DeviceId;
  readonly firmware: string;
  readonly sessions: readonly SeenSession[];
  readonly messages: number;
  /** Quirks that its messages showed, and how often. */
  readonly quirks: ReadonlyMap<QuirkId, number>;
}

export const envelopeOf = (content: CwmpContent | undefined): Envelope | undefined =>
  content?.is === 'message' ? content.envelope : undefined;

export const isEmpty = ({ content }: Post): boolean => content.is === 'empty';

/** What its messages at the firmware that it ran last show. */
export function latestOf(all: readonly Evidence[]): Evidence | undefined {
  const began = ({ sessions }: Evidence): bigint => sessions.at(-1)?.posts[0]?.began ?? 0n;
  return [...all].sort((a, b) => Number(began(a) - began(b))).at(-1);
}
