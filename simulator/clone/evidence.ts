/** What captures show of each device that speaks CWMP in them: its POSTs in order, and what the ACS said to each. */
import type { Conversation } from '../../captures/conversation.ts';
import { createConversation } from '../../captures/conversation.ts';
import type { CwmpContent, CwmpMessage } from '../../captures/cwmp-types.ts';
import type { CapturedFrame } from '../../captures/frame.ts';
import type { HttpHead } from '../../captures/http-head.ts';
import { headerOf } from '../../captures/http-head.ts';
import type { DeviceId, Envelope } from '../../protocol/cwmp/messages.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { charsetOf } from '../../protocol/http/content.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import { decodeText } from '../../protocol/xml/text.ts';

/** One POST of a device. */
export interface Post {
  readonly head: Extract<HttpHead, { kind: 'request' }>;
  readonly content: CwmpContent;
  /** The body as text; a byte order mark is its first character. */
  readonly text: string;
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
  /** Whether it came to its end, in the order of the capture. */
  ended: boolean;
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

/** A post with its envelope, where it has one. */
export interface SaidPost extends Post {
  readonly envelope: Envelope;
}

export const envelopeOf = (content: CwmpContent | undefined): Envelope | undefined =>
  content?.is === 'message' ? content.envelope : undefined;

export const isEmpty = ({ content }: Post): boolean => content.is === 'empty';

export interface Witness {
  /** A further capture begins: its connections and sessions are others. */
  begin(): void;
  push(frame: CapturedFrame): void;
  /** The capture has ended. */
  end(): void;
  /** One for each device and firmware, in the order of their first words. */
  readonly seen: readonly Evidence[];
  /** Messages of sessions whose Inform no capture holds. */
  readonly unknown: number;
}

interface Building extends Evidence {
  readonly sessions: SeenSession[];
  messages: number;
  readonly quirks: Map<QuirkId, number>;
  characters: number;
}

/** `wanted`: a device's key or its serial number; of others only the names are kept. */
export function createWitness(wanted: string | undefined): Witness {
  const seen = new Map<string, Building>();
  const last = new Map<string, Building>();
  let conversation: Conversation = createConversation();
  let sessions = new Map<number, SeenSession>();
  let open = new Map<string, Post>();
  let unknown = 0;
  let connections = 0;
  let streams = new Map<number, number>();

  const find = ({ device, deviceId, firmware }: CwmpMessage['session']): Building | undefined => {
    if (device === undefined || deviceId === undefined) return undefined;
    const before = last.get(device);
    // An Inform may leave the firmware out.
    const version = firmware ?? before?.firmware ?? '';
    const key = `${device} ${version}`;
    const known = seen.get(key) ?? {
      ...{ key: device, deviceId, firmware: version, sessions: [], messages: 0 },
      ...{ quirks: new Map<QuirkId, number>(), characters: 0 },
    };
    seen.set(key, known);
    last.set(device, known);
    return known;
  };

  const connectionOf = (stream: number): number => {
    const known = streams.get(stream);
    if (known !== undefined) return known;
    connections += 1;
    streams.set(stream, connections);
    return connections;
  };

  const take = (event: CwmpMessage): void => {
    const { content, from, http, session } = event;
    const building = find(session);
    if (building === undefined) {
      unknown += 1;
      return;
    }
    building.messages += 1;
    if (wanted !== undefined && !isDevice(building.key, wanted)) return;
    const exchange = `${http.stream.number} ${http.exchange}`;
    if (from === 'ACS') {
      const post = open.get(exchange);
      open.delete(exchange);
      if (post !== undefined) post.answer = { content, head: http.head, ended: http.ended };
      return;
    }
    if (http.head.kind !== 'request') return;
    const known = sessions.get(session.number) ?? { posts: [], ended: false };
    if (known.posts.length === 0) {
      sessions.set(session.number, known);
      building.sessions.push(known);
    }
    const text = textOf(event);
    building.characters += text.length;
    if (building.characters > LIMITS.cloneCharacters)
      throw new ModemlabError('E_CAPTURE_LARGE', `${building.key}: ${building.messages} messages`);
    const post: Post = {
      ...{ head: http.head, content, text, began: http.began, answer: undefined },
      to: http.stream[http.from === 'client' ? 'server' : 'client'],
      connection: connectionOf(http.stream.number),
    };
    known.posts.push(post);
    open.set(exchange, post);
    for (const { id } of event.notes) building.quirks.set(id, (building.quirks.get(id) ?? 0) + 1);
  };

  const takeAll = (said: ReturnType<Conversation['push']>): void => {
    for (const event of said) if (event.is === 'cwmp') take(event);
  };

  return {
    begin() {
      conversation = createConversation();
      sessions = new Map();
      open = new Map();
      streams = new Map();
    },
    push: (frame) => takeAll(conversation.push(frame)),
    end: () => {
      takeAll(conversation.end());
      for (const session of sessions.values())
        session.ended = session.posts.at(-1)?.answer?.content.is === 'empty';
    },
    get seen() {
      return [...seen.values()];
    },
    get unknown() {
      return unknown;
    },
  };
}

/** A key ends with the serial number. */
export const isDevice = (key: string, wanted: string): boolean =>
  key === wanted || key.endsWith(`-${wanted}`);

function textOf({ content, http }: CwmpMessage): string {
  if (content.is !== 'message') return '';
  const charset = charsetOf(headerOf(http.head.headers, 'content-type'));
  const decoded = decodeText(http.body, charset, () => {});
  if (decoded === undefined) return '';
  return decoded.start > 0 ? `\ufeff${decoded.text}` : decoded.text;
}
