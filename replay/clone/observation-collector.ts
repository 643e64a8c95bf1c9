/**
 * Collects evidence from captures: which device sent each message, and which response belongs to which POST.
 */
import type { CapturedEvent, Conversation } from '../../captures/conversation/conversation.ts';
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
  /** Another capture begins, with connections and sessions of its own. */
  begin(): void;
  push(frame: CapturedFrame): void;
  /** Adds a message that was decoded already. */
  take(message: CwmpMessage): void;
  /** The capture has ended. */
  end(): void;
  /** One for each device and firmware, in the order of their first messages. */
  readonly seen: readonly Evidence[];
  /** Number of messages in sessions without an Inform in any capture. */
  readonly unknown: number;
}

/**
 * `wanted`: the key or serial number of a device; of others only the identity is kept. Throws ModemlabError
 * E_CAPTURE_LARGE when a device has sent more than LIMITS.cloneCharacters.
 */
export const createObservationCollector = (wanted: string | undefined): ObservationCollector =>
  new Collector(wanted);

class Collector implements ObservationCollector {
  readonly #wanted: string | undefined;
  readonly #devices = new Devices();
  #conversation: Conversation = createConversation();
  #posts = new CapturePosts(0);
  #unknown = 0;

  constructor(wanted: string | undefined) {
    this.#wanted = wanted;
  }

  get seen(): readonly Evidence[] {
    return this.#devices.all();
  }

  get unknown(): number {
    return this.#unknown;
  }

  begin(): void {
    this.#conversation = createConversation();
    this.#posts = new CapturePosts(this.#posts.connections);
  }

  push(frame: CapturedFrame): void {
    this.#takeAll(this.#conversation.push(frame));
  }

  end(): void {
    this.#takeAll(this.#conversation.end());
  }

  take(message: CwmpMessage): void {
    const device = this.#devices.of(message.session);
    if (device === undefined) {
      this.#unknown += 1;
      return;
    }
    device.messages += 1;
    if (this.#wanted === undefined || isDevice(device.key, this.#wanted)) this.#posts.take(device, message);
  }

  #takeAll(events: readonly CapturedEvent[]): void {
    for (const event of events) if (event.is === 'cwmp') this.take(event);
  }
}

interface GrowingEvidence extends Evidence {
  readonly sessions: SeenSession[];
  messages: number;
  readonly quirks: Map<QuirkId, number>;
  characters: number;
}

/** Devices at their firmware, over all captures. */
class Devices {
  readonly #seen = new Map<string, GrowingEvidence>();
  readonly #last = new Map<string, GrowingEvidence>();

  all(): readonly Evidence[] {
    return [...this.#seen.values()];
  }

  /** `undefined`: nobody knows whose session it is. */
  of({ device, deviceId, firmware: given }: CwmpMessage['session']): GrowingEvidence | undefined {
    if (device === undefined || deviceId === undefined) return undefined;
    // An Inform may leave the firmware out.
    const firmware = given ?? this.#last.get(device)?.firmware ?? '';
    const key = `${device} ${firmware}`;
    const known = this.#seen.get(key) ?? {
      key: device,
      deviceId,
      firmware,
      sessions: [],
      messages: 0,
      quirks: new Map<QuirkId, number>(),
      characters: 0,
    };
    this.#seen.set(key, known);
    this.#last.set(device, known);
    return known;
  }
}

/** The POSTs of one capture, and the response to each. */
class CapturePosts {
  readonly #sessions = new Map<number, SeenSession>();
  /** POSTs without a response, by stream and exchange. */
  readonly #unanswered = new Map<string, Post>();
  readonly #streams = new Map<number, number>();
  readonly #before: number;

  /** `before`: connections of earlier captures. */
  constructor(before: number) {
    this.#before = before;
  }

  get connections(): number {
    return this.#before + this.#streams.size;
  }

  take(device: GrowingEvidence, message: CwmpMessage): void {
    const { content, from, http } = message;
    const exchange = `${http.stream.number} ${http.exchange}`;
    if (from === 'ACS') {
      const post = this.#unanswered.get(exchange);
      this.#unanswered.delete(exchange);
      if (post !== undefined) post.answer = { content, head: http.head, ended: http.ended };
    } else if (http.head.kind === 'request')
      this.#unanswered.set(exchange, this.#add(device, message, http.head));
  }

  #add(device: GrowingEvidence, message: CwmpMessage, head: Post['head']): Post {
    const { content, http, notes, session } = message;
    const text = textOf(message);
    device.characters += text.length;
    if (device.characters > LIMITS.cloneCharacters)
      throw new ModemlabError('E_CAPTURE_LARGE', `${device.key}: ${device.messages} messages`);
    const post: Post = {
      head,
      content,
      text,
      began: http.began,
      answer: undefined,
      quirks: new Set(notes.map(({ id }) => id)),
      to: http.stream[http.from === 'client' ? 'server' : 'client'],
      connection: this.#connectionOf(http.stream.number),
    };
    this.#sessionOf(device, session.number).posts.push(post);
    for (const { id } of notes) device.quirks.set(id, (device.quirks.get(id) ?? 0) + 1);
    return post;
  }

  #connectionOf(stream: number): number {
    const known = this.#streams.get(stream) ?? this.connections + 1;
    this.#streams.set(stream, known);
    return known;
  }

  #sessionOf(device: GrowingEvidence, number: number): SeenSession {
    const known = this.#sessions.get(number);
    if (known !== undefined) return known;
    const made: SeenSession = { posts: [] };
    this.#sessions.set(number, made);
    device.sessions.push(made);
    return made;
  }
}

function textOf({ content, http }: CwmpMessage): string {
  if (content.is !== 'message') return '';
  const charset = charsetOf(headerOf(http.head.headers, 'content-type'));
  const decoded = decodeText(http.body, charset, () => {});
  if (decoded === undefined) return '';
  return decoded.start > 0 ? `\ufeff${decoded.text}` : decoded.text;
}
