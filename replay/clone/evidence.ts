/**
 * What captures show of each CWMP device: its POSTs in order, and the response of the ACS to each.
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
  /** Address and port of the ACS. */
  readonly to: string;
  /** Number of its connection. */
  readonly connection: number;
  /** Nanoseconds since 1970. */
  readonly began: bigint;
  /** The response of the ACS; `undefined`: the capture lacks it. */
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

/** The evidence for the firmware that the device ran last. */
export function latestOf(all: readonly Evidence[]): Evidence | undefined {
  const began = ({ sessions }: Evidence): bigint => sessions.at(-1)?.posts[0]?.began ?? 0n;
  return [...all].sort((a, b) => Number(began(a) - began(b))).at(-1);
}
