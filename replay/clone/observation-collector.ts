/** Makes evidence of captures: whose each message is, and which answer belongs to which POST. */
import type { Conversation } from '../../captures/conversation/conversation.ts';
import { createConversation } from '../../captures/conversation/conversation.ts';
import type { CwmpMessage } from '../../captures/conversation/cwmp-types.ts';
import type { CapturedFrame } from '../../captures/file/frame.ts';
import { headerOf } from '../../captures/http/http-head.ts';
import { isDevice } from '../../protocol/cwmp/device-key.ts';
import { ModemlabError } from '../../protocol/errors.ts';
import { charsetOf } from '../../protocol/http/content.ts';
import { LIMITS } from '../../protocol/limits.ts';
import type { QuirkId } from '../../protocol/quirks/note.ts';
import { decodeText } from '../../protocol/xml/text.ts';
import type { Evidence, Post, SeenSession } from './evidence.ts';

export interface ObservationCollector {
  /** A further capture begins: its connections and sessions are others. */
  begin(): void;
  push(frame: CapturedFrame): void;
  /** A message that was read from its frames already. */
  take(message: CwmpMessage): void;
  /** The capture has ended. */
  end(): void;
  /** One for each device and firmware, in the order of their first words. */
  readonly seen: readonly Evidence[];
  /** Messages of sessions whose Inform no capture holds. */
  readonly unknown: number;
}

/**
 * `wanted`: a device's key or its serial number; of others only the names are kept. Throws ModemlabError E_CAPTURE_LARGE
 * when a device said more than LIMITS.cloneCharacters.
 */
export function createObservationCollector(wanted: string | undefined): ObservationCollector {
  const devices = createDevices();
  let conversation: Conversation = createConversation();
  let posts = createPosts(0);
  let unknown = 0;

  const take = (message: CwmpMessage): void => {
    const building = devices.of(message.session);
    if (building === undefined) {
      unknown += 1;
      return;
    }
    building.messages += 1;
    if (wanted === undefined || isDevice(building.key, wanted)) posts.take(building, message);
  };
  const takeAll = (said: ReturnType<Conversation['push']>): void => {
    for (const event of said) if (event.is === 'cwmp') take(event);
  };

  return {
    begin() {
      conversation = createConversation();
      posts = createPosts(posts.connections);
    },
    push: (frame) => takeAll(conversation.push(frame)),
    take,
    end: () => takeAll(conversation.end()),
    get seen() {
      return devices.all();
    },
    get unknown() {
      return unknown;
    },
  };
}

interface Building extends Evidence {
  readonly sessions: SeenSession[];
  messages: number;
  readonly quirks: Map<QuirkId, number>;
  characters: number;
}

/** Devices at their firmware, over all captures. */
function createDevices() {
  const seen = new Map<string, Building>();
  const last = new Map<string, Building>();
  return {
    all: (): readonly Evidence[] => [...seen.values()],
    /** `undefined`: nobody knows whose session it is. */
    of({ device, deviceId, firmware }: CwmpMessage['session']): Building | undefined {
      if (device === undefined || deviceId === undefined) return undefined;
      // An Inform may leave the firmware out.
      const version = firmware ?? last.get(device)?.firmware ?? '';
      const key = `${device} ${version}`;
      const known = seen.get(key) ?? {
        ...{ key: device, deviceId, firmware: version, sessions: [], messages: 0 },
        ...{ quirks: new Map<QuirkId, number>(), characters: 0 },
      };
      seen.set(key, known);
      last.set(device, known);
      return known;
    },
  };
}

/** The POSTs of one capture, and what the ACS said to each. `before`: connections of the captures before. */
function createPosts(before: number) {
  const sessions = new Map<number, SeenSession>();
  const open = new Map<string, Post>();
  const streams = new Map<number, number>();

  const connectionOf = (stream: number): number => {
    const known = streams.get(stream) ?? before + streams.size + 1;
    streams.set(stream, known);
    return known;
  };
  const sessionOf = (building: Building, number: number): SeenSession => {
    const known = sessions.get(number);
    if (known !== undefined) return known;
    const made: SeenSession = { posts: [] };
    sessions.set(number, made);
    building.sessions.push(made);
    return made;
  };
  return {
    get connections() {
      return before + streams.size;
    },
    take(building: Building, message: CwmpMessage): void {
      const { content, from, http, notes, session } = message;
      const exchange = `${http.stream.number} ${http.exchange}`;
      if (from === 'ACS') {
        const post = open.get(exchange);
        open.delete(exchange);
        if (post !== undefined) post.answer = { content, head: http.head, ended: http.ended };
        return;
      }
      if (http.head.kind !== 'request') return;
      const text = textOf(message);
      building.characters += text.length;
      if (building.characters > LIMITS.cloneCharacters)
        throw new ModemlabError('E_CAPTURE_LARGE', `${building.key}: ${building.messages} messages`);
      const post: Post = {
        ...{ head: http.head, content, text, began: http.began, answer: undefined },
        quirks: new Set(notes.map(({ id }) => id)),
        to: http.stream[http.from === 'client' ? 'server' : 'client'],
        connection: connectionOf(http.stream.number),
      };
      sessionOf(building, session.number).posts.push(post);
      open.set(exchange, post);
      for (const { id } of notes) building.quirks.set(id, (building.quirks.get(id) ?? 0) + 1);
    },
  };
}

function textOf({ content, http }: CwmpMessage): string {
  if (content.is !== 'message') return '';
  const charset = charsetOf(headerOf(http.head.headers, 'content-type'));
  const decoded = decodeText(http.body, charset, () => {});
  if (decoded === undefined) return '';
  return decoded.start > 0 ? `\ufeff${decoded.text}` : decoded.text;
}
